//! The chains of events: how long each was at a cut, and their links, for checkpoints. To add a kind of chain: a variant of
//! [`ChainKind`] and its line in the list below.

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx,
    dialect::on_either,
    schema::{applications, authorization_events, authorizations, batch_events, batches, events},
    types::At,
};
use crate::domain::{
    checkpoint::{ChainEnd, ChainKind},
    ids::{ApplicationId, BatchId},
    journal::JournalKind,
};

mod journal;

/// A piece of the chains of a kind, in the order of their subjects.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// The chains that have an event at the cut.
    pub ends: Vec<ChainEnd>,
    /// The last subject that was read; none: there are no more.
    pub last: Option<Vec<u8>>,
}

/// An event as a link of its chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// What identifies the subject, as bytes.
    pub subject: Vec<u8>,
    /// The number of the event.
    pub seq: i32,
    /// When it happened.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// What identifies a subject. Empty bytes come before all others.
trait Key: Sized {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError>;
    fn into_bytes(self) -> Vec<u8>;
}

macro_rules! uuid_keys {
    ($($id:ident),+) => {$(
        impl Key for $id {
            fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
                let id = if bytes.is_empty() { Ok(Uuid::nil()) } else { Uuid::from_slice(bytes) };
                id.map(Self).map_err(|e| StoreError::Broken(e.to_string()))
            }
            fn into_bytes(self) -> Vec<u8> {
                self.0.as_bytes().to_vec()
            }
        }
    )+};
}
uuid_keys!(ApplicationId, BatchId);

impl Key for String {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        Self::from_utf8(bytes.to_vec()).map_err(|e| StoreError::Broken(e.to_string()))
    }
    fn into_bytes(self) -> Vec<u8> {
        self.into_bytes()
    }
}

/// The number and hash of an event of a subject.
type Row<K> = (K, i32, Vec<u8>);

/// A subject, and the last event of its chain by the number that the subject's row has.
type Newest<K> = (K, Option<i32>, Option<At>, Option<Vec<u8>>);

macro_rules! chains {
    (journals: $($journal:ident),+; $($kind:ident: $subjects:ident.$id:ident, $events:ident.$subject:ident, $Id:ty;)+) => {
        /// The chains of the next subjects after `after`, as they were at the cut. Reads the last event of each by its
        /// number. If a subject has changed since the cut, reads its earlier events too.
        pub fn ends(
            tx: &mut Tx<'_>,
            kind: ChainKind,
            after: &[u8],
            cut: Timestamp,
            at_most: i64,
        ) -> Result<Piece, StoreError> {
            match kind {
                $(ChainKind::$kind => {
                    let is_last = $events::$subject.eq($subjects::$id).and($events::seq.eq($subjects::event_seq));
                    let query = $subjects::table
                        .left_join($events::table.on(is_last))
                        .filter($subjects::$id.gt(<$Id>::from_bytes(after)?))
                        .order($subjects::$id)
                        .limit(at_most)
                        .select((
                            $subjects::$id,
                            $events::seq.nullable(),
                            $events::at.nullable(),
                            $events::hash.nullable(),
                        ));
                    let newest: Vec<Newest<$Id>> = on_either!(tx.conn()?, |conn| query.load(conn))?;
                    let changed = changed_since(&newest, cut);
                    let earlier = $events::table
                        .filter($events::$subject.eq_any(&changed).and($events::at.le(At(cut))))
                        .order(($events::$subject, $events::seq))
                        .select(($events::$subject, $events::seq, $events::hash));
                    let earlier: Vec<Row<$Id>> = match changed.is_empty() {
                        true => Vec::new(),
                        false => on_either!(tx.conn()?, |conn| earlier.load(conn))?,
                    };
                    piece(newest, earlier, cut, at_most)
                })+
                $(ChainKind::$journal => journal::ends(tx, JournalKind::$journal, after, cut, at_most),)+
            }
        }

        /// The next events of a kind after the event with this subject and number, in the order of the chains.
        pub fn links(
            tx: &mut Tx<'_>,
            kind: ChainKind,
            (subject, seq): (&[u8], i32),
            at_most: i64,
        ) -> Result<Vec<Link>, StoreError> {
            match kind {
                $(ChainKind::$kind => {
                    let last = <$Id>::from_bytes(subject)?;
                    // The condition on the subject alone is where the index scan begins.
                    let later = $events::$subject.gt(&last).or($events::seq.gt(seq));
                    let query = $events::table
                        .filter($events::$subject.ge(&last).and(later))
                        .order(($events::$subject, $events::seq))
                        .limit(at_most)
                        .select(($events::$subject, $events::seq, $events::at, $events::hash));
                    let rows: Vec<($Id, i32, At, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
                    let link = |(subject, seq, at, hash): ($Id, i32, At, Vec<u8>)| Link {
                        subject: Key::into_bytes(subject),
                        seq,
                        at: at.0,
                        hash,
                    };
                    Ok(rows.into_iter().map(link).collect())
                })+
                $(ChainKind::$journal => journal::links(tx, JournalKind::$journal, (subject, seq), at_most),)+
            }
        }
    };
}

chains! {
    journals: Programme, Organisation, Account, Client;
    Case: applications.id, events.application_id, ApplicationId;
    Authorization: authorizations.number, authorization_events.authorization_number, String;
    Batch: batches.id, batch_events.batch_id, BatchId;
}

/// The subjects whose last event is younger than the cut, or missing.
fn changed_since<K: Clone>(newest: &[Newest<K>], cut: Timestamp) -> Vec<K> {
    let is_older = |at: &Option<At>| at.is_some_and(|at| at.0 <= cut);
    newest.iter().filter(|(_, _, at, _)| !is_older(at)).map(|(subject, ..)| subject.clone()).collect()
}

/// Puts the last event of each subject, or the last one that is not younger than the cut, in the order of the subjects.
fn piece<K: Key + Clone + PartialEq>(
    newest: Vec<Newest<K>>,
    earlier: Vec<Row<K>>,
    cut: Timestamp,
    at_most: i64,
) -> Result<Piece, StoreError> {
    let is_full = i64::try_from(newest.len()).is_ok_and(|count| count == at_most);
    let last = newest.last().filter(|_| is_full).map(|(subject, ..)| subject.clone().into_bytes());
    let mut earlier = earlier.into_iter().peekable();
    let mut ends = Vec::with_capacity(newest.len());
    for (subject, seq, at, hash) in newest {
        let mut end = seq.zip(hash).filter(|_| at.is_some_and(|at| at.0 <= cut));
        while let Some((_, seq, hash)) = earlier.next_if(|(of, ..)| *of == subject) {
            end = Some((seq, hash));
        }
        if let Some((seq, hash)) = end {
            let events = u32::try_from(seq)
                .map_err(|_| StoreError::Broken(format!("an event has the number {seq}")))?;
            ends.push(ChainEnd { subject: subject.into_bytes(), events, hash });
        }
    }
    Ok(Piece { ends, last })
}
