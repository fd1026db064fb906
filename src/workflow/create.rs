//! Create a draft.

use std::sync::Arc;

use crate::{
    domain::{
        actor::{Actor, OrganisationKind, Role},
        case::{Case, Dossier, SponsorRef},
        event::GENESIS,
        field_error::FieldError,
        form::Form,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, BatchState, State},
        limits::Used,
        policy::Operation,
        quota::Place,
        reference,
        refusal::Forbidden,
    },
    random, store,
    workflow::{
        Result, WorkflowError, day_limits, edit,
        entrance::{Command, Context},
        sponsorship,
        subject::{Installation, Permitted},
        transition,
    },
};

/// Creates a draft: for the actor, or for a traveller if a sponsor or an authority enters it.
#[derive(Clone, Debug)]
pub struct CreateCase {
    /// The batch, and with it the programme.
    pub batch: BatchId,
    /// One of the programme's directions.
    pub direction: String,
    /// One of the programme's categories.
    pub category: String,
    /// The language of the messages.
    pub language: String,
    /// The fields that are already filled in.
    pub form: Form,
    /// The faults of the input. The faulty fields are empty.
    pub faults: Vec<FieldError>,
}

impl Command for CreateCase {
    type Subject = Installation;
    type Output = Dossier;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Act(Action::Create), Installation)
    }

    fn case_of(&self, made: &Dossier) -> Option<ApplicationId> {
        Some(made.case.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<Installation>) -> Result<Dossier> {
        let batch = store::batch::by_id(ctx.tx, self.batch)?.filter(|batch| batch.state != BatchState::Ended);
        let Some(batch) = batch else {
            return Err(invalid(self, vec![FieldError::new("/batch", "unknown_batch")]));
        };
        let programme = store::programme::newest(ctx.tx, &batch.programme)?.ok_or(WorkflowError::NotFound)?;
        let mut faults = Vec::new();
        edit::check_codes(&programme, &self.direction, &self.category, &mut faults);
        let form = self.form.clone();
        edit::check_priority(&programme, &form, &mut faults);
        let rank = programme.points(&self.category, form.employment.project_priority.as_deref());
        let mut case = Case {
            id: ApplicationId(random::id()),
            reference: reference::reference(&programme.code, random::bytes()),
            programme: programme.code.clone(),
            programme_version: programme.version,
            batch: batch.id,
            direction: self.direction.clone(),
            category: self.category.clone(),
            state: State::Draft,
            stage: None,
            assignee: None,
            // A representative acts for the sponsor, even one who may also apply.
            applicant: ctx
                .actor
                .account()
                .filter(|_| ctx.actor.is(Role::Applicant) && !ctx.actor.is(Role::Sponsor)),
            sponsor: None,
            creator: ctx.actor.identity.id().ok_or(Forbidden::Role)?,
            // An applicant applies as a person, not for an organisation.
            creator_organisation: ctx.actor.organisation_id().filter(|_| ctx.actor.is(Role::Sponsor)),
            language: self.language.clone(),
            form: Arc::new(form),
            form_digest: Vec::new(),
            has_old_seal: false,
            place: Place::None,
            rank,
            lot: None,
            version: 1,
            event_seq: 0,
            event_hash: GENESIS.to_vec(),
            created_at: ctx.now,
            updated_at: ctx.now,
            submitted_at: None,
            due_at: None,
            decided_at: None,
        };
        let named = sponsorship::named(ctx.tx, ctx.actor, &case, &mut faults)?;
        if !(faults.is_empty() && self.faults.is_empty()) {
            return Err(invalid(self, faults));
        }
        case.sponsor = named.accepted();
        if let (Some(sponsor), true) = (&case.sponsor, case.form.employment.sponsor.is_none()) {
            Arc::make_mut(&mut case.form).employment.sponsor = Some(sponsor.code.clone());
        }
        day_limits::count(ctx, Used { drafts: 1, ..Used::default() })?;
        let mut dossier = transition::begin(ctx, &on, case)?;
        sponsorship::ask(ctx, &mut dossier, named)?;
        Ok(dossier)
    }
}

/// The faults of the input and these. A field that could not be read gets no further faults.
fn invalid(draft: &CreateCase, mut faults: Vec<FieldError>) -> WorkflowError {
    faults.retain(|new| draft.faults.iter().all(|known| known.pointer != new.pointer));
    WorkflowError::Invalid([draft.faults.as_slice(), &faults].concat())
}

/// The sponsor that an actor acts for by itself.
pub(super) fn own_sponsor(actor: &Actor) -> Option<SponsorRef> {
    let own = actor.organisation.as_ref().filter(|own| own.kind == OrganisationKind::Sponsor)?;
    Some(SponsorRef { id: own.id, code: own.code.clone(), name: own.code.clone() })
}
