//! Begin a draft.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        batch::BatchState,
        case::{Case, Dossier, SponsorRef},
        event::GENESIS,
        field_error::FieldError,
        form::Form,
        ids::{ApplicationId, BatchId},
        lifecycle::State,
        quota::Place,
        reference,
        refusal::Forbidden,
    },
    store::{self, Tx},
    workflow::{WorkflowError, dossier, edit, transition},
};

/// What a draft begins with.
#[derive(Clone, Debug)]
pub struct Create {
    /// The batch, and with it the programme.
    pub batch: BatchId,
    /// One of the programme's directions.
    pub direction: String,
    /// One of the programme's categories.
    pub category: String,
    /// The language of the messages.
    pub language: String,
    /// What is filled in already.
    pub form: Form,
    /// What could not be read of the input. Its fields are empty here.
    pub faults: Vec<FieldError>,
}

/// Begins a draft: for the actor, or, by a sponsor's or authority's hand, for one of its people.
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    draft: &Create,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    check_rights(actor)?;
    let batch = store::batch::by_id(tx, draft.batch)?.filter(|batch| batch.state != BatchState::Ended);
    let Some(batch) = batch else {
        return Err(invalid(draft, vec![FieldError::new("/batch", "unknown_batch")]));
    };
    let programme = store::programme::newest(tx, &batch.programme)?.ok_or(WorkflowError::NotFound)?;
    let mut faults = Vec::new();
    edit::check_codes(&programme, &draft.direction, &draft.category, &mut faults);
    let form = draft.form.clone();
    edit::check_priority(&programme, &form, &mut faults);
    let sponsor = edit::sponsor_of(tx, actor, &form, &mut faults)?;
    if !(faults.is_empty() && draft.faults.is_empty()) {
        return Err(invalid(draft, faults));
    }
    let rank = programme.points(&draft.category, form.employment.project_priority.as_deref());
    let mut case = Case {
        id: ApplicationId(chance::fresh_id()),
        reference: reference::reference(&programme.code, chance::random_bytes()),
        programme: programme.code.clone(),
        programme_version: programme.version,
        batch: batch.id,
        direction: draft.direction.clone(),
        category: draft.category.clone(),
        state: State::Draft,
        stage: None,
        assignee: None,
        applicant: actor.account().filter(|_| actor.is(Role::Applicant)),
        sponsor,
        creator: actor.identity.id().ok_or(Forbidden::Role)?,
        // Who applies for themselves does so as a person, whomever they work for.
        creator_organisation: actor.organisation_id().filter(|_| actor.is(Role::Sponsor)),
        language: draft.language.clone(),
        form,
        place: Place::None,
        rank,
        lot: None,
        version: 1,
        event_seq: 0,
        event_hash: GENESIS.to_vec(),
        created_at: now,
        updated_at: now,
        submitted_at: None,
        due_at: None,
        decided_at: None,
    };
    if let (Some(sponsor), true) = (&case.sponsor, case.form.employment.sponsor.is_none()) {
        case.form.employment.sponsor = Some(sponsor.code.clone());
    }
    transition::begin(tx, &mut case, actor, now)?;
    dossier::complete(tx, case)
}

fn check_rights(actor: &Actor) -> Result<(), WorkflowError> {
    if !(actor.is(Role::Applicant) || actor.is(Role::Sponsor)) {
        return Err(Forbidden::Role.into());
    }
    if !actor.has_scope(Scope::ApplicationsWrite) {
        return Err(Forbidden::Scope.into());
    }
    Ok(())
}

/// The faults of the input and these. Of a field that could not be read, nothing more is said.
fn invalid(draft: &Create, mut faults: Vec<FieldError>) -> WorkflowError {
    faults.retain(|new| draft.faults.iter().all(|known| known.pointer != new.pointer));
    WorkflowError::Invalid([draft.faults.as_slice(), &faults].concat())
}

/// The sponsor that an actor acts for by itself.
pub(super) fn own_sponsor(actor: &Actor) -> Option<SponsorRef> {
    let own = actor.organisation.as_ref().filter(|own| own.kind == OrganisationKind::Sponsor)?;
    Some(SponsorRef { id: own.id, code: own.code.clone(), name: own.code.clone() })
}
