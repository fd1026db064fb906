//! The journal as it is read: newest first, by kind, subject or organisation, with the events of batches among it.

use diesel::prelude::*;

use super::{Row, into_line};
use crate::{
    domain::{
        ids::{AccountId, BatchId, ClientId, OrganisationId},
        journal::{JournalKind, JournalLine, JournalPlace},
    },
    store::{
        StoreError, Tx,
        schema::{accounts, api_clients, batch_events, batches, journal, organisations},
        types::At,
    },
};

/// Which lines of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The kind.
    pub kind: JournalKind,
    /// Only those about this one.
    pub subject: Option<&'a str>,
    /// Only those about this organisation and what belongs to it.
    pub organisation: Option<OrganisationId>,
    /// After this place, in the order of the listing.
    pub after: Option<&'a JournalPlace>,
}

/// Lines of programmes, organisations, accounts and clients, newest first.
pub fn lines(tx: &mut Tx<'_>, range: Range<'_>, at_most: i64) -> Result<Vec<JournalLine>, StoreError> {
    let mut query = journal::table
        .filter(journal::kind.eq(range.kind))
        .order((journal::at.desc(), journal::subject.desc(), journal::seq.desc()))
        .limit(at_most)
        .into_boxed();
    if let Some(subject) = range.subject {
        query = query.filter(journal::subject.eq(subject.to_owned()));
    }
    if let Some(organisation) = range.organisation {
        query = query.filter(journal::organisation_id.eq(Some(organisation)));
    }
    if let Some(after) = range.after {
        // The condition on the time alone is where the index scan begins.
        query = query.filter(journal::at.le(At(after.at)));
        let same = journal::subject.eq(after.subject.clone()).and(journal::seq.lt(after.seq));
        let earlier = journal::at.lt(At(after.at));
        query = match range.kind.cmp(&after.kind) {
            std::cmp::Ordering::Less => query,
            std::cmp::Ordering::Equal => {
                query.filter(earlier.or(journal::subject.lt(after.subject.clone())).or(same))
            }
            std::cmp::Ordering::Greater => query.filter(earlier),
        };
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    rows.into_iter().map(|row| Ok(into_line(tx.keyring, row)?.0)).collect()
}

/// The places of events of batches, newest first; with a programme, of its batches only.
pub fn batch_lines(
    tx: &mut Tx<'_>,
    batch: Option<BatchId>,
    programmes: Option<&[String]>,
    after: Option<&JournalPlace>,
    at_most: i64,
) -> Result<Vec<(BatchId, i32)>, StoreError> {
    let mut query = batch_events::table
        .order((batch_events::at.desc(), batch_events::batch_id.desc(), batch_events::seq.desc()))
        .select((batch_events::batch_id, batch_events::seq))
        .limit(at_most)
        .into_boxed();
    if let Some(batch) = batch {
        query = query.filter(batch_events::batch_id.eq(batch));
    }
    if let Some(programmes) = programmes {
        let theirs = batches::table.filter(batches::programme_code.eq_any(programmes.to_vec()));
        query = query.filter(batch_events::batch_id.eq_any(theirs.select(batches::id)));
    }
    if let Some(after) = after {
        query = query.filter(batch_events::at.le(At(after.at)));
        let earlier = batch_events::at.lt(At(after.at));
        query = match (JournalKind::Batch.cmp(&after.kind), after.subject.parse::<BatchId>()) {
            (std::cmp::Ordering::Less, _) => query,
            (std::cmp::Ordering::Equal, Ok(id)) => {
                let same = batch_events::batch_id.eq(id).and(batch_events::seq.lt(after.seq));
                query.filter(earlier.or(batch_events::batch_id.lt(id)).or(same))
            }
            _ => query.filter(earlier),
        };
    }
    Ok(query.load(tx.conn()?)?)
}

/// What people call these subjects: the address of an account, the `client_id` of a client, the code of an
/// organisation, the name of a batch.
pub fn labels(
    tx: &mut Tx<'_>,
    kind: JournalKind,
    subjects: &[String],
) -> Result<Vec<(String, String)>, StoreError> {
    macro_rules! named {
        ($table:ident, $Id:ident, $label:ident) => {{
            let ids: Vec<$Id> = subjects.iter().filter_map(|subject| subject.parse().ok()).collect();
            let named = $table::table.filter($table::id.eq_any(ids)).select(($table::id, $table::$label));
            let rows: Vec<($Id, String)> = named.load(tx.conn()?)?;
            rows.into_iter().map(|(id, label)| (id.to_string(), label)).collect()
        }};
    }
    Ok(match kind {
        JournalKind::Batch => named!(batches, BatchId, name),
        JournalKind::Organisation => named!(organisations, OrganisationId, code),
        JournalKind::Account => named!(accounts, AccountId, email),
        JournalKind::Client => named!(api_clients, ClientId, client_id),
        JournalKind::Programme => subjects.iter().map(|code| (code.clone(), code.clone())).collect(),
    })
}
