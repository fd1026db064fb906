//! Batches: their history, their terms, their ballot and their places.

use jiff::Timestamp;

use super::{
    Break, Report, authority, authorization, ballot,
    chain::{self, End, Keys, Lines},
    places, times,
};
use crate::{
    domain::{
        batch::{Batch, Terms},
        event::{AuditedEvent, Facts, GENESIS},
        ids::{ApplicationId, BatchId},
        job::JobKind,
        lifecycle::{BatchAction, BatchState},
        waitlist,
    },
    store::{self, Db, Tx, batch::BatchFilter, waitlist::Waiting},
    workflow::{Result, dossier, promote},
};

/// Batches that are read in one transaction.
const PIECE: i64 = 20;

/// Checks all batches.
pub(super) async fn check(db: &Db, now: Timestamp, report: &mut Report) -> Result<()> {
    let mut after = None;
    loop {
        let piece: Piece = db.read(move |tx| check_piece(tx, after, now)).await?;
        report.breaks.extend(piece.breaks);
        report.batches += piece.batches;
        report.add_lines(piece.lines);
        after = piece.last;
        if after.is_none() {
            break;
        }
    }
    let twice: Result<_> = db.read(|tx| Ok(store::audit::documents_live_twice(tx)?)).await;
    for (programme, count) in twice? {
        let (rule, detail) = ("document_live_twice", format!("a travel document has {count} live cases"));
        report.breaks.push(Break { rule, subject: format!("programme {programme}"), detail });
    }
    Ok(())
}

struct Piece {
    breaks: Vec<Break>,
    batches: usize,
    lines: Lines,
    last: Option<BatchId>,
}

fn check_piece(tx: &mut Tx<'_>, after: Option<BatchId>, now: Timestamp) -> Result<Piece> {
    let filter = BatchFilter { after, ..BatchFilter::default() };
    let batches = store::batch::list(tx, &filter, PIECE)?;
    let are_begun = store::job::unfinished(tx, JobKind::BeginHistories, None)?.is_none();
    let ids: Vec<BatchId> = batches.iter().map(|batch| batch.id).collect();
    let places = places::Places::of(tx, &ids)?;
    let mut histories = authorization::batches_of(tx, &ids)?;
    let runners = authority::Runners::of(tx, &batches, histories.values().flatten())?;
    let (are_closed, mut lines) = (chain::are_closed(tx)?, Lines::default());
    let mut breaks = Vec::new();
    for batch in &batches {
        let subject = format!("batch {}", batch.id);
        let mut broken = |rule, detail| breaks.push(Break { rule, subject: subject.clone(), detail });
        places.check(batch, &mut broken);
        ballot::check(tx, batch, &mut broken)?;
        let history = histories.remove(&batch.id).unwrap_or_default();
        if batch.event_seq > 0 || are_begun {
            let keys = Keys { tx, are_closed };
            lines.add(check_history(keys, batch, &history, now, &mut broken)?);
            runners.check(batch, &history, &mut broken);
        }
        if batch.promoting {
            if store::job::unfinished(tx, JobKind::Promote, Some(batch.id.0))?.is_none() {
                broken(
                    "place_unused",
                    "its places are being given, and there is no job that gives them".to_owned(),
                );
            }
        } else if let Some(case) = next_who_can_travel(tx, batch)? {
            broken("place_unused", format!("a place is free, and case {case} waits for one"));
        }
    }
    let is_full = i64::try_from(batches.len()).is_ok_and(|count| count == PIECE);
    let last = batches.last().map(|last| last.id).filter(|_| is_full);
    Ok(Piece { breaks, batches: batches.len(), lines, last })
}

/// The case that should have got a free place, if one is free. A case whose journey does not fit the travel window is
/// skipped.
fn next_who_can_travel(tx: &mut Tx<'_>, batch: &Batch) -> Result<Option<ApplicationId>> {
    if !waitlist::gives_places(batch) {
        return Ok(None);
    }
    let mut last = None;
    while let Some(next) = store::waitlist::next_in_line(tx, batch, last.as_ref(), Waiting::All)? {
        let Some(case) = store::application::by_id(tx, next.case)? else { return Ok(Some(next.case)) };
        let dossier = dossier::complete(tx, case)?;
        if promote::can_travel(tx, &dossier, batch.travel_from)? {
            return Ok(Some(next.case));
        }
        last = Some(next);
    }
    Ok(None)
}

/// The batch has the state and the terms that its history leads to. A batch that is older than its history may have
/// no history until the service has begun it.
fn check_history(
    keys: Keys<'_, '_>,
    batch: &Batch,
    history: &[AuditedEvent<BatchState>],
    now: Timestamp,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<Lines> {
    let end = End { seq: batch.event_seq, hash: &batch.event_hash, state: batch.state };
    let lines = chain::check(keys, history, (&GENESIS, None), end, broken)?;
    times::check(history, now, broken);
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
