//! How much each person and program has uploaded, by the hour. An uploader has a few rows at most, so a check takes as
//! long after a hundred thousand uploads as after one.

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    StoreError, Tx,
    dialect::on_either,
    schema::uploads_by_hour,
    tx::Subject,
    types::{AnyId, At},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The bytes that were uploaded in the hours that began after `since`.
pub fn bytes_since(tx: &mut Tx<'_>, uploader: Uuid, since: Timestamp) -> Result<i64, StoreError> {
    let own = uploads_by_hour::uploaded_by.eq(AnyId(uploader)).and(uploads_by_hour::hour.gt(At(since)));
    let bytes: Vec<i64> =
        uploads_by_hour::table.filter(own).select(uploads_by_hour::bytes).load(tx.conn()?)?;
    Ok(bytes.into_iter().sum())
}

/// Counts an upload, and removes the uploader's hours up to `since`.
pub fn count(
    tx: &mut Tx<'_>,
    uploader: Uuid,
    bytes: i32,
    (since, now): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let own = uploads_by_hour::uploaded_by.eq(AnyId(uploader));
    let conn = tx.changing(Subject::Other)?;
    diesel::delete(uploads_by_hour::table.filter(own.and(uploads_by_hour::hour.le(At(since)))))
        .execute(conn)?;
    let into_hour = now.as_second().rem_euclid(HOUR.as_secs());
    let hour = Timestamp::from_second(now.as_second() - into_hour).unwrap_or(now);
    let insert = diesel::insert_into(uploads_by_hour::table).values((
        uploads_by_hour::uploaded_by.eq(AnyId(uploader)),
        uploads_by_hour::hour.eq(At(hour)),
        uploads_by_hour::bytes.eq(i64::from(bytes)),
    ));
    let more = uploads_by_hour::bytes.eq(uploads_by_hour::bytes + i64::from(bytes));
    on_either!(conn, |conn| insert
        .on_conflict((uploads_by_hour::uploaded_by, uploads_by_hour::hour))
        .do_update()
        .set(more)
        .execute(conn))?;
    Ok(())
}
