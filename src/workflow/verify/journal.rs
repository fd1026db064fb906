//! The journal: each chain holds, and its last values are those of the row. A row without a chain, a chain without a row
//! and another value are a break each.

use std::collections::{BTreeMap, BTreeSet};

use super::{Break, Report};
use crate::{
    domain::{
        event::GENESIS,
        job::JobKind,
        journal::{AuditedLine, JournalAction, JournalEntry, JournalKind, Recorded},
    },
    keyring::KeyId,
    store::{self, Db, Tx},
    workflow::Result,
};

/// Subjects read at a time.
const CHUNK: i64 = 500;

/// Checks the journals of all programmes, organisations, accounts and API clients, in pieces.
pub(super) async fn check(db: &Db, report: &mut Report) -> Result<()> {
    for kind in JournalKind::IN_JOURNAL {
        let mut after = None;
        loop {
            let piece = db.read(move |tx| check_piece(tx, kind, after.as_deref())).await?;
            report.breaks.extend(piece.breaks);
            report.missing_keys.extend(piece.missing_keys);
            after = piece.last;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

struct Piece {
    breaks: Vec<Break>,
    missing_keys: BTreeSet<KeyId>,
    /// The last subject, if there may be more.
    last: Option<String>,
}

/// Checks the next subjects of a kind.
fn check_piece(tx: &mut Tx<'_>, kind: JournalKind, after: Option<&str>) -> Result<Piece> {
    let are_begun = store::job::unfinished(tx, JobKind::BeginJournal, None)?.is_none();
    let rows = store::journal::entries_after(tx, kind, after, CHUNK)?;
    let is_more = i64::try_from(rows.len()).is_ok_and(|count| count >= CHUNK);
    let last = rows.last().and_then(|entries| entries.last()).map(|entry| entry.subject.clone());
    let last = last.filter(|_| is_more);
    let mut chains: BTreeMap<String, Vec<AuditedLine>> = BTreeMap::new();
    for audited in store::journal::between(tx, kind, after, last.as_deref())? {
        chains.entry(audited.line.subject.clone()).or_default().push(audited);
    }
    let (mut breaks, mut missing_keys) = (Vec::new(), BTreeSet::new());
    for entries in &rows {
        let Some(current) = entries.last() else { continue };
        let mut broken = |rule, detail| {
            breaks.push(Break { rule, subject: format!("{kind} {}", current.subject), detail });
        };
        match chains.remove(&current.subject) {
            Some(chain) => {
                let missing = chain.iter().flat_map(|audited| &audited.missing_keys);
                missing_keys.extend(missing.filter_map(|key| key.parse::<KeyId>().ok()));
                check_subject(&chain, entries, current, &mut broken);
            }
            None if are_begun => broken("journal_missing", "its row has no journal".to_owned()),
            None => {}
        }
    }
    for (subject, chain) in chains {
        let detail = format!("its journal has {} lines, and there is no row", chain.len());
        breaks.push(Break { rule: "row_missing", subject: format!("{kind} {subject}"), detail });
    }
    Ok(Piece { breaks, missing_keys, last })
}

fn check_subject(
    chain: &[AuditedLine],
    entries: &[JournalEntry],
    current: &JournalEntry,
    broken: &mut impl FnMut(&'static str, String),
) {
    let mut previous: &[u8] = &GENESIS;
    let mut recorded = Recorded::default();
    for (number, AuditedLine { line, hash_fits, words_fit, .. }) in (1..).zip(chain) {
        if line.seq != number {
            broken("chain_broken", format!("line {} stands where {number} should", line.seq));
            return;
        }
        if line.previous_hash != previous || !hash_fits {
            broken("chain_broken", format!("line {number} was changed, or the one before it"));
            return;
        }
        if !words_fit {
            broken(
                "chain_broken",
                format!("the words of line {number} were changed or removed, or cannot be opened"),
            );
        }
        let may_stand_here = match line.action {
            JournalAction::Create => number == 1,
            // A programme may be found with several versions.
            JournalAction::Found => number == 1 || line.kind == JournalKind::Programme,
            _ => number > 1,
        };
        if !may_stand_here {
            broken("journal_differs", format!("line {number} cannot be {}", line.action));
        }
        if let Some(field) = recorded.add(line) {
            broken("journal_differs", format!("line {number} begins with another {field} than was recorded"));
        }
        previous = &line.hash;
    }
    let differing = recorded.differing(current);
    if !differing.is_empty() {
        broken("journal_differs", format!("its row has another {} than its journal", differing.join(", ")));
    }
    if chain.last().is_some_and(|last| last.line.organisation != current.organisation) {
        broken("journal_differs", "its row belongs to another organisation than its journal".to_owned());
    }
    if current.kind == JournalKind::Programme {
        check_versions(chain, entries, broken);
    }
}

/// Every version of a programme is one that was recorded, and every recorded version is there.
fn check_versions(
    chain: &[AuditedLine],
    entries: &[JournalEntry],
    broken: &mut impl FnMut(&'static str, String),
) {
    let mut recorded: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for AuditedLine { line, .. } in chain {
        let new = |field| line.changes.iter().find(|change| change.field == field)?.new.as_deref();
        recorded.extend(new("version").map(|version| (version, new("document_digest"))));
    }
    for entry in entries {
        let version = entry.value("version").unwrap_or_default();
        if recorded.remove(version) != Some(entry.value("document_digest")) {
            broken("journal_differs", format!("version {version} is not the one that was recorded"));
        }
    }
    for version in recorded.into_keys() {
        broken("row_missing", format!("version {version} was recorded, and there is no row"));
    }
}
