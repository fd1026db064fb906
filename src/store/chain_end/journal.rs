//! The chains of the journal. The row of a subject does not have the end of its chain, so it is the newest line.

use diesel::{dsl::max, prelude::*};
use jiff::Timestamp;

use super::{Key, Link, Piece};
use crate::{
    domain::{checkpoint::ChainEnd, journal::JournalKind},
    store::{StoreError, Tx, dialect::on_either, schema::journal, types::At},
};

/// The chains of the next subjects of a kind after `after`, as they were at the cut.
pub(super) fn ends(
    tx: &mut Tx<'_>,
    kind: JournalKind,
    after: &[u8],
    cut: Timestamp,
    at_most: i64,
) -> Result<Piece, StoreError> {
    let after = String::from_bytes(after)?;
    let newest = journal::table
        .filter(journal::kind.eq(kind).and(journal::subject.gt(&after)).and(journal::at.le(At(cut))))
        .group_by(journal::subject)
        .order(journal::subject)
        .limit(at_most)
        .select((journal::subject, max(journal::seq)));
    let newest: Vec<(String, Option<i32>)> = on_either!(tx.conn()?, |conn| newest.load(conn))?;
    let Some((last, _)) = newest.last() else { return Ok(Piece::default()) };
    let is_full = i64::try_from(newest.len()).is_ok_and(|count| count == at_most);
    let lines = journal::table
        .filter(journal::kind.eq(kind).and(journal::subject.gt(&after)).and(journal::subject.le(last)))
        .order((journal::subject, journal::seq))
        .select((journal::subject, journal::seq, journal::hash));
    let lines: Vec<(String, i32, Vec<u8>)> = on_either!(tx.conn()?, |conn| lines.load(conn))?;
    let last = is_full.then(|| last.clone().into_bytes());
    let mut newest = newest.into_iter().peekable();
    let mut ends = Vec::new();
    for (subject, seq, hash) in lines {
        let is_end = |(of, end): &(String, Option<i32>)| *of == subject && *end == Some(seq);
        if newest.next_if(is_end).is_some() {
            let events =
                u32::try_from(seq).map_err(|_| StoreError::Broken(format!("a line has the number {seq}")))?;
            ends.push(ChainEnd { subject: subject.into_bytes(), events, hash });
        }
    }
    Ok(Piece { ends, last })
}

/// The next lines of a kind after the line with this subject and number, in the order of the chains.
pub(super) fn links(
    tx: &mut Tx<'_>,
    kind: JournalKind,
    (subject, seq): (&[u8], i32),
    at_most: i64,
) -> Result<Vec<Link>, StoreError> {
    let last = String::from_bytes(subject)?;
    // The condition on the subject alone is where the index scan begins.
    let later = journal::subject.gt(&last).or(journal::seq.gt(seq));
    let query = journal::table
        .filter(journal::kind.eq(kind).and(journal::subject.ge(&last)).and(later))
        .order((journal::subject, journal::seq))
        .limit(at_most)
        .select((journal::subject, journal::seq, journal::at, journal::hash));
    let rows: Vec<(String, i32, At, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let link = |(subject, seq, at, hash): (String, i32, At, Vec<u8>)| Link {
        subject: Key::into_bytes(subject),
        seq,
        at: at.0,
        hash,
    };
    Ok(rows.into_iter().map(link).collect())
}
