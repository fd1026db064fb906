//! Begin a draft.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    chance,
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        batch::BatchState,
        case::{Case, Dossier, SponsorRef},
        event::GENESIS,
        form::{Form, SECTIONS},
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
    /// The sections that are filled in already, as the API has them; an empty object if none.
    pub form: Value,
}

/// Begins a draft: for the actor, or, by a sponsor's or authority's hand, for one of its people.
pub fn create(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wish: &Create,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    check_rights(actor)?;
    let mut faults = Vec::new();
    let batch = store::batch::by_id(tx, wish.batch)?.filter(|batch| batch.state != BatchState::Ended);
    let Some(batch) = batch else { return Err(WorkflowError::field("/batch", "unknown_batch")) };
    let programme = store::programme::newest(tx, &batch.programme)?.ok_or(WorkflowError::NotFound)?;
    edit::check_codes(&programme, &wish.direction, &wish.category, &mut faults);
    let form = Form::default().patched_as_far_as_it_goes(&sections_of(&wish.form), &mut faults);
    edit::check_priority(&programme, &form, &mut faults);
    let sponsor = edit::sponsor_of(tx, actor, &form, &mut faults)?;
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let rank = programme.points(&wish.category, form.employment.project_priority.as_deref());
    let mut case = Case {
        id: ApplicationId(chance::fresh_id()),
        reference: reference::reference(&programme.code, chance::random_bytes()),
        programme: programme.code.clone(),
        programme_version: programme.version,
        batch: batch.id,
        direction: wish.direction.clone(),
        category: wish.category.clone(),
        state: State::Draft,
        stage: None,
        assignee: None,
        applicant: actor.account().filter(|_| actor.is(Role::Applicant)),
        sponsor,
        creator: actor.identity.id().ok_or(Forbidden::Role)?,
        // Who applies for themselves does so as a person, whomever they work for.
        creator_organisation: actor.organisation_id().filter(|_| actor.is(Role::Sponsor)),
        language: wish.language.clone(),
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

/// The sections alone, if the body has more.
fn sections_of(form: &Value) -> Value {
    let Value::Object(form) = form else { return Value::Object(Map::new()) };
    Value::Object(
        form.iter()
            .filter(|(name, _)| SECTIONS.contains(&name.as_str()))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect(),
    )
}

/// The sponsor that an actor acts for by itself.
pub(super) fn own_sponsor(actor: &Actor) -> Option<SponsorRef> {
    let own = actor.organisation.as_ref().filter(|own| own.kind == OrganisationKind::Sponsor)?;
    Some(SponsorRef { id: own.id, code: own.code.clone(), name: own.code.clone() })
}
