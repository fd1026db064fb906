//! What belongs to a step of a case: its row, its event, its messages, its place, and the authorization that an approval
//! issues.

use jiff::Timestamp;

use super::{Step, chain, issue, permitted_action, standing};
use crate::{
    domain::{
        authorization::Authorization,
        calendar,
        case::{Case, Dossier},
        event::{Event, Facts, GENESIS, Words},
        ids::AccountId,
        lifecycle::{Action, State},
        quota::{CountedUnder, Movement, Place},
        refusal::Conflict,
    },
    store::{self, StoreError},
    workflow::{
        Result, WorkflowError, dossier,
        entrance::Context,
        messages::{self, Taken},
        promote,
        subject::{Installation, Permitted},
    },
};

/// What a use case has decided for a case: its next state, and what to record.
#[derive(Clone, Debug)]
pub struct CaseStep {
    /// The state afterwards.
    pub to: State,
    /// The stage afterwards.
    pub stage: Option<String>,
    /// The assignee afterwards.
    pub assignee: Option<AccountId>,
    /// The deadline of the new state.
    pub due_at: Option<Timestamp>,
    /// What the case occupies afterwards.
    pub place: Place,
    /// For the history, without the person.
    pub facts: Facts,
    /// For the history, sealed.
    pub words: Words,
}

impl CaseStep {
    /// A step that changes neither state nor place.
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

    /// A step that ends the case: it has no assignee, no deadline and no place.
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

    /// A step to a stage.
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

impl Step for CaseStep {
    type State = State;
    type Loaded = Dossier;

    fn from(dossier: &Dossier) -> Option<State> {
        Some(dossier.case.state)
    }

    fn to(&self) -> State {
        self.to
    }

    /// Writes the case, its event, its messages, and last, since it is the hot row, its place. A released place goes to
    /// the next in line in the same transaction.
    fn carry_out(
        mut self,
        ctx: &mut Context<'_, '_>,
        mut dossier: Dossier,
        action: Action,
    ) -> Result<Dossier> {
        let (before, now) = (dossier.case.clone(), ctx.now);
        let ended = standing::authorization_of_ended(ctx, &dossier)?;
        let is_approved = self.to == State::Approved && before.state != State::Approved;
        if is_approved {
            let issued = issue::draft(ctx, &dossier)?;
            let host = dossier.programme.time_zone(dossier.host());
            self.due_at = Some(calendar::end_in(&host, issued.valid_until));
            self.facts.authorization = Some(issued.number.clone());
            self.facts.validity = Some((issued.valid_from, issued.valid_until));
            self.facts.programme_version = Some(dossier.programme.version);
            dossier.authorization = Some(issued);
        }

        let case = &mut dossier.case;
        case.state = self.to;
        case.stage.clone_from(&self.stage);
        case.assignee = self.assignee;
        case.due_at = self.due_at;
        case.place = self.place;
        // A reminder changes nothing that somebody who read the case could depend on.
        case.version += i32::from(action != Action::Remind);
        case.updated_at = now;
        match action {
            Action::Submit => case.submitted_at = Some(now),
            Action::Endorse | Action::Promote | Action::Refuse if !self.to.is_undecided() => {
                case.decided_at = Some(now)
            }
            _ => {}
        }
        let under = standing::counted_under(ctx, case, before.place)?;
        let held = dossier.authorization.as_ref().or(ended.as_ref());
        let digest = standing::digest(ctx, &dossier, held, under.as_ref())?;
        let case = &mut dossier.case;
        let event = Event { digest, ..event_of(ctx, &before, action, &self) };
        case.event_seq = event.seq;
        case.event_hash = store::event::append(ctx.tx, event)?;
        store::application::update_position(ctx.tx, case, &before).map_err(as_conflict)?;
        if let Some(issued) = dossier.authorization.as_mut().filter(|_| is_approved) {
            issued.event_hash.clone_from(&case.event_hash);
            store::authorization::insert(ctx.tx, issued);
        }
        let taken = Taken {
            action,
            before: &before,
            dossier: &dossier,
            facts: &self.facts,
            words: &self.words,
            authorization: dossier.authorization.as_ref(),
        };
        messages::enqueue(ctx, &taken)?;
        move_place(ctx, &dossier.case, before.place, under)?;
        Ok(dossier)
    }
}

/// Records an event that does not move the case: the version stays, the chain grows.
pub fn record(ctx: &mut Context<'_, '_>, dossier: &mut Dossier, action: Action, facts: Facts) -> Result<()> {
    let ended = standing::authorization_of_ended(ctx, dossier)?;
    let case = &dossier.case;
    let event = event_of(ctx, case, action, &CaseStep { facts, ..CaseStep::stay_of(case) });
    append(ctx, dossier, event, ended)
}

/// Adds a new case with its first event.
pub fn begin(
    ctx: &mut Context<'_, '_>,
    permitted: &Permitted<Installation>,
    mut case: Case,
) -> Result<Dossier> {
    let action = permitted_action(permitted.permission(), None, case.state)?;
    case.event_seq = 0;
    case.event_hash = GENESIS.to_vec();
    store::application::insert(ctx.tx, &mut case)?;
    let mut dossier = dossier::complete(ctx.tx, case)?;
    let mut event = event_of(ctx, &dossier.case, action, &CaseStep::stay_of(&dossier.case));
    event.from = None;
    append(ctx, &mut dossier, event, None)?;
    Ok(dossier)
}

fn append(
    ctx: &mut Context<'_, '_>,
    dossier: &mut Dossier,
    event: Event,
    ended: Option<Authorization>,
) -> Result<()> {
    let under = standing::counted_under(ctx, &dossier.case, dossier.case.place)?;
    let held = dossier.authorization.as_ref().or(ended.as_ref());
    let digest = standing::digest(ctx, dossier, held, under.as_ref())?;
    let seen = dossier.case.event_seq;
    let case = &mut dossier.case;
    case.event_seq = event.seq;
    case.event_hash = store::event::append(ctx.tx, Event { digest, ..event })?;
    if store::application::update_chain(ctx.tx, case, seen)? { Ok(()) } else { Err(StoreError::Raced.into()) }
}

fn event_of(ctx: &Context<'_, '_>, before: &Case, action: Action, step: &CaseStep) -> Event {
    let end = (before.event_seq, before.event_hash.as_slice());
    let states = (Some(before.state), step.to);
    Event {
        from_stage: before.stage.clone(),
        to_stage: step.stage.clone(),
        words: (!step.words.is_empty()).then(|| step.words.clone()),
        ..chain::next(ctx, before.id, end, action, states, step.facts.clone())
    }
}

fn move_place(
    ctx: &mut Context<'_, '_>,
    case: &Case,
    before: Place,
    under: Option<CountedUnder>,
) -> Result<()> {
    let Some((movement, under)) = Movement::between(before, case.place).zip(under) else { return Ok(()) };
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    let has_moved = store::counters::move_place(ctx.tx, &batch, &under, movement);
    store::ledger::record(ctx.tx, case, case.event_seq, under, movement, ctx.now);
    if !has_moved {
        // Another transaction has taken the room since the step was decided: decide again.
        return Err(StoreError::Raced.into());
    }
    if movement.frees() { promote::from_line(ctx, case.batch) } else { Ok(()) }
}

/// Translates a duplicate: another live case has the same travel document.
pub fn as_conflict(error: StoreError) -> WorkflowError {
    match error {
        StoreError::Duplicate(name) if name == "applications_one_live_case_per_document" => {
            Conflict::DuplicateCase.into()
        }
        error => error.into(),
    }
}
