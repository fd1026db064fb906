//! Cases: reads a piece of them with everything that belongs to them, and checks each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Break, authority, authorization, case_row,
    chain::{self, End, Keys, Lines},
    rows_of_case, sealed, standing, times,
};
use crate::{
    domain::{
        event::{AuditedEvent, GENESIS},
        ids::{ApplicationId, OrganisationId},
        lifecycle::{Action, BatchState, State},
        notification,
        programme::{Programme, Stage},
        review::{Review, ReviewEvent, Round},
    },
    store::{
        self, StoreError, Tx,
        audit::{AuditedCase, AuditedForm},
    },
    workflow::Result,
};

/// Cases that are read in one transaction.
const PIECE: i64 = 500;

/// A checked piece.
pub(super) struct Piece {
    pub breaks: Vec<Break>,
    pub cases: usize,
    pub events: usize,
    pub lines: Lines,
    /// The last case; none: there are no more.
    pub last: Option<ApplicationId>,
}

/// A case with its history, its form and its programme.
pub(super) struct CaseFile<'a> {
    pub case: &'a AuditedCase,
    pub history: &'a [AuditedEvent],
    pub form: &'a AuditedForm,
    pub programme: &'a Programme,
    pub known: &'a Known,
    /// The history of its batch.
    pub batch: Option<&'a [AuditedEvent<BatchState>]>,
    pub now: Timestamp,
    /// Whether every history from before there were keys is closed.
    pub are_closed: bool,
}

impl CaseFile<'_> {
    /// Whether its personal data was erased.
    pub fn is_erased(&self) -> bool {
        self.history.iter().any(|audited| audited.event.action == Action::Erase)
    }
}

/// The actors and organisations that the events and cases of a piece name.
pub(super) struct Known {
    /// The codes of organisations.
    pub codes: BTreeMap<OrganisationId, String>,
    /// The accounts and API clients that exist.
    pub actors: BTreeSet<Uuid>,
}

/// Checks the next cases after this one, by id.
pub(super) fn check(tx: &mut Tx<'_>, after: Option<ApplicationId>, now: Timestamp) -> Result<Piece> {
    let cases = store::audit::cases(tx, after, PIECE)?;
    let ids: Vec<ApplicationId> = cases.iter().map(|case| case.id).collect();
    let (mut count, mut events) = (0, BTreeMap::<ApplicationId, Vec<AuditedEvent>>::new());
    for event in store::audit::events_of(tx, &ids)? {
        count += 1;
        events.entry(event.event.subject).or_default().push(event);
    }
    let known = known(tx, &cases, &events)?;
    let batches: BTreeSet<_> = cases.iter().map(|case| case.batch).collect();
    let batches = authorization::batches_of(tx, &batches.into_iter().collect::<Vec<_>>())?;
    let mut authorizations = authorization::of_cases(tx, &ids)?;
    let notified: BTreeSet<(ApplicationId, i32)> =
        store::audit::notified_events(tx, &ids)?.into_iter().collect();
    let mut forms: BTreeMap<_, _> = store::audit::forms(tx, &ids)?.into_iter().collect();
    let mut rows = rows_of_case::of_cases(tx, &ids)?;
    let keys: BTreeMap<_, _> = store::audit::sealed::keys(tx, &ids)?.into_iter().collect();
    let mut standing = standing::of_cases(tx, &ids)?;
    let (are_closed, mut lines) = (chain::are_closed(tx)?, Lines::default());
    let mut breaks = Vec::new();
    for case in &cases {
        let history = events.remove(&case.id).unwrap_or_default();
        let mut broken = |rule, detail| breaks.push(Break { rule, subject: case.reference.clone(), detail });
        let end = End { seq: case.event_seq, hash: &case.event_hash, state: case.state };
        lines.add(chain::check(Keys { tx, are_closed }, &history, (&GENESIS, None), end, &mut broken)?);
        standing::check(standing.remove(&case.id), &history, are_closed, &mut broken);
        times::check(&history, now, &mut broken);
        let form = forms.remove(&case.id).unwrap_or(AuditedForm::Erased);
        let programme = match programme_of(tx, &case.programme, case.programme_version)? {
            Ok(programme) => programme,
            Err((rule, because)) => {
                broken(rule, because);
                continue;
            }
        };
        let file = CaseFile {
            case,
            history: &history,
            form: &form,
            programme: &programme,
            known: &known,
            batch: batches.get(&case.batch).map(Vec::as_slice),
            now,
            are_closed,
        };
        let held = authorizations.remove(&case.id).unwrap_or_default();
        sealed::check(&file, keys.get(&case.id).copied(), &mut broken);
        lines.add(authorization::check(tx, &file, &held, &mut broken)?);
        authority::check(&file, &mut broken);
        case_row::check(&file, &mut broken);
        rows_of_case::check(&file, &rows.remove(&case.id).unwrap_or_default(), &mut broken);
        check_decisions(tx, &file, &notified, &mut broken)?;
    }
    let is_full = i64::try_from(cases.len()).is_ok_and(|count| count == PIECE);
    let last = cases.last().map(|case| case.id).filter(|_| is_full);
    Ok(Piece { breaks, cases: cases.len(), events: count, lines, last })
}

fn known(
    tx: &mut Tx<'_>,
    cases: &[AuditedCase],
    events: &BTreeMap<ApplicationId, Vec<AuditedEvent>>,
) -> Result<Known> {
    let all = || events.values().flatten().map(|audited| &audited.event);
    let organisations = all().filter_map(|event| event.actor_organisation);
    let organisations: BTreeSet<_> =
        organisations.chain(cases.iter().filter_map(|case| case.sponsor)).collect();
    let actors: BTreeSet<_> = all().filter_map(|event| event.actor).collect();
    let organisations: Vec<_> = organisations.into_iter().collect();
    let actors: Vec<_> = actors.into_iter().collect();
    Ok(Known {
        codes: store::audit::codes_of(tx, &organisations)?.into_iter().collect(),
        actors: store::audit::known_actors(tx, &actors)?.into_iter().collect(),
    })
}

/// A version of a programme, or what is wrong with it.
fn programme_of(
    tx: &mut Tx<'_>,
    code: &str,
    version: i32,
) -> Result<Result<Arc<Programme>, (&'static str, String)>> {
    match store::programme::version(tx, code, version) {
        Ok(Some(programme)) => Ok(Ok(programme)),
        Ok(None) => Ok(Err(("programme_missing", format!("there is no version {version} of {code}")))),
        Err(StoreError::Unreadable(because)) => Ok(Err(("programme_unreadable", because))),
        Err(error) => Err(error.into()),
    }
}

/// Each decision has its message, and each approval is complete.
fn check_decisions(
    tx: &mut Tx<'_>,
    file: &CaseFile<'_>,
    notified: &BTreeSet<(ApplicationId, i32)>,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<()> {
    let mut review = Review::of([]);
    // Erasing a case drops the messages that were not sent.
    let is_erased = file.is_erased();
    for AuditedEvent { event, .. } in file.history {
        review.add(ReviewEvent::from(event));
        let from = event.from.unwrap_or(State::Draft);
        let is_owed = !notification::messages_of_step(event.action, from, event.to).is_empty();
        if is_owed && !is_erased && !notified.contains(&(file.case.id, event.seq)) {
            broken(
                "decision_untold",
                format!("event {} ({}) owes a message that nobody was sent", event.seq, event.action),
            );
        }
        if event.to == State::Approved && from != State::Approved {
            // By the rules in force then.
            let version = event.facts.programme_version.unwrap_or(file.case.programme_version);
            match programme_of(tx, &file.case.programme, version)? {
                Ok(programme) => {
                    if let Some(fault) = approval_fault(&programme, review.current()) {
                        broken("approval_incomplete", fault);
                    }
                }
                Err((rule, because)) => broken(rule, because),
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
