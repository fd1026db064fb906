//! The invariants: what must hold in every installation at every moment. `corridor verify` and the end of every
//! integration test run them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        batch::{Batch, Terms},
        event::{AuditedEvent, Facts, GENESIS},
        ids::ApplicationId,
        job::JobKind,
        lifecycle::{Action, BatchAction, BatchState, State},
        notification,
        programme::{Programme, Stage},
        quota::Place,
        review::{Review, ReviewEvent, Round},
    },
    keyring::KeyId,
    store::{self, Db, Tx, audit::AuditedCase, batch::BatchFilter},
    workflow::{Result, ballot, dossier, promote},
};

mod authorization;
mod chain;
mod files;
mod journal;
mod standing;

use chain::{End, Keys, Lines};
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
#[expect(missing_docs, reason = "the fields say it")]
pub struct Report {
    pub breaks: Vec<Break>,
    pub batches: usize,
    pub cases: usize,
    pub events: usize,
    /// The events of all histories that are from before there were keys.
    pub old_lines: usize,
    /// The keys of histories that the key file does not contain. Whether the lines under them hold is not known.
    pub missing_keys: BTreeSet<KeyId>,
}

/// Cases read at a time.
const CHUNK: i64 = 500;

/// The progress of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of checked cases.
    pub checked: usize,
    /// The number of cases at the start.
    pub all: usize,
}

/// Checks everything. Batches and their ledgers are read in one transaction, cases in pieces: the service may run, and
/// memory holds one piece, however many there are.
pub async fn verify(db: &Db) -> Result<Report> {
    verify_telling(db, |_| {}).await
}

/// The same, and reports the progress after each piece.
pub async fn verify_telling(db: &Db, mut tell: impl FnMut(Progress)) -> Result<Report> {
    let db = &db.for_audits();
    let mut report: Report = db.read(check_batches).await?;
    journal::check(db, &mut report).await?;
    let all: Result<_> = db.read(|tx| Ok(store::audit::count_cases(tx)?)).await;
    let all = usize::try_from(all?).unwrap_or_default();
    let mut after = None;
    loop {
        let piece: Piece = db.read(move |tx| check_cases(tx, after)).await?;
        report.breaks.extend(piece.breaks);
        report.cases += piece.cases;
        report.events += piece.events;
        report.old_lines += piece.lines.old;
        report.missing_keys.extend(piece.lines.missing_keys);
        tell(Progress { checked: report.cases, all });
        after = piece.last;
        if after.is_none() {
            return Ok(report);
        }
    }
}

fn check_batches(tx: &mut Tx<'_>) -> Result<Report> {
    let mut report = Report::default();
    let (are_closed, mut lines) = (chain::are_closed(tx)?, Lines::default());
    let mut filter = BatchFilter::default();
    loop {
        let batches = store::batch::list(tx, &filter, CHUNK)?;
        let Some(last) = batches.last() else { break };
        filter.after = Some(last.id);
        for batch in batches {
            report.batches += 1;
            let mut broken = |rule, detail| {
                report.breaks.push(Break { rule, subject: format!("batch {}", batch.id), detail });
            };
            if batch.held < 0 || batch.taken < 0 || batch.available() < 0 {
                broken(
                    "capacity_exceeded",
                    format!("{} held and {} taken of {}", batch.held, batch.taken, batch.capacity),
                );
            }
            let ledger = store::ledger::in_use(tx, batch.id, None)?;
            if ledger != (batch.held, batch.taken) {
                broken(
                    "counter_differs",
                    format!("counters {:?}, ledger {ledger:?}", (batch.held, batch.taken)),
                );
            }
            check_ballot(tx, &batch, &mut broken)?;
            lines.add(check_history(tx, &batch, are_closed, &mut broken)?);
            if let Some(case) = next_who_can_travel(tx, &batch)? {
                broken("place_unused", format!("a place is free, and case {case} waits for one"));
            }
            for limit in &batch.limits {
                let name = format!("{}={}", limit.dimension, limit.key);
                if limit.held < 0 || limit.taken < 0 || limit.available() < 0 {
                    broken(
                        "limit_exceeded",
                        format!(
                            "{name}: {} held and {} taken of {}",
                            limit.held, limit.taken, limit.capacity
                        ),
                    );
                }
                let ledger = store::ledger::in_use(tx, batch.id, Some((limit.dimension, &limit.key)))?;
                if ledger != (limit.held, limit.taken) {
                    broken(
                        "counter_differs",
                        format!("{name}: counters {:?}, ledger {ledger:?}", (limit.held, limit.taken)),
                    );
                }
            }
        }
    }
    for (programme, count) in store::audit::documents_live_twice(tx)? {
        let detail = format!("a travel document has {count} live cases");
        report.breaks.push(Break {
            rule: "document_live_twice",
            subject: format!("programme {programme}"),
            detail,
        });
    }
    report.old_lines = lines.old;
    report.missing_keys = lines.missing_keys;
    Ok(report)
}

/// Who should have got a free place, if one is free. A case whose journey does not fit the travel window is skipped.
fn next_who_can_travel(tx: &mut Tx<'_>, batch: &Batch) -> Result<Option<ApplicationId>> {
    let mut skipped = Vec::new();
    while let Some(next) = promote::next_in_line(tx, batch.id, &skipped)? {
        let Some(case) = store::application::by_id(tx, next)? else { return Ok(Some(next)) };
        let dossier = dossier::complete(tx, case)?;
        if promote::can_travel(tx, &dossier, batch.travel_from)? {
            return Ok(Some(next));
        }
        skipped.push(next);
    }
    Ok(None)
}

/// The batch is where its history leads, on the terms that its history says. A batch that is older than its history may
/// have none until the service has begun it.
fn check_history(
    tx: &mut Tx<'_>,
    batch: &Batch,
    are_closed: bool,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<Lines> {
    if batch.event_seq == 0 && store::job::unfinished(tx, JobKind::BeginHistories, None)?.is_some() {
        return Ok(Lines::default());
    }
    let history = store::batch_event::of(tx, &[batch.id])?;
    let end = End { seq: batch.event_seq, hash: &batch.event_hash, state: batch.state };
    let lines = chain::check(Keys { tx, are_closed }, &history, (&GENESIS, None), end, broken)?;
    let agreed = history.iter().rev().find_map(|audited| audited.event.facts.terms.as_deref());
    if agreed.cloned().map(sorted) != Some(sorted(batch.terms())) {
        broken("terms_differ", "its terms are not those of its history".to_owned());
    }
    // The programme of an older batch stands in the line that closed its history.
    let programme = history.iter().find_map(|audited| audited.event.facts.programme.as_ref());
    if programme.is_some_and(|programme| *programme != batch.programme) {
        broken("terms_differ", "its programme is not that of its history".to_owned());
    }
    let recorded = |fact: fn(&Facts) -> Option<&String>| {
        history.iter().rev().find_map(|audited| fact(&audited.event.facts).cloned())
    };
    let ballot = batch.ballot.as_ref();
    let commitment = ballot.map(|ballot| ballot.commitment.to_string());
    let seed = ballot.and_then(|ballot| ballot.draw.as_ref()).map(|draw| draw.seed.to_string());
    if recorded(|facts| facts.commitment.as_ref()) != commitment
        || recorded(|facts| facts.seed.as_ref()) != seed
    {
        broken("ballot_differs", "its ballot is not that of its history".to_owned());
    }
    let drawn_at = ballot.and_then(|ballot| ballot.draw.as_ref()).map(|draw| draw.at.as_microsecond());
    let drawn = history.iter().rfind(|audited| audited.event.action == BatchAction::Draw);
    if drawn.is_some_and(|drawn| Some(drawn.event.at.as_microsecond()) != drawn_at) {
        broken("ballot_differs", "its draw has another time than in its history".to_owned());
    }
    Ok(lines)
}

fn sorted(mut terms: Terms) -> Terms {
    terms.limits.sort_by(|a, b| (a.dimension, &a.key).cmp(&(b.dimension, &b.key)));
    terms
}

/// The seed is the one that was promised. Before the draw nobody has a lot, after it everybody has the seed's; while a
/// job draws, some have it already.
fn check_ballot(tx: &mut Tx<'_>, batch: &Batch, broken: &mut impl FnMut(&'static str, String)) -> Result<()> {
    let is_to_be_drawn = matches!(batch.state, BatchState::Closed | BatchState::Ended);
    if batch.drawing {
        if batch.ballot.is_none() || !is_to_be_drawn {
            broken("ballot_differs", format!("being drawn, and {} without a promise", batch.state));
        }
        if store::job::unfinished(tx, JobKind::Draw, Some(batch.id.0))?.is_none() {
            broken("ballot_differs", "being drawn, and there is no job that draws it".to_owned());
        }
    }
    let Some(ballot) = &batch.ballot else {
        if batch.is_by_lot() && !matches!(batch.state, BatchState::Planned | BatchState::Ended) {
            broken("ballot_differs", "opened, and no seed was promised".to_owned());
        }
        return Ok(());
    };
    let promised = store::ballot::sealed_seed(tx, batch.id)?;
    if promised.map(|seed| ballot::commitment(&seed)) != Some(ballot.commitment) {
        broken("ballot_differs", "the sealed seed is not the promised one".to_owned());
    }
    if let Some(draw) = &ballot.draw
        && ballot::commitment(&draw.seed) != ballot.commitment
    {
        broken("ballot_differs", "the revealed seed is not the promised one".to_owned());
    }
    if ballot.draw.is_none() && is_to_be_drawn && !batch.drawing {
        broken("ballot_differs", format!("{}, and not drawn", batch.state));
    }
    let seed = ballot.draw.as_ref().map(|draw| draw.seed);
    for (case, lot) in store::ballot::cases(tx, batch.id)? {
        let is_right = match (lot, seed) {
            // Lots are drawn before the seed is revealed.
            (Some(lot), None) => batch.drawing && promised.map(|seed| ballot::lot(&seed, case)) == Some(lot),
            (lot, seed) => lot == seed.map(|seed| ballot::lot(&seed, case)),
        };
        if !is_right {
            broken("ballot_differs", format!("the lot of case {case} is not the seed's"));
        }
    }
    Ok(())
}

struct Piece {
    breaks: Vec<Break>,
    cases: usize,
    events: usize,
    lines: Lines,
    last: Option<ApplicationId>,
}

fn check_cases(tx: &mut Tx<'_>, after: Option<ApplicationId>) -> Result<Piece> {
    let cases = store::audit::cases(tx, after, CHUNK)?;
    let ids: Vec<ApplicationId> = cases.iter().map(|case| case.id).collect();
    let mut events: BTreeMap<ApplicationId, Vec<AuditedEvent>> = BTreeMap::new();
    let are_closed = chain::are_closed(tx)?;
    let (mut count, mut lines) = (0, Lines::default());
    for event in store::audit::events_of(tx, &ids)? {
        count += 1;
        events.entry(event.event.subject).or_default().push(event);
    }
    let mut authorizations = authorization::of_cases(tx, &ids)?;
    let notified: BTreeSet<(ApplicationId, i32)> =
        store::audit::notified_events(tx, &ids)?.into_iter().collect();
    let ledger: BTreeMap<ApplicationId, (i64, i64)> = store::audit::ledger_of(tx, &ids)?
        .into_iter()
        .map(|(case, held, taken)| (case, (held, taken)))
        .collect();
    let mut standing = standing::of_cases(tx, &ids)?;
    let mut unreadable: BTreeMap<_, _> = store::audit::unreadable_forms(tx, &ids)?.into_iter().collect();
    let mut breaks = Vec::new();
    for case in &cases {
        let history = events.remove(&case.id).unwrap_or_default();
        let mut broken = |rule, detail| breaks.push(Break { rule, subject: case.reference.clone(), detail });
        if let Some(because) = unreadable.remove(&case.id) {
            broken("form_unreadable", because);
        }
        let end = End { seq: case.event_seq, hash: &case.event_hash, state: case.state };
        let keys = Keys { tx, are_closed };
        lines.add(chain::check(keys, &history, (&GENESIS, None), end, &mut broken)?);
        standing::check(standing.remove(&case.id), &history, are_closed, &mut broken);
        let held = authorizations.remove(&case.id).unwrap_or_default();
        lines.add(authorization::check(keys, case, &history, &held, &mut broken)?);
        check_place(case, ledger.get(&case.id).copied().unwrap_or_default(), &mut broken);
        check_decisions(tx, case, &history, &notified, &mut broken)?;
        if case.state.is_live() != case.live_document_hash.is_some()
            || (case.state.is_live() && case.live_document_hash != case.document_hash)
        {
            broken(
                "document_unguarded",
                format!("{} case, and its document is not kept unique accordingly", case.state),
            );
        }
    }
    let last =
        cases.last().map(|case| case.id).filter(|_| i64::try_from(cases.len()).is_ok_and(|n| n == CHUNK));
    Ok(Piece { breaks, cases: cases.len(), events: count, lines, last })
}

fn check_place(case: &AuditedCase, ledger: (i64, i64), broken: &mut impl FnMut(&'static str, String)) {
    let occupied = match case.place {
        Place::None => (0, 0),
        Place::Held => (1, 0),
        Place::Taken => (0, 1),
    };
    if ledger != occupied {
        broken("place_differs", format!("place {}, ledger {ledger:?}", case.place));
    }
    if case.state == State::Approved && case.place != Place::Taken {
        broken("place_differs", "approved without a place".to_owned());
    }
}

fn check_decisions(
    tx: &mut Tx<'_>,
    case: &AuditedCase,
    history: &[AuditedEvent],
    notified: &BTreeSet<(ApplicationId, i32)>,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<()> {
    let mut review = Review::of([]);
    // Erasing a case drops the messages that were not sent.
    let is_erased = history.iter().any(|audited| audited.event.action == Action::Erase);
    for AuditedEvent { event, .. } in history {
        review.add(ReviewEvent::from(event));
        let from = event.from.unwrap_or(State::Draft);
        let is_owed = !notification::messages_of_step(event.action, from, event.to).is_empty();
        if is_owed && !is_erased && !notified.contains(&(case.id, event.seq)) {
            broken(
                "decision_untold",
                format!("event {} ({}) owes a message that nobody was sent", event.seq, event.action),
            );
        }
        if event.to == State::Approved && from != State::Approved {
            // By the rules in force then.
            let version = event.facts.programme_version.unwrap_or(case.programme_version);
            let programme = store::programme::version(tx, &case.programme, version)?;
            if let Some(fault) = programme.and_then(|programme| approval_fault(&programme, review.current()))
            {
                broken("approval_incomplete", fault);
            }
        }
    }
    Ok(())
}

/// Every stage, and by different people.
fn approval_fault(programme: &Programme, round: &Round) -> Option<String> {
    let endorsements = &round.endorsements;
    let is_missing = |stage: &&Stage| !endorsements.iter().any(|endorsed| endorsed.stage == stage.code);
    if let Some(missing) = programme.stages.iter().find(is_missing) {
        return Some(format!("approved without {}", missing.code));
    }
    let people: BTreeSet<_> = endorsements.iter().map(|endorsed| endorsed.by).collect();
    (people.len() < programme.stages.len()).then(|| "one person endorsed two stages".to_owned())
}
