//! The invariants: what must hold in every installation at every moment. `corridor verify` and the end of every
//! integration test run them. Each file here has the rules about one subject; `docs/operating.md` says what each
//! rule means, and what to do.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::{
    keyring::KeyId,
    store::{self, Db, Tx},
    workflow::Result,
};

mod authority;
mod authorization;
mod ballot;
mod batches;
mod case_row;
mod cases;
mod chain;
mod checkpoints;
mod files;
mod journal;
mod messages;
mod places;
mod rows_of_case;
mod sealed;
mod standing;
mod times;

use chain::Lines;
pub use checkpoints::{BadCheckpoints, Checkpoints};
pub use files::{FilesReport, verify_files};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Which.
    pub rule: &'static str,
    /// Of which batch, case or programme.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

/// What was checked and what was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The broken rules.
    pub breaks: Vec<Break>,
    /// What an operator should know although no rule is broken, such as messages that nobody could deliver.
    pub notes: Vec<Break>,
    /// The number of checked batches.
    pub batches: usize,
    /// The number of checked cases.
    pub cases: usize,
    /// The number of checked events of cases.
    pub events: usize,
    /// The number of compared checkpoints.
    pub checkpoints: usize,
    /// The events of all histories that are from before there were keys.
    pub old_lines: usize,
    /// The keys of histories that the key file does not contain. Whether the lines under them hold is not known.
    pub missing_keys: BTreeSet<KeyId>,
}

impl Report {
    fn add_lines(&mut self, lines: Lines) {
        self.old_lines += lines.old;
        self.missing_keys.extend(lines.missing_keys);
    }
}

/// The progress of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of checked cases.
    pub checked: usize,
    /// The number of cases at the start.
    pub all: usize,
}

/// What an audit compares the database with.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// The time: nothing has happened later.
    pub now: Timestamp,
    /// Checkpoints that were kept elsewhere.
    pub checkpoints: Option<&'a Checkpoints>,
}

/// Checks everything but the times, for tests, whose clock is not the machine's.
pub async fn verify(db: &Db) -> Result<Report> {
    verify_against(db, Against { now: Timestamp::MAX, checkpoints: None }, |_| {}).await
}

/// Checks everything, and reports the progress after each piece of cases. Everything is read in pieces, each in a short
/// transaction: the service may run, and memory holds one piece, however many there are.
pub async fn verify_against(db: &Db, against: Against<'_>, mut tell: impl FnMut(Progress)) -> Result<Report> {
    let db = &db.for_audits();
    let mut report = Report::default();
    batches::check(db, against.now, &mut report).await?;
    journal::check(db, &mut report).await?;
    let all: Result<_> = db.read(|tx| Ok(store::audit::count_cases(tx)?)).await;
    let all = usize::try_from(all?).unwrap_or_default();
    let (mut after, now) = (None, against.now);
    loop {
        let piece = db.read(move |tx: &mut Tx<'_>| cases::check(tx, after, now)).await?;
        report.breaks.extend(piece.breaks);
        report.cases += piece.cases;
        report.events += piece.events;
        report.add_lines(piece.lines);
        tell(Progress { checked: report.cases, all });
        after = piece.last;
        if after.is_none() {
            break;
        }
    }
    messages::check(db, now, &mut report).await?;
    sealed::check_answers(db, &mut report).await?;
    if let Some(known) = against.checkpoints {
        report.breaks.extend(checkpoints::check(db, known).await?);
        report.checkpoints = known.count();
    }
    Ok(report)
}
