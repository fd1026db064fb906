//! Access records: append and read. No function here changes or deletes one.

use diesel::{dsl::max, prelude::*};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::insert_rows,
    schema::access_records,
    tx::{FlushOrder, PendingRow, Subject},
    types::{AnyId, At},
};
use crate::domain::{
    access::{Access, AccessRecord},
    ids::{ApplicationId, OrganisationId},
};

#[derive(Queryable)]
struct Row {
    application_id: ApplicationId,
    after_seq: i32,
    number: i32,
    at: At,
    actor_kind: String,
    actor_id: AnyId,
    actor_organisation_id: Option<OrganisationId>,
    what: Access,
    subject_id: AnyId,
}

impl From<Row> for AccessRecord {
    fn from(row: Row) -> Self {
        Self {
            application: row.application_id,
            after_seq: row.after_seq,
            number: row.number,
            at: row.at.0,
            actor_kind: row.actor_kind,
            actor: row.actor_id.0,
            actor_organisation: row.actor_organisation_id,
            what: row.what,
            subject: row.subject_id.0,
        }
    }
}

/// Whether the actor has seen the same after `since`, according to the records.
pub fn is_recorded(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    actor: Uuid,
    (what, subject): (Access, Uuid),
    since: Timestamp,
) -> Result<bool, StoreError> {
    let same = access_records::table
        .filter(access_records::application_id.eq(application))
        .filter(access_records::actor_id.eq(AnyId(actor)).and(access_records::subject_id.eq(AnyId(subject))))
        .filter(access_records::what.eq(what).and(access_records::at.gt(At(since))));
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(tx.conn()?)?)
}

/// The number of the next record after an event. The caller has locked the case.
pub fn next_number(tx: &mut Tx<'_>, application: ApplicationId, after_seq: i32) -> Result<i32, StoreError> {
    let last: Option<i32> = access_records::table
        .filter(access_records::application_id.eq(application).and(access_records::after_seq.eq(after_seq)))
        .select(max(access_records::number))
        .get_result(tx.conn()?)?;
    Ok(last.unwrap_or(0) + 1)
}

/// Appends a record.
pub fn append(tx: &mut Tx<'_>, record: AccessRecord) {
    tx.push(record);
}

/// The records of a case after this place in its history: after an event, and after one of the records that follow it.
pub fn of_case(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    (seq, number): (i32, i32),
    at_most: i64,
) -> Result<Vec<AccessRecord>, StoreError> {
    let later = access_records::after_seq
        .gt(seq)
        .or(access_records::after_seq.eq(seq).and(access_records::number.gt(number)));
    let rows: Vec<Row> = access_records::table
        .filter(access_records::application_id.eq(application).and(later))
        .order((access_records::after_seq, access_records::number))
        .limit(at_most)
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(AccessRecord::from).collect())
}

impl PendingRow for AccessRecord {
    const ORDER: FlushOrder = FlushOrder::AccessRecords;

    fn subject(&self) -> Subject {
        Subject::Other
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, access_records, rows, |row| {
            application_id: row.application,
            after_seq: row.after_seq,
            number: row.number,
            at: At(row.at),
            actor_kind: &row.actor_kind,
            actor_id: AnyId(row.actor),
            actor_organisation_id: row.actor_organisation,
            what: row.what,
            subject_id: AnyId(row.subject),
        });
        Ok(())
    }
}
