//! After a rotation: computes the hashes of travel documents again, with the current key. Until this is done, a
//! submission is compared under every key (`application::others_with_document`).

use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Array, BigInt, Binary, Bool},
};

use super::{
    StoreError, Tx, application, case_key, connection::AnyConnection, dialect::on_either, rewrap::Slice,
    schema::applications, statement::cached_sql_around, types::Id,
};
use crate::{domain::ids::ApplicationId, keyring::Version};

/// Hashes the documents of the next cases again, in the order of their ids.
pub fn slice(tx: &mut Tx<'_>, after: Option<ApplicationId>, at_most: i64) -> Result<Slice, StoreError> {
    let current = tx.keyring.current().bytes().to_vec();
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    let is_old = sql::<Bool>("substr(document_hash, 1, 4) <> ").bind::<Binary, _>(current);
    let query = applications::table
        .filter(applications::id.gt(after).and(applications::document_hash.is_not_null()).and(is_old))
        .order(applications::id)
        .limit(at_most)
        .select((applications::id, applications::form_sealed));
    let rows: Vec<(ApplicationId, Vec<u8>)> = match tx.conn()? {
        AnyConnection::Postgres(conn) => {
            let next: Vec<(ApplicationId, Vec<u8>)> = query.clone().load(conn)?;
            let locked: Vec<_> = query.for_update().skip_locked().load(conn)?;
            // A case that a decision has locked must not be left out.
            if locked.len() < next.len() {
                return Err(StoreError::Raced);
            }
            locked
        }
        AnyConnection::Sqlite(conn) => query.load(conn)?,
    };
    let ids: Vec<ApplicationId> = rows.iter().map(|(case, _)| *case).collect();
    case_key::prefetch(tx, &ids)?;
    let mut slice = Slice { last: ids.last().copied(), ..Slice::default() };
    let mut hashes = Vec::with_capacity(rows.len());
    for (case, form) in rows {
        match application::open_form(tx, case, &form) {
            Ok(form) => {
                let identity = form.document_identity();
                hashes.extend(identity.map(|identity| (case, tx.keyring.lookup_hash(&identity))));
            }
            Err(error @ (StoreError::Sealed(_) | StoreError::Unreadable(_))) => {
                slice.unreadable.push((case, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    slice.done = hashes.len();
    write(tx.changing_many()?, &hashes)?;
    Ok(slice)
}

fn write(conn: &mut AnyConnection, hashes: &[(ApplicationId, Vec<u8>)]) -> Result<(), StoreError> {
    match conn {
        AnyConnection::Postgres(conn) => {
            let columns = (
                hashes.iter().map(|(case, _)| *case).collect::<Vec<_>>().into_sql::<Array<Id>>(),
                hashes
                    .iter()
                    .map(|(_, hash)| hash.as_slice())
                    .collect::<Vec<_>>()
                    .into_sql::<Array<Binary>>(),
            );
            cached_sql_around(
                "UPDATE applications AS a SET document_hash = h.hash,
                   live_document_hash = CASE WHEN a.live_document_hash IS NULL THEN NULL ELSE h.hash END
                 FROM unnest(",
                columns,
                ") AS h (id, hash) WHERE a.id = h.id",
            )
            .execute(conn)?;
        }
        AnyConnection::Sqlite(conn) => {
            for (case, hash) in hashes {
                let values = (hash.as_slice().into_sql::<Binary>(), case.into_sql::<Id>());
                cached_sql_around(
                    "UPDATE applications SET document_hash = h.hash,
                       live_document_hash = CASE WHEN live_document_hash IS NULL THEN NULL ELSE h.hash END
                     FROM (SELECT column1 AS hash, column2 AS id FROM (VALUES (",
                    values,
                    "))) AS h WHERE applications.id = h.id",
                )
                .execute(conn)?;
            }
        }
    }
    Ok(())
}

/// Documents whose hash is made with the key of a version. Hashes from before there were versions count for the first.
pub fn count(tx: &mut Tx<'_>, version: &Version) -> Result<i64, StoreError> {
    let with_id = sql::<BigInt>("count(*) FILTER (WHERE substr(document_hash, 1, 4) = ");
    let with_id =
        with_id.bind::<Binary, _>(version.key.bytes().to_vec()).sql(" AND length(document_hash) = 36)");
    let counts = applications::table
        .filter(applications::document_hash.is_not_null())
        .select((with_id, sql::<BigInt>("count(*) FILTER (WHERE length(document_hash) = 32)")));
    let (with_id, without_id): (i64, i64) = on_either!(tx.conn()?, |conn| counts.first(conn))?;
    Ok(if version.number == 1 { with_id + without_id } else { with_id })
}
