//! Queries for the audit. It reads many rows at a time, in the order of their ids, so that it needs little memory.

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx, application, case_key,
    erase::ERASED,
    event::{self, Row as EventRow},
    schema::{accounts, api_clients, applications, events, notifications, organisations},
    types::At,
};
use crate::domain::{
    event::AuditedEvent,
    form::Form,
    ids::{AccountId, ApplicationId, BatchId, ClientId, OrganisationId},
    lifecycle::State,
    quota::Place,
};

pub mod places;
pub mod rows_of_case;
pub mod sealed;

/// The columns of a case that the audit checks.
#[derive(Clone, Debug, Queryable)]
#[expect(missing_docs, reason = "the fields are columns")]
pub struct AuditedCase {
    pub id: ApplicationId,
    pub reference: String,
    pub programme: String,
    pub programme_version: i32,
    pub batch: BatchId,
    pub direction: String,
    pub category: String,
    pub state: State,
    pub stage: Option<String>,
    pub assignee: Option<AccountId>,
    pub sponsor: Option<OrganisationId>,
    pub names: (String, String, String),
    pub place: Place,
    pub rank: i32,
    pub event_seq: i32,
    pub event_hash: Vec<u8>,
    pub document_hash: Option<Vec<u8>>,
    pub live_document_hash: Option<Vec<u8>>,
    submitted_at: Option<At>,
    due_at: Option<At>,
    decided_at: Option<At>,
}

impl AuditedCase {
    /// When it was submitted, when it is due, when it was decided.
    pub fn times(&self) -> [Option<Timestamp>; 3] {
        [&self.submitted_at, &self.due_at, &self.decided_at].map(|at| at.map(|at| at.0))
    }
}

/// The number of cases. This reads the whole table, as the audit does anyway.
pub fn count_cases(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(applications::table.count().get_result(tx.conn()?)?)
}

/// Cases by id, after `after`.
pub fn cases(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<AuditedCase>, StoreError> {
    let mut query = applications::table
        .order(applications::id)
        .limit(at_most)
        .select((
            applications::id,
            applications::reference,
            applications::programme_code,
            applications::programme_version,
            applications::batch_id,
            applications::direction,
            applications::category,
            applications::state,
            applications::stage,
            applications::assignee_id,
            applications::sponsor_id,
            (applications::family_name, applications::given_names, applications::name_key),
            applications::place,
            applications::rank,
            applications::event_seq,
            applications::event_hash,
            applications::document_hash,
            applications::live_document_hash,
            applications::submitted_at,
            applications::due_at,
            applications::decided_at,
        ))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(applications::id.gt(after));
    }
    Ok(query.load(tx.conn()?)?)
}

/// The form of a case, as an audit reads it.
#[derive(Clone, Debug)]
pub enum AuditedForm {
    /// The case was erased.
    Erased,
    /// It cannot be opened, and why.
    Unreadable(String),
    /// It can be opened.
    Open(Box<OpenForm>),
}

/// A form, and what the columns beside it must hold.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// The form.
    pub form: Form,
    /// Family name, given names, and the key for searching.
    pub names: (String, String, String),
    /// The hashes that the travel document may have; none if the form has no document.
    pub document_hashes: Option<Vec<Vec<u8>>>,
}

/// The forms of these cases.
pub fn forms(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, AuditedForm)>, StoreError> {
    let rows: Vec<(ApplicationId, Vec<u8>)> = applications::table
        .filter(applications::id.eq_any(cases))
        .select((applications::id, applications::form_sealed))
        .load(tx.conn()?)?;
    case_key::prefetch(tx, cases)?;
    let mut forms = Vec::with_capacity(rows.len());
    for (case, sealed) in rows {
        let form = match application::open_form(tx, case, &sealed) {
            Ok(_) if sealed == ERASED => AuditedForm::Erased,
            Ok(form) => AuditedForm::Open(Box::new(OpenForm {
                names: application::names_of(&form),
                document_hashes: form.document_identity().map(|identity| tx.keyring.lookup_hashes(&identity)),
                form,
            })),
            Err(error @ (StoreError::Sealed(_) | StoreError::Unreadable(_))) => {
                AuditedForm::Unreadable(error.to_string())
            }
            Err(error) => return Err(error),
        };
        forms.push((case, form));
    }
    Ok(forms)
}

/// All events of these cases, by case and number.
pub fn events_of(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<AuditedEvent>, StoreError> {
    let rows: Vec<EventRow> = events::table
        .filter(events::application_id.eq_any(cases.to_vec()))
        .order((events::application_id, events::seq))
        .load(tx.conn()?)?;
    case_key::prefetch(tx, cases)?;
    rows.into_iter().map(|row| event::audited(tx, row)).collect()
}

/// The events of these cases that have a message in the outbox.
pub fn notified_events(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, i32)>, StoreError> {
    let cases: Vec<Option<ApplicationId>> = cases.iter().copied().map(Some).collect();
    let rows: Vec<(Option<ApplicationId>, Option<i32>)> = notifications::table
        .filter(notifications::application_id.eq_any(cases))
        .select((notifications::application_id, notifications::event_seq))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().filter_map(|(case, seq)| case.zip(seq)).collect())
}

/// Travel documents with more than one live case in a programme: the programme and the number of cases.
pub fn documents_live_twice(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(String, Option<Vec<u8>>, i64)> = applications::table
        .filter(applications::live_document_hash.is_not_null())
        .group_by((applications::programme_code, applications::live_document_hash))
        .having(diesel::dsl::count_star().gt(1))
        .select((applications::programme_code, applications::live_document_hash, diesel::dsl::count_star()))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(|(programme, _, count)| (programme, count)).collect())
}

/// The codes of these organisations.
pub fn codes_of(
    tx: &mut Tx<'_>,
    ids: &[OrganisationId],
) -> Result<Vec<(OrganisationId, String)>, StoreError> {
    Ok(organisations::table
        .filter(organisations::id.eq_any(ids))
        .select((organisations::id, organisations::code))
        .load(tx.conn()?)?)
}

/// The ones of these ids that belong to accounts or API clients.
pub fn known_actors(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let people: Vec<AccountId> = accounts::table
        .filter(accounts::id.eq_any(ids.iter().copied().map(AccountId).collect::<Vec<_>>()))
        .select(accounts::id)
        .load(tx.conn()?)?;
    let programs: Vec<ClientId> = api_clients::table
        .filter(api_clients::id.eq_any(ids.iter().copied().map(ClientId).collect::<Vec<_>>()))
        .select(api_clients::id)
        .load(tx.conn()?)?;
    Ok(people.into_iter().map(|id| id.0).chain(programs.into_iter().map(|id| id.0)).collect())
}
