//! Where cases stand after their steps: many of them in one statement, each guarded by the version that its step was
//! decided on.

use std::collections::BTreeSet;

use diesel::{
    pg::PgConnection,
    prelude::*,
    sql_query,
    sql_types::{Array, Binary, Integer, Nullable, Text},
};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::on_either,
    schema::applications,
    types::{At, Id, Instant},
};
use crate::domain::{
    case::Case,
    ids::{AccountId, ApplicationId},
};

/// What a step changes of a case's row.
pub(super) struct Position {
    id: ApplicationId,
    seen_version: i32,
    state: &'static str,
    stage: Option<String>,
    assignee: Option<AccountId>,
    live_document_hash: Option<Vec<u8>>,
    place: &'static str,
    version: i32,
    event_seq: i32,
    event_hash: Vec<u8>,
    updated_at: At,
    submitted_at: Option<At>,
    due_at: Option<At>,
    decided_at: Option<At>,
}

impl Position {
    pub fn of(tx: &Tx<'_>, case: &Case, seen_version: i32) -> Self {
        let identity = case.form.document_identity().filter(|_| case.state.is_live());
        Self {
            id: case.id,
            seen_version,
            state: case.state.as_str(),
            stage: case.stage.clone(),
            assignee: case.assignee,
            live_document_hash: identity.map(|identity| tx.secret.lookup_hash(&identity)),
            place: case.place.as_str(),
            version: case.version,
            event_seq: case.event_seq,
            event_hash: case.event_hash.clone(),
            updated_at: At(case.updated_at),
            submitted_at: case.submitted_at.map(At),
            due_at: case.due_at.map(At),
            decided_at: case.decided_at.map(At),
        }
    }
}

/// Writes them. Where one of the rows has another version by now, the transaction is to be tried again.
pub(super) fn write(conn: &mut AnyConnection, rows: &[Position]) -> Result<(), StoreError> {
    let cases: BTreeSet<ApplicationId> = rows.iter().map(|row| row.id).collect();
    let changed = match conn {
        // One round trip, unless a case has moved twice.
        AnyConnection::Postgres(conn) if rows.len() > 1 && cases.len() == rows.len() => {
            write_at_once(conn, rows)?
        }
        conn => {
            let mut changed = 0;
            for row in rows {
                changed += write_one(conn, row)?;
            }
            changed
        }
    };
    if changed == rows.len() { Ok(()) } else { Err(StoreError::Raced) }
}

fn write_one(conn: &mut AnyConnection, row: &Position) -> QueryResult<usize> {
    let seen = applications::table.find(row.id).filter(applications::version.eq(row.seen_version));
    let update = diesel::update(seen).set((
        applications::state.eq(row.state),
        applications::stage.eq(&row.stage),
        applications::assignee_id.eq(row.assignee),
        applications::live_document_hash.eq(&row.live_document_hash),
        applications::place.eq(row.place),
        applications::version.eq(row.version),
        applications::event_seq.eq(row.event_seq),
        applications::event_hash.eq(&row.event_hash),
        applications::updated_at.eq(row.updated_at),
        applications::submitted_at.eq(row.submitted_at),
        applications::due_at.eq(row.due_at),
        applications::decided_at.eq(row.decided_at),
    ));
    on_either!(conn, |conn| update.execute(conn))
}

/// Each column as an array, which Diesel's query builder has no words for.
fn write_at_once(conn: &mut PgConnection, rows: &[Position]) -> QueryResult<usize> {
    macro_rules! column {
        ($row:ident => $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    sql_query(
        "UPDATE applications AS a SET state = p.state, stage = p.stage, assignee_id = p.assignee_id,
           live_document_hash = p.live_document_hash, place = p.place, version = p.version, event_seq = p.event_seq,
           event_hash = p.event_hash, updated_at = p.updated_at, submitted_at = p.submitted_at, due_at = p.due_at,
           decided_at = p.decided_at
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
           AS p (id, seen_version, state, stage, assignee_id, live_document_hash, place, version, event_seq,
             event_hash, updated_at, submitted_at, due_at, decided_at)
         WHERE a.id = p.id AND a.version = p.seen_version",
    )
    .bind::<Array<Id>, _>(column!(row => row.id))
    .bind::<Array<Integer>, _>(column!(row => row.seen_version))
    .bind::<Array<Text>, _>(column!(row => row.state))
    .bind::<Array<Nullable<Text>>, _>(column!(row => row.stage.as_deref()))
    .bind::<Array<Nullable<Id>>, _>(column!(row => row.assignee))
    .bind::<Array<Nullable<Binary>>, _>(column!(row => row.live_document_hash.as_deref()))
    .bind::<Array<Text>, _>(column!(row => row.place))
    .bind::<Array<Integer>, _>(column!(row => row.version))
    .bind::<Array<Integer>, _>(column!(row => row.event_seq))
    .bind::<Array<Binary>, _>(column!(row => row.event_hash.as_slice()))
    .bind::<Array<Instant>, _>(column!(row => row.updated_at))
    .bind::<Array<Nullable<Instant>>, _>(column!(row => row.submitted_at))
    .bind::<Array<Nullable<Instant>>, _>(column!(row => row.due_at))
    .bind::<Array<Nullable<Instant>>, _>(column!(row => row.decided_at))
    .execute(conn)
}
