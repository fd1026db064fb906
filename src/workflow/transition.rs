//! The only function that moves a case. State, ledger, event and outbox change together, in the transaction of the
//! caller, or not at all.

use jiff::Timestamp;

use crate::{
    domain::{
        authorization::{Authorization, AuthorizationState},
        calendar,
        case::{Case, Dossier},
        event::{Event, Facts, GENESIS, Words},
        ids::AccountId,
        lifecycle::{Action, State},
        quota::{Movement, Place},
        reference,
        refusal::Conflict,
    },
    random,
    store::{self, StoreError, Tx},
    workflow::{
        WorkflowError,
        entrance::Context,
        notices, promote,
        subject::{Permitted, SeenCase},
    },
};

/// What a use case has decided: where the case goes and what is to be remembered of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The state afterwards.
    pub to: State,
    /// The stage afterwards.
    pub stage: Option<String>,
    /// Who has the case afterwards.
    pub assignee: Option<AccountId>,
    /// When the new state wants something.
    pub due_at: Option<Timestamp>,
    /// What the case occupies afterwards.
    pub place: Place,
    /// For the history, without the person.
    pub facts: Facts,
    /// For the history, sealed.
    pub words: Words,
}

impl Step {
    /// A step that leaves everything where it is.
    pub fn stay(dossier: &Dossier) -> Self {
        Self::stay_of(&dossier.case)
    }

    fn stay_of(case: &Case) -> Self {
        Self {
            to: case.state,
            stage: case.stage.clone(),
            assignee: case.assignee,
            due_at: case.due_at,
            place: case.place,
            facts: Facts::default(),
            words: Words::default(),
        }
    }

    /// A step that ends the case: nobody has it, nothing is due, and its place is free.
    pub fn end(to: State) -> Self {
        Self {
            to,
            stage: None,
            assignee: None,
            due_at: None,
            place: Place::None,
            facts: Facts::default(),
            words: Words::default(),
        }
    }

    /// A step to a stage's desk.
    pub fn to_stage(dossier: &Dossier, stage: &str, place: Place, now: Timestamp) -> Self {
        let due_days = dossier.programme.stage(stage).map_or(0, |stage| stage.due_days);
        Self {
            stage: Some(stage.to_owned()),
            due_at: Some(calendar::days_after(now, due_days)),
            place,
            ..Self::end(State::InReview)
        }
    }
}

/// Moves the case: writes it, its event, its messages, and last, since it is the hot row, its place. A place that
/// comes free goes to the next in line in the same transaction. The step must be one that the permission's row of the
/// lifecycle allows.
pub fn apply(
    ctx: &mut Context<'_, '_>,
    permitted: Permitted<SeenCase>,
    mut step: Step,
) -> Result<Dossier, WorkflowError> {
    let action = action_of(&permitted, &step)?;
    let mut dossier = permitted.into_inner();
    let (before, now) = (dossier.case.clone(), ctx.now);
    let authorization = authorization_after(ctx.tx, &dossier, &mut step, now)?;

    let case = &mut dossier.case;
    case.state = step.to;
    case.stage.clone_from(&step.stage);
    case.assignee = step.assignee;
    case.due_at = step.due_at;
    case.place = step.place;
    case.version += 1;
    case.updated_at = now;
    match action {
        Action::Submit => case.submitted_at = Some(now),
        Action::Endorse | Action::Promote | Action::Refuse if step.to != State::InReview => {
            case.decided_at = Some(now)
        }
        _ => {}
    }
    let event = event_of(ctx, &before, action, &step);
    case.event_seq = event.seq;
    case.event_hash = store::event::append(ctx.tx, event)?;
    store::application::update_position(ctx.tx, case, &before).map_err(as_conflict)?;
    match &authorization {
        Some(issued) if step.to == State::Approved && before.state != State::Approved => {
            store::authorization::insert(ctx.tx, issued);
        }
        Some(ended) if step.to != State::Approved => {
            store::authorization::end(ctx.tx, ended, ended_as(step.to), now)?;
        }
        _ => {}
    }
    notices::enqueue(ctx, action, &dossier, &before, &step, authorization.as_ref())?;
    move_place(ctx, &dossier.case, before.place)?;
    Ok(dossier)
}

/// The action that was permitted. A step that its row of the table does not have is a fault of ours.
fn action_of(permitted: &Permitted<SeenCase>, step: &Step) -> Result<Action, StoreError> {
    let (permission, from, to) = (permitted.permission(), permitted.case.state, step.to);
    permission.action().filter(|_| permission.leads(from, to)).ok_or_else(|| {
        let operation = permission.operation().as_str();
        StoreError::Broken(format!("the lifecycle has no {operation} from {from} to {to}"))
    })
}

/// Records something that leaves the case as it is: its version stays, the chain grows.
pub fn record(
    ctx: &mut Context<'_, '_>,
    case: &mut Case,
    action: Action,
    facts: Facts,
) -> Result<(), WorkflowError> {
    let event = event_of(ctx, case, action, &Step { facts, ..Step::stay_of(case) });
    let seen = case.event_seq;
    append(ctx, case, event, seen)
}

/// Adds a new case with its first event.
pub fn begin(ctx: &mut Context<'_, '_>, case: &mut Case) -> Result<(), WorkflowError> {
    case.event_seq = 0;
    case.event_hash = GENESIS.to_vec();
    store::application::insert(ctx.tx, case)?;
    let mut event = event_of(ctx, case, Action::Create, &Step::stay_of(case));
    event.from = None;
    append(ctx, case, event, 0)
}

fn append(ctx: &mut Context<'_, '_>, case: &mut Case, event: Event, seen: i32) -> Result<(), WorkflowError> {
    case.event_seq = event.seq;
    case.event_hash = store::event::append(ctx.tx, event)?;
    if store::application::update_chain(ctx.tx, case, seen)? { Ok(()) } else { Err(StoreError::Raced.into()) }
}

fn event_of(ctx: &Context<'_, '_>, before: &Case, action: Action, step: &Step) -> Event {
    Event {
        application: before.id,
        seq: before.event_seq + 1,
        at: ctx.now,
        actor_kind: ctx.actor.identity.kind().to_owned(),
        actor: ctx.actor.identity.id(),
        actor_organisation: ctx.actor.organisation_id(),
        action,
        from: Some(before.state),
        to: step.to,
        from_stage: before.stage.clone(),
        to_stage: step.stage.clone(),
        facts: step.facts.clone(),
        words: (!step.words.is_empty()).then(|| step.words.clone()),
        words_digest: None,
        previous_hash: before.event_hash.clone(),
        hash: Vec::new(),
    }
}

/// The authorization that the step issues or ends; its number goes into the event.
fn authorization_after(
    tx: &mut Tx<'_>,
    dossier: &Dossier,
    step: &mut Step,
    now: Timestamp,
) -> Result<Option<Authorization>, WorkflowError> {
    let case = &dossier.case;
    let authorization = match (case.state, step.to) {
        (State::Approved, _) => store::authorization::of_case(tx, case.id)?,
        (_, State::Approved) => Some(issue(tx, case, now)?),
        _ => None,
    };
    if case.state != step.to {
        step.facts.authorization = authorization.as_ref().map(|a| a.number.clone());
    }
    if step.to == State::Approved && case.state != State::Approved {
        step.due_at = authorization.as_ref().map(|a| calendar::end_of(a.valid_until));
    }
    Ok(authorization)
}

/// Valid from now or the beginning of the batch's travel window to its end.
fn issue(tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<Authorization, WorkflowError> {
    let batch = store::batch::by_id(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    Ok(Authorization {
        number: reference::authorization_number(&case.programme, random::bytes()),
        application: case.id,
        state: AuthorizationState::Valid,
        valid_from: batch.travel_from.max(calendar::day_of(now)),
        valid_until: batch.travel_until,
        issued_at: now,
        ended_at: None,
        entered_on: None,
        exited_on: None,
    })
}

const fn ended_as(state: State) -> AuthorizationState {
    match state {
        State::Expired => AuthorizationState::Expired,
        State::Completed => AuthorizationState::Used,
        _ => AuthorizationState::Revoked,
    }
}

fn move_place(ctx: &mut Context<'_, '_>, case: &Case, before: Place) -> Result<(), WorkflowError> {
    let Some(movement) = Movement::between(before, case.place) else { return Ok(()) };
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    store::ledger::record(ctx.tx, case, case.event_seq, movement, ctx.now);
    if !store::counters::move_place(ctx.tx, &batch, case, movement) {
        // There was room when the step was decided, and somebody else took it since: decide again.
        return Err(StoreError::Raced.into());
    }
    if movement.frees() { promote::from_line(&mut ctx.as_system(), case.batch) } else { Ok(()) }
}

/// Another live case with the same travel document is no fault of the database.
pub(super) fn as_conflict(error: StoreError) -> WorkflowError {
    match error {
        StoreError::Duplicate(name) if name == "applications_one_live_case_per_document" => {
            Conflict::DuplicateCase.into()
        }
        error => error.into(),
    }
}
