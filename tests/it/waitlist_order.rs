//! The waiting list has the order of `domain/waitlist.rs`: in both SQL orders, in the number that an applicant sees,
//! and in the promotions when a place is free.

use corridor::{
    domain::{
        ballot::{Ballot, Bytes32, Draw},
        batch::{Batch, HoldAt, Limit, LimitTerms, OnFull, Ordering, TermsChange},
        case::Case,
        ids::{ApplicationId, BatchId},
        lifecycle::State,
        waitlist,
    },
    store::{self, StoreError, Tx, waitlist::Waiting},
    workflow::{WorkflowError, case_command::CaseAction, move_batch::BatchMove, withdraw::Withdraw},
};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};

use crate::{
    model::{Beginning, LIMITS, System, Traveller, holds_on, travellers},
    world::{Storage, postgres_server},
};

/// A case, and the second of its submission. There are few seconds, so that several cases share one.
type Submission = (Traveller, i64);

fn submissions() -> impl Strategy<Value = Vec<Submission>> {
    vec((travellers(), 0_i64..4), 1..10)
}

/// Submits the cases to a new batch that has `capacity` places and holds them at submission.
async fn submit_all(
    system: &System,
    ordering: Ordering,
    capacity: i32,
    submissions: &[Submission],
) -> (BatchId, Vec<ApplicationId>) {
    let (hold_at, on_full) = (HoldAt::Submission, OnFull::Waitlist);
    let batch = system.open_batch(&Beginning { ordering, hold_at, on_full, capacity }).await;
    let mut cases = Vec::new();
    for (traveller, second) in submissions {
        let now = system.beginning + SignedDuration::from_secs(*second);
        cases.push(system.submit(batch, traveller.clone(), now).await.unwrap());
    }
    (batch, cases)
}

/// For each of [`LIMITS`], whether it is full. None: the batch does not have this limit.
type FullLimits = [Option<bool>; 3];

/// The batch with a free place, another order, and these limits.
fn with_a_free_place(batch: &Batch, ordering: Ordering, is_full: FullLimits) -> Batch {
    let limits = LIMITS.iter().zip(is_full).filter_map(|((dimension, key), is_full)| {
        let capacity = if is_full? { 0 } else { 1 };
        Some(Limit { dimension: *dimension, key: (*key).to_owned(), capacity, held: 0, taken: 0 })
    });
    let seed = Bytes32([0; 32]);
    let draw = Some(Draw { seed, at: Timestamp::UNIX_EPOCH });
    Batch {
        ordering,
        capacity: batch.held + batch.taken + 1,
        limits: limits.collect(),
        ballot: Some(Ballot { commitment: seed, draw }),
        ..batch.clone()
    }
}

/// Gives the cases these lots in this transaction, and compares both SQL orders with the domain's order.
fn compare_orders(
    tx: &mut Tx<'_>,
    batch: BatchId,
    cases: &[(ApplicationId, u8)],
    is_full: FullLimits,
) -> Result<(), TestCaseError> {
    let failed = |error: StoreError| TestCaseError::fail(error.to_string());
    for (case, lot) in cases {
        store::ballot::set_lots(tx, &[(*case, Bytes32([*lot; 32]))]).map_err(failed)?;
    }
    let stored = store::batch::by_id(tx, batch).map_err(failed)?.unwrap();
    let mut waiting = Vec::new();
    for (case, _) in cases {
        waiting.push(store::application::by_id(tx, *case).map_err(failed)?.unwrap());
    }
    for ordering in Ordering::ALL {
        let batch = with_a_free_place(&stored, *ordering, is_full);
        let (mut line, mut last) = (Vec::new(), None);
        while let Some(next) =
            store::waitlist::next_in_line(tx, &batch, last.as_ref(), Waiting::NotPassedOver)
                .map_err(failed)?
        {
            line.push(next.case);
            last = Some(next);
        }
        let first = waitlist::first_with_room(&waiting, &batch).map(|case| case.id);
        prop_assert_eq!(line.first().copied(), first, "the next in line, {}", ordering);
        let mut expected = waiting.clone();
        expected.retain(|case| batch.has_room_for(&case.counted_under()));
        expected.sort_by(|one, other| waitlist::compare(*ordering, one, other));
        let expected: Vec<ApplicationId> = expected.iter().map(|case| case.id).collect();
        prop_assert_eq!(line, expected, "the line, {}", ordering);
        for case in &waiting {
            let place = store::waitlist::place_in_line(tx, case, &batch).map_err(failed)?;
            let place = place.map(|place| usize::try_from(place).unwrap());
            prop_assert_eq!(place, waitlist::place(&waiting, case, &batch), "place in line, {}", ordering);
        }
    }
    Ok(())
}

fn sql_follows_the_domain(storage: &Storage) {
    let lots = vec(0_u8..4, 10);
    let inputs = (submissions(), lots, prop::array::uniform3(any::<Option<bool>>()));
    holds_on(storage, &inputs, async |system, (submissions, lots, is_full)| {
        let (batch, cases) = submit_all(system, Ordering::FirstCome, 0, &submissions).await;
        let cases: Vec<_> = cases.into_iter().zip(lots).collect();
        let (answer, answered) = std::sync::mpsc::channel();
        let rolled_back: Result<(), WorkflowError> = system
            .db
            .write(move |tx| {
                answer.send(compare_orders(tx, batch, &cases, is_full)).unwrap();
                Err(WorkflowError::NotFound)
            })
            .await;
        prop_assert!(rolled_back.is_err());
        answered.recv().unwrap()
    });
}

/// What frees places.
#[derive(Clone, Debug)]
enum Change {
    /// A case with a place is withdrawn; the number selects it.
    Release(usize),
    /// The batch gets this many more places.
    Grow(i32),
    /// A limit of [`LIMITS`] gets another capacity, or is removed.
    Limit(usize, Option<i32>),
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => any::<usize>().prop_map(Change::Release),
        2 => (1..3).prop_map(Change::Grow),
        3 => (0..LIMITS.len(), prop::option::of(0..3)).prop_map(|(which, capacity)| Change::Limit(which, capacity)),
    ]
}

/// The batch, and its cases with their numbers on the waiting list.
type Seen = (Batch, Vec<crate::model::Seen>);

/// Makes the change. A refused change changes nothing.
async fn make(system: &System, (batch, cases): &Seen, submissions: &[Submission], change: &Change) {
    let now = system.beginning + SignedDuration::from_mins(1);
    let terms = match change {
        Change::Release(number) => {
            let holding: Vec<usize> =
                (0..cases.len()).filter(|index| cases[*index].0.state == State::InReview).collect();
            if let Some(chosen) = number.checked_rem(holding.len()) {
                let index = holding[chosen];
                let sponsor = system.sponsors[submissions[index].0.sponsor].clone();
                let withdrawal = CaseAction::Withdraw(Withdraw::default());
                system.act(sponsor, cases[index].0.id, withdrawal, now).await.unwrap();
            }
            return;
        }
        Change::Grow(by) => TermsChange { capacity: Some(batch.capacity + by), ..TermsChange::default() },
        Change::Limit(which, capacity) => {
            let (dimension, key) = LIMITS[*which];
            let mut limits = batch.terms().limits;
            limits.retain(|limit| limit.dimension != dimension);
            limits.extend(capacity.map(|capacity| LimitTerms { dimension, key: key.to_owned(), capacity }));
            TermsChange { limits: Some(limits), ..TermsChange::default() }
        }
    };
    let _ = system.change(batch.id, terms, now).await;
}

/// The promotions that the domain expects for a batch and its waiting list, in order.
fn expected_promotions(mut batch: Batch, mut waiting: Vec<Case>) -> Vec<ApplicationId> {
    let mut promoted = Vec::new();
    while let Some(next) = waitlist::first_with_room(&waiting, &batch).cloned() {
        occupy(&mut batch, &next, 1);
        waiting.retain(|case| case.id != next.id);
        promoted.push(next.id);
    }
    promoted
}

/// Adds this many held places for a case.
fn occupy(batch: &mut Batch, case: &Case, places: i32) {
    let counting: Vec<_> = batch.limits_of(&case.counted_under()).cloned().collect();
    batch.held += places;
    for limit in batch.limits.iter_mut().filter(|limit| counting.contains(limit)) {
        limit.held += places;
    }
}

/// Compares with the domain what the service promoted between two states of the batch, and every number on the list.
fn compare_promotions(before: &Seen, after: &Seen, change: &str) -> Result<(), TestCaseError> {
    let is_waiting = |case: &Case| case.state == State::Waitlisted;
    let (mut batch, mut waiting, mut promoted) = (after.0.clone(), Vec::new(), Vec::new());
    for ((earlier, ..), (later, ..)) in before.1.iter().zip(&after.1).filter(|(pair, _)| is_waiting(&pair.0))
    {
        // After a draw the case has its lot.
        waiting.push(Case { lot: later.lot, ..earlier.clone() });
        if !is_waiting(later) {
            occupy(&mut batch, later, -1);
            promoted.push(later.id);
        }
    }
    let mut expected = expected_promotions(batch, waiting);
    promoted.sort();
    expected.sort();
    prop_assert_eq!(promoted, expected, "promotions after {}", change);

    let waiting: Vec<Case> = after.1.iter().map(|(case, ..)| case.clone()).filter(is_waiting).collect();
    for (case, place, _) in after.1.iter().filter(|(case, ..)| is_waiting(case)) {
        let expected = waitlist::place(&waiting, case, &after.0);
        prop_assert_eq!(place.map(|place| place as usize), expected, "place in line after {}", change);
    }
    Ok(())
}

fn promotions_follow_the_domain(storage: &Storage) {
    let inputs = (prop::sample::select(Ordering::ALL), 0_i32..3, submissions(), vec(changes(), 1..8));
    holds_on(storage, &inputs, async |system, (ordering, capacity, submissions, changes)| {
        let (batch, cases) = submit_all(system, ordering, capacity, &submissions).await;
        let mut before = system.state_of(batch, cases.clone()).await;
        // A ballot is drawn when the batch closes.
        system
            .move_on(batch, BatchMove::Close, system.beginning + SignedDuration::from_mins(1))
            .await
            .unwrap();
        let mut after = system.state_of(batch, cases.clone()).await;
        compare_promotions(&before, &after, "the end of submissions")?;
        for change in &changes {
            before = after;
            make(system, &before, &submissions, change).await;
            after = system.state_of(batch, cases.clone()).await;
            compare_promotions(&before, &after, &format!("{change:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn both_sql_orders_agree_with_the_domain_on_sqlite() {
    sql_follows_the_domain(&Storage::with_sqlite());
}

#[test]
fn both_sql_orders_agree_with_the_domain_on_postgresql() {
    let Some(server) = postgres_server() else { return };
    sql_follows_the_domain(&Storage::with_postgres(&server));
}

#[test]
fn free_places_go_to_the_cases_that_the_domain_chooses_on_sqlite() {
    promotions_follow_the_domain(&Storage::with_sqlite());
}

#[test]
fn free_places_go_to_the_cases_that_the_domain_chooses_on_postgresql() {
    let Some(server) = postgres_server() else { return };
    promotions_follow_the_domain(&Storage::with_postgres(&server));
}
