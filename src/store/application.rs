//! Cases, one at a time: insert, load, and the guarded update. Listings are in `case_list.rs`, the waitlist in
//! `waitlist.rs`.

mod find;
mod same_document;
mod unknown;
mod unopened;

pub use find::{claimed_by_after, count_undecided, due, id_by_reference, of_batch_after, states_after};
pub use same_document::others_with_document;
pub(super) use unopened::unopened;

use std::sync::Arc;

use diesel::prelude::*;

use super::{
    StoreError, Tx, case_key,
    connection::AnyConnection,
    dialect::{locked, on_either},
    erase::ERASED,
    one_of::one_of,
    position::Position,
    schema::{applications, case_keys, organisations},
    statement::{always_same, update},
    tx::{PendingRow, Subject},
    types::{AnyId, At},
};
use crate::{
    digest,
    domain::{
        ballot::Bytes32,
        case::{Case, SponsorRef},
        form::Form,
        ids::{AccountId, ApplicationId, BatchId, OrganisationId},
        lifecycle::State,
        quota::Place,
    },
    keyring::is_under_master_key,
};

#[derive(Queryable)]
struct Row {
    id: ApplicationId,
    reference: String,
    programme_code: String,
    programme_version: i32,
    batch_id: BatchId,
    direction: String,
    category: String,
    state: State,
    stage: Option<String>,
    assignee_id: Option<AccountId>,
    applicant_id: Option<AccountId>,
    sponsor_id: Option<OrganisationId>,
    creator_id: AnyId,
    creator_organisation_id: Option<OrganisationId>,
    language: String,
    family_name: String,
    given_names: String,
    _name_key: String,
    form_sealed: Vec<u8>,
    _document_hash: Option<Vec<u8>>,
    _live_document_hash: Option<Vec<u8>>,
    place: Place,
    rank: i32,
    version: i32,
    event_seq: i32,
    event_hash: Vec<u8>,
    created_at: At,
    updated_at: At,
    submitted_at: Option<At>,
    due_at: Option<At>,
    decided_at: Option<At>,
    lot: Option<Bytes32>,
}

/// The wrapped key of a case, as a subquery: in a join, PostgreSQL would want to lock the keys too.
#[diesel::dsl::auto_type]
fn wrapped_key() -> _ {
    let key = case_keys::table.filter(case_keys::application_id.eq(applications::id));
    key.select(case_keys::wrapped_key).single_value()
}

/// The code and name of a case's sponsor, as subqueries for the same reason. After PostgreSQL has waited for the lock of
/// a row, it evaluates them for the sponsor that the case has now.
#[diesel::dsl::auto_type]
fn sponsor_code() -> _ {
    let sponsor = organisations::table.filter(organisations::id.nullable().eq(applications::sponsor_id));
    sponsor.select(organisations::code).single_value()
}

#[diesel::dsl::auto_type]
fn sponsor_name() -> _ {
    let sponsor = organisations::table.filter(organisations::id.nullable().eq(applications::sponsor_id));
    sponsor.select(organisations::name).single_value()
}

/// A case and its wrapped key.
type RowAndKey = (Row, Option<Vec<u8>>);

/// Code and name of a sponsor, if there is one.
type SponsorTexts = (Option<String>, Option<String>);

/// The case with this id, for reading.
pub fn by_id(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<Case>, StoreError> {
    let query = applications::table.left_join(organisations::table).filter(applications::id.eq(id)).select((
        applications::all_columns,
        wrapped_key(),
        SPONSOR.nullable(),
    ));
    let found: Option<(Row, Option<Vec<u8>>, Option<SponsorRow>)> =
        on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    let Some((row, wrapped_key, sponsor)) = found else { return Ok(None) };
    if let Some(sponsor) = sponsor {
        keep_sponsor(tx, sponsor);
    }
    open_case(tx, (row, wrapped_key)).map(Some)
}

/// The case with this id, locked until the transaction ends. SQLite needs no lock: it has one writer.
pub fn by_id_for_update(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<Case>, StoreError> {
    if let Some(case) = tx.prefetched.take(Subject::Case(id)) {
        return Ok(Some(case));
    }
    let columns = ((applications::all_columns, wrapped_key()), (sponsor_code(), sponsor_name()));
    let query = applications::table.find(id).select(columns);
    let found: Option<(RowAndKey, SponsorTexts)> =
        locked!(tx.conn()?, query, for_update(), first).optional()?;
    let Some((row_and_key, sponsor)) = found else { return Ok(None) };
    if let (Some(id), (Some(code), Some(name))) = (row_and_key.0.sponsor_id, sponsor) {
        keep_sponsor(tx, (id, code, name));
    }
    open_case(tx, row_and_key).map(Some)
}

/// Locks a case until the transaction ends, without reading it. SQLite needs no lock: it has one writer.
pub fn lock(tx: &mut Tx<'_>, id: ApplicationId) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let row = applications::table.find(id).select(applications::id);
        let _: Option<ApplicationId> = row.for_update().first(conn).optional()?;
    }
    Ok(())
}

/// The same for several cases. Does not wait for a case that another transaction has locked: this transaction is retried
/// instead.
pub fn lock_all(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let rows = applications::table.filter(applications::id.eq_any(ids)).select(applications::id);
        let locked: Vec<ApplicationId> = rows.for_update().skip_locked().load(conn)?;
        if locked.len() < ids.len() {
            return Err(StoreError::Raced);
        }
    }
    Ok(())
}

/// Prefetches several cases, with their keys, and locks them, in the order of their ids.
pub(super) fn prefetch(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<(), StoreError> {
    let wanted = applications::table
        .filter(one_of(applications::id, ids))
        .order(applications::id)
        .select((applications::all_columns, wrapped_key()));
    let found: Vec<RowAndKey> = locked!(tx.conn()?, wanted, for_update(), load)?;
    for found in found {
        let id = found.0.id;
        match open_case(tx, found) {
            Ok(case) => tx.prefetched.put(Subject::Case(id), case),
            // It does not stop the other cases: the code that needs it gets the error.
            Err(StoreError::Sealed(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opens the key of a case and its form. A missing key is not remembered: after PostgreSQL has waited for the lock of a
/// row, it reads the row again, but not the subquery. For the same reason an erased case may still come with a key.
fn open_case(tx: &mut Tx<'_>, (row, wrapped_key): RowAndKey) -> Result<Case, StoreError> {
    if wrapped_key.is_some() && row.form_sealed != ERASED {
        case_key::remember(tx, row.id, wrapped_key.as_deref())?;
    }
    into_case(tx, row)
}

type SponsorRow = (OrganisationId, String, String);
const SPONSOR: (organisations::id, organisations::code, organisations::name) =
    (organisations::id, organisations::code, organisations::name);

fn sponsor_of(tx: &mut Tx<'_>, id: OrganisationId) -> Result<Option<SponsorRef>, StoreError> {
    if let Some(sponsor) = tx.prefetched.get::<SponsorRef>(Subject::Organisation(id)) {
        return Ok(Some(sponsor.clone()));
    }
    let query = organisations::table.find(id).select(SPONSOR);
    let found: Option<SponsorRow> = on_either!(tx.conn_unflushed()?, |conn| query.first(conn)).optional()?;
    Ok(found.map(|sponsor| keep_sponsor(tx, sponsor)))
}

fn keep_sponsor(tx: &mut Tx<'_>, (id, code, name): SponsorRow) -> SponsorRef {
    let sponsor = SponsorRef { id, code, name };
    tx.prefetched.put(Subject::Organisation(id), sponsor.clone());
    sponsor
}

fn into_case(tx: &mut Tx<'_>, row: Row) -> Result<Case, StoreError> {
    let form = open_form(tx, row.id, &row.form_sealed)?;
    let sponsor = row.sponsor_id.map(|id| sponsor_of(tx, id)).transpose()?.flatten();
    Ok(with_form(row, form, sponsor))
}

fn with_form(row: Row, form: Form, sponsor: Option<SponsorRef>) -> Case {
    Case {
        id: row.id,
        reference: row.reference,
        programme: row.programme_code,
        programme_version: row.programme_version,
        batch: row.batch_id,
        direction: row.direction,
        category: row.category,
        state: row.state,
        stage: row.stage,
        assignee: row.assignee_id,
        applicant: row.applicant_id,
        sponsor,
        creator: row.creator_id.0,
        creator_organisation: row.creator_organisation_id,
        language: row.language,
        form: Arc::new(form),
        form_digest: digest::sha256(&row.form_sealed),
        has_old_seal: is_under_master_key(&row.form_sealed),
        place: row.place,
        rank: row.rank,
        lot: row.lot,
        version: row.version,
        event_seq: row.event_seq,
        event_hash: row.event_hash,
        created_at: row.created_at.0,
        updated_at: row.updated_at.0,
        submitted_at: row.submitted_at.map(|at| at.0),
        due_at: row.due_at.map(|at| at.0),
        decided_at: row.decided_at.map(|at| at.0),
    }
}

pub(super) fn sealing_place(id: ApplicationId) -> String {
    format!("applications/{id}/form")
}

/// The form of a case; an empty one if the case was erased.
pub(super) fn open_form(tx: &mut Tx<'_>, id: ApplicationId, sealed: &[u8]) -> Result<Form, StoreError> {
    if sealed == ERASED {
        return Ok(Form::default());
    }
    let json = case_key::open(tx, id, &sealing_place(id), sealed)?;
    // The error's own text would quote the form.
    serde_json::from_slice(&json)
        .map_err(|e| StoreError::Unreadable(format!("the form of {id}, at byte {}", e.column())))
}

/// The columns of a form: all of it, sealed; the names for searching; the keyed hash of the document.
struct FormColumns {
    sealed: Vec<u8>,
    family_name: String,
    given_names: String,
    name_key: String,
    document_hash: Option<Vec<u8>>,
}

/// Family name, given names, and the key for searching.
pub(super) fn names_of(form: &Form) -> (String, String, String) {
    let family_name = form.applicant.family_name.clone().unwrap_or_default();
    let given_names = form.applicant.given_names.clone().unwrap_or_default();
    let key = format!("{family_name} {given_names}").trim().to_lowercase();
    (family_name, given_names, key)
}

/// `stored` is the form as it was, if there is one: fields that a newer version has added to it are kept.
fn form_columns(tx: &mut Tx<'_>, case: &Case, stored: Option<&[u8]>) -> Result<FormColumns, StoreError> {
    let broken = |e: serde_json::Error| StoreError::Broken(format!("a form: at byte {}", e.column()));
    let mut json = serde_json::to_value(&case.form).map_err(broken)?;
    if let Some(stored) = stored {
        let stored = case_key::open(tx, case.id, &sealing_place(case.id), stored)?;
        let known = serde_json::to_value(Form::default()).map_err(broken)?;
        unknown::keep(&serde_json::from_slice(&stored).map_err(broken)?, &mut json, &known);
    }
    let json = serde_json::to_vec(&json).map_err(broken)?;
    let (family_name, given_names, name_key) = names_of(&case.form);
    Ok(FormColumns {
        sealed: case_key::seal(tx, case.id, &sealing_place(case.id), &json)?,
        name_key,
        family_name,
        given_names,
        document_hash: case.form.document_identity().map(|identity| tx.keyring.lookup_hash(&identity)),
    })
}

/// Adds a case, and sets the digest of its form. Its events follow in the same transaction.
pub fn insert(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), StoreError> {
    case_key::create(tx, case.id)?;
    let form = form_columns(tx, case, None)?;
    case.form_digest = digest::sha256(&form.sealed);
    let live = form.document_hash.clone().filter(|_| case.state.is_live());
    let insert = diesel::insert_into(applications::table).values((
        applications::id.eq(case.id),
        applications::reference.eq(&case.reference),
        applications::programme_code.eq(&case.programme),
        applications::programme_version.eq(case.programme_version),
        applications::batch_id.eq(case.batch),
        applications::direction.eq(&case.direction),
        applications::category.eq(&case.category),
        applications::state.eq(case.state),
        applications::stage.eq(&case.stage),
        applications::assignee_id.eq(case.assignee),
        applications::applicant_id.eq(case.applicant),
        applications::sponsor_id.eq(case.sponsor.as_ref().map(|sponsor| sponsor.id)),
        applications::creator_id.eq(AnyId(case.creator)),
        applications::creator_organisation_id.eq(case.creator_organisation),
        applications::language.eq(&case.language),
        applications::family_name.eq(form.family_name),
        applications::given_names.eq(form.given_names),
        applications::name_key.eq(form.name_key),
        applications::form_sealed.eq(form.sealed),
        applications::document_hash.eq(form.document_hash),
        applications::live_document_hash.eq(live),
        applications::place.eq(case.place),
        applications::rank.eq(case.rank),
        applications::version.eq(case.version),
        applications::event_seq.eq(case.event_seq),
        applications::event_hash.eq(&case.event_hash),
        applications::created_at.eq(At(case.created_at)),
        applications::updated_at.eq(At(case.updated_at)),
        applications::submitted_at.eq(case.submitted_at.map(At)),
        applications::due_at.eq(case.due_at.map(At)),
        applications::decided_at.eq(case.decided_at.map(At)),
    ));
    struct Insert;
    let insert = always_same::<Insert, _>(insert);
    on_either!(tx.changing(Subject::Case(case.id))?, |conn| insert.execute(conn))
        .map_err(StoreError::from)
        .map_err(retry_if_reference_taken)?;
    Ok(())
}

/// A random reference may be taken already: of a million cases, one in some ten thousand. The retry makes a new one.
fn retry_if_reference_taken(error: StoreError) -> StoreError {
    match error {
        StoreError::Duplicate(name) if name == "applications_reference_unique" => StoreError::Raced,
        error => error,
    }
}

/// Writes what a step changed, guarded by the version that the step was decided on. If another transaction changed the
/// row first, this one has to be retried. The row is written with the other pending rows, except when the case becomes
/// live: another live case may have the same travel document, and the caller has to know at once.
pub fn update_position(tx: &mut Tx<'_>, case: &Case, before: &Case) -> Result<(), StoreError> {
    let position = Position::of(case, before);
    if case.state.is_live() && !before.state.is_live() {
        tx.prefetched.forget(Subject::Case(case.id));
        return Position::write(tx.conn_for_cases()?, &[position]);
    }
    tx.push(position);
    Ok(())
}

/// Writes the form and the columns that depend on it, and sets its digest. The step that follows guards the version.
pub fn update_form(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), StoreError> {
    if case.state.is_live() && others_with_document(tx, case)?.live_here {
        return Err(StoreError::Duplicate("applications_one_live_case_per_document".to_owned()));
    }
    let sealed = applications::table.find(case.id).select(applications::form_sealed);
    let stored: Vec<u8> = on_either!(tx.conn()?, |conn| sealed.first(conn))?;
    let form = form_columns(tx, case, Some(&stored))?;
    case.form_digest = digest::sha256(&form.sealed);
    case.has_old_seal = false;
    let live = form.document_hash.clone().filter(|_| case.state.is_live());
    let set = (
        applications::batch_id.eq(case.batch),
        applications::direction.eq(&case.direction),
        applications::category.eq(&case.category),
        applications::rank.eq(case.rank),
        applications::sponsor_id.eq(case.sponsor.as_ref().map(|sponsor| sponsor.id)),
        applications::family_name.eq(form.family_name),
        applications::given_names.eq(form.given_names),
        applications::name_key.eq(form.name_key),
        applications::form_sealed.eq(form.sealed),
        applications::document_hash.eq(form.document_hash),
        applications::live_document_hash.eq(live),
    );
    struct Update;
    let update = always_same::<Update, _>(update(applications::table, applications::id.eq(case.id), set));
    on_either!(tx.changing(Subject::Case(case.id))?, |conn| update.execute(conn))?;
    Ok(())
}

/// Writes the sponsor. The step that follows guards the version.
pub fn update_sponsor(tx: &mut Tx<'_>, case: &Case) -> Result<(), StoreError> {
    diesel::update(applications::table.find(case.id))
        .set(applications::sponsor_id.eq(case.sponsor.as_ref().map(|sponsor| sponsor.id)))
        .execute(tx.changing(Subject::Case(case.id))?)?;
    Ok(())
}

/// Sets the end of the event chain, for an event that changes nothing else. Guarded by the event before it.
pub fn update_chain(tx: &mut Tx<'_>, case: &Case, seen_seq: i32) -> Result<bool, StoreError> {
    let seen = applications::id.eq(case.id).and(applications::event_seq.eq(seen_seq));
    let set = (applications::event_seq.eq(case.event_seq), applications::event_hash.eq(&case.event_hash));
    struct Update;
    let update = always_same::<Update, _>(update(applications::table, seen, set));
    let changed = on_either!(tx.changing(Subject::Case(case.id))?, |conn| update.execute(conn))?;
    Ok(changed == 1)
}
