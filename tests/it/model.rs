//! Compares the service with a simple model. After each step of a random sequence, the batch, its cases, places and
//! waiting list are the same in both. The model has no transactions, counters or indexes: it counts its cases each
//! time.
//!
//! The model has its own order of the waiting list and does not call `domain/waitlist.rs`, so that a mistake in that
//! file is found. `waitlist_order.rs` compares the service with that file.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role},
        ballot::Bytes32,
        batch::{Batch, Dimension, HoldAt, LimitTerms, OnFull, Ordering, Terms, TermsChange},
        case::Case,
        ids::{ApplicationId, BatchId},
        lifecycle::{AuthorizationState, BatchState, State},
        quota::Place,
    },
    jobs::WorkSlice,
    keyring::Keyring,
    store::{self, Db, StoreError, Tx},
    web::form_input,
    workflow::{
        WorkflowError,
        add_evidence::AddEvidence,
        apply_programme::ApplyBundledProgramme,
        ballot,
        case_command::{CaseAction, CaseCommand},
        change_batch::ChangeBatch,
        create_batch::CreateBatch,
        endorse::Endorse,
        entrance::{Command, Context},
        move_batch::{BatchMove, MoveBatch},
        people::{
            create_account::{CreateAccount, FirstLink},
            create_organisation::CreateOrganisation,
        },
        refuse::{Reasons, Refuse},
        request_information::RequestInformation,
        respond::Respond,
        revoke::Revoke,
        sponsorship::AcceptSponsorship,
        subject::{SeenBatch, SeenCase},
        submit::Submit,
        surrender::Surrender,
        tick::{Due, ListDue},
        verify,
        withdraw::Withdraw,
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};

use serde_json::json;

use crate::world::{REQUIRED_EVIDENCE, STAGES, Storage, form, opposite_direction, postgres_server, uploaded};

/// The number of sequences for each database, of about fifty steps each.
const SEQUENCES: u32 = 64;

/// Who submits a case.
#[derive(Clone, Debug)]
pub(super) struct Traveller {
    to_china: bool,
    category: &'static str,
    priority: Option<&'static str>,
    pub(super) sponsor: &'static str,
    /// The day of leaving, counted from the beginning. The day of arrival is [`STAY`] days earlier.
    leave: i64,
}

const STAY: i64 = 5;
/// When a journey may end.
const LEAVE: [i64; 3] = [35, 70, 150];
/// How many days pass in a step.
const DAYS: i64 = 12;

/// What happens. A number selects a case, modulo their count: one that the step applies to, if there is any.
#[derive(Clone, Debug)]
enum Step {
    Submit(Traveller),
    Endorse(usize),
    Withdraw(usize),
    Refuse(usize),
    Revoke(usize),
    Surrender(usize),
    /// An officer asks, and the applicant names another sponsor, which may accept, or another priority, and answers.
    Change(usize, &'static str, bool, Option<&'static str>),
    Capacity(i32),
    Limit(usize, Option<i32>),
    Close,
    Reopen,
    End,
    /// Days pass, and the scheduler does what is due.
    Wait,
}

impl Step {
    /// The states of a case from which the step is allowed.
    fn allowed_states(&self) -> &'static [State] {
        match self {
            Self::Endorse(_) | Self::Refuse(_) | Self::Change(..) => &[State::InReview],
            Self::Withdraw(_) => &[State::InReview, State::Waitlisted],
            Self::Revoke(_) | Self::Surrender(_) => &[State::Approved],
            _ => &[],
        }
    }
}

/// The terms of a new batch.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    pub(super) ordering: Ordering,
    pub(super) hold_at: HoldAt,
    pub(super) on_full: OnFull,
    pub(super) capacity: i32,
}

const CATEGORIES: [&str; 2] = ["technical", "business"];
const SPONSORS: [&str; 2] = ["steppe", "taiga"];
pub(super) const LIMITS: [(Dimension, &str); 3] =
    [(Dimension::Direction, "CN-KZ"), (Dimension::Category, "technical"), (Dimension::Sponsor, "steppe")];

pub(super) fn travellers() -> impl Strategy<Value = Traveller> {
    let priority = prop::sample::select(vec![None, None, Some("joint_list"), Some("vital_supply")]);
    let (category, sponsor) = (prop::sample::select(&CATEGORIES[..]), prop::sample::select(&SPONSORS[..]));
    let leave = prop::sample::select(&LEAVE[..]);
    (any::<bool>(), category, priority, sponsor, leave).prop_map(
        |(to_china, category, priority, sponsor, leave)| Traveller {
            to_china,
            category,
            priority,
            sponsor,
            leave,
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => travellers().prop_map(Step::Submit),
        18 => any::<usize>().prop_map(Step::Endorse),
        2 => any::<usize>().prop_map(Step::Withdraw),
        1 => any::<usize>().prop_map(Step::Refuse),
        1 => any::<usize>().prop_map(Step::Revoke),
        2 => any::<usize>().prop_map(Step::Surrender),
        2 => (0..6).prop_map(Step::Capacity),
        3 => (0..LIMITS.len(), prop::option::of(0..4)).prop_map(|(which, capacity)| Step::Limit(which, capacity)),
        3 => (any::<usize>(), prop::sample::select(&SPONSORS[..]), prop::bool::weighted(0.7), prop::sample::select(vec![None, Some("joint_list")]))
            .prop_map(|(case, sponsor, accepts, priority)| Step::Change(case, sponsor, accepts, priority)),
        1 => Just(Step::Close),
        2 => Just(Step::Reopen),
        1 => Just(Step::Wait),
        // Most sequences have none.
        1 => prop::bool::weighted(0.3).prop_map(|ends| if ends { Step::End } else { Step::Reopen }),
    ]
}

fn beginnings() -> impl Strategy<Value = Beginning> {
    let ordering = prop::sample::select(Ordering::ALL);
    let (hold_at, on_full) = (prop::sample::select(HoldAt::ALL), prop::sample::select(OnFull::ALL));
    (ordering, hold_at, on_full, 0..4).prop_map(|(ordering, hold_at, on_full, capacity)| {
        // A ballot needs a waiting list.
        let on_full = if ordering == Ordering::Ballot { OnFull::Waitlist } else { on_full };
        Beginning { ordering, hold_at, on_full, capacity }
    })
}

/// A case in the model.
struct ModelCase {
    id: ApplicationId,
    traveller: Traveller,
    submitted_at: Timestamp,
    state: State,
    /// The number of stages that have endorsed it.
    endorsed: usize,
    place: Place,
    /// The sponsor that its place is counted under.
    counted_under: &'static str,
    /// Whether the last stage is stopped, because the day of arrival has passed.
    is_stopped: bool,
    /// Whether it came back from the waiting list to the last stage: the officers of the test may not act there again.
    is_sent_back: bool,
    /// Its authorization, if it was approved.
    held: Option<AuthorizationState>,
}

/// A batch and its cases, in memory.
struct Model {
    beginning: Beginning,
    /// The days since the beginning.
    today: i64,
    has_ended: bool,
    capacity: i32,
    limits: BTreeMap<usize, i32>,
    is_open: bool,
    seed: Option<Bytes32>,
    cases: Vec<ModelCase>,
    /// The number of events in its history.
    events: i32,
}

/// The service should refuse the step and change nothing.
struct Refused;

impl ModelCase {
    fn is_counted_by(&self, limit: usize) -> bool {
        match LIMITS[limit] {
            (Dimension::Direction, _) => !self.traveller.to_china,
            (Dimension::Category, key) => self.traveller.category == key,
            (Dimension::Sponsor, key) if self.place == Place::None => self.traveller.sponsor == key,
            (Dimension::Sponsor, key) => self.counted_under == key,
        }
    }

    fn points(&self) -> i32 {
        let category = if self.traveller.category == "technical" { 20 } else { 10 };
        category + self.traveller.priority.map_or(0, |code| if code == "joint_list" { 30 } else { 20 })
    }

    fn stage(&self) -> Option<&'static str> {
        (self.state == State::InReview).then(|| STAGES[self.endorsed])
    }

    fn is_undecided(&self) -> bool {
        matches!(self.state, State::InReview | State::Waitlisted)
    }

    fn has_arrived(&self, today: i64) -> bool {
        self.traveller.leave - STAY < today
    }

    fn give(&mut self, place: Place) {
        if self.place == Place::None {
            self.counted_under = self.traveller.sponsor;
        }
        self.place = place;
    }
}

impl Model {
    fn in_use(&self, place: Place, limit: Option<usize>) -> i32 {
        let counted = |case: &&ModelCase| case.place == place && limit.is_none_or(|l| case.is_counted_by(l));
        i32::try_from(self.cases.iter().filter(counted).count()).unwrap()
    }

    fn room(&self, capacity: i32, limit: Option<usize>) -> i32 {
        capacity - self.in_use(Place::Held, limit) - self.in_use(Place::Taken, limit)
    }

    fn fits(&self, case: &ModelCase) -> bool {
        let is_drawn = self.beginning.ordering != Ordering::Ballot || self.seed.is_some();
        let mut limits = self.limits.iter().filter(|(limit, _)| case.is_counted_by(**limit));
        is_drawn
            && self.room(self.capacity, None) > 0
            && limits.all(|(limit, capacity)| self.room(*capacity, Some(*limit)) > 0)
    }

    /// The waiting list in order; empty before the draw of a ballot.
    fn waiting_list(&self) -> Vec<usize> {
        let mut cases: Vec<usize> =
            (0..self.cases.len()).filter(|i| self.cases[*i].state == State::Waitlisted).collect();
        let by_time = |i: &usize| (self.cases[*i].submitted_at, self.cases[*i].id);
        match (self.beginning.ordering, self.seed) {
            (Ordering::FirstCome, _) => cases.sort_by_key(by_time),
            (Ordering::Ranked, _) => cases.sort_by_key(|i| (-self.cases[*i].points(), by_time(i))),
            (Ordering::Ballot, Some(seed)) => cases.sort_by_key(|i| ballot::lot(&seed, self.cases[*i].id)),
            (Ordering::Ballot, None) => cases.clear(),
        }
        cases
    }

    fn promote(&mut self) {
        if self.has_ended {
            return;
        }
        while let Some(next) = self.waiting_list().into_iter().find(|i| self.fits(&self.cases[*i])) {
            let (case, today) = (&mut self.cases[next], self.today);
            if case.traveller.leave < today {
                case.state = State::Lapsed;
                continue;
            }
            let (state, place, held) = match case.endorsed {
                3 if case.is_stopped => {
                    // Back to the last stage, whose only officer has endorsed it already.
                    (case.endorsed, case.is_sent_back) = (2, true);
                    (State::InReview, Place::Held, None)
                }
                3 => (State::Approved, Place::Taken, Some(AuthorizationState::Valid)),
                _ => (State::InReview, Place::Held, None),
            };
            case.give(place);
            (case.state, case.held) = (state, held);
        }
    }

    /// Days pass: journeys that are over lapse, authorizations expire, the last stage is stopped for those that have
    /// begun.
    fn wait(&mut self) {
        let (before, today) = (self.today, self.today + DAYS);
        self.today = today;
        // A day ends earlier in China.
        let mut expiring: Vec<usize> = (0..self.cases.len()).collect();
        expiring.sort_by_key(|i| {
            let case = &self.cases[*i];
            (case.traveller.leave, !case.traveller.to_china, case.id)
        });
        for index in expiring {
            if self.cases[index].state == State::Approved && self.cases[index].traveller.leave < today {
                self.leave(index, State::Expired);
            }
        }
        let check_on = |case: &ModelCase| {
            let leave = case.traveller.leave;
            [leave - 14, leave - STAY + 1, leave - 3, leave + 1].into_iter().filter(|day| *day > before).min()
        };
        let mut checks: Vec<_> =
            (0..self.cases.len()).map(|i| (check_on(&self.cases[i]), self.cases[i].id, i)).collect();
        checks.sort();
        for (day, _, index) in checks {
            let case = &mut self.cases[index];
            if day.is_none_or(|day| day > today) || !case.is_undecided() {
                continue;
            }
            if case.traveller.leave < today {
                self.leave(index, State::Lapsed);
            } else {
                case.is_stopped |= case.has_arrived(today);
            }
        }
    }

    /// A case ends, and its place is free.
    fn leave(&mut self, index: usize, state: State) {
        let case = &mut self.cases[index];
        (case.state, case.place) = (state, Place::None);
        case.held = case.held.map(|_| AuthorizationState::Expired);
        self.promote();
    }

    /// The batch ends, and with it its reviews and its waiting list.
    fn end_batch(&mut self) {
        (self.is_open, self.has_ended) = (false, true);
        for case in self.cases.iter_mut().filter(|case| case.is_undecided()) {
            (case.state, case.place) = (State::Lapsed, Place::None);
        }
    }

    /// Ends a case that is in one of these states.
    fn end(&mut self, index: usize, from: &[State], to: State) -> Result<(), Refused> {
        let case = &mut self.cases[index];
        if !from.contains(&case.state) {
            return Err(Refused);
        }
        (case.state, case.place) = (to, Place::None);
        case.held = case.held.map(|_| match to {
            State::Revoked => AuthorizationState::Revoked,
            _ => AuthorizationState::Surrendered,
        });
        self.promote();
        Ok(())
    }

    /// The state and place of a case that needs a place: it gets one, is waitlisted, or is refused.
    fn place_or_waitlist(
        &self,
        case: &ModelCase,
        place: Place,
        then: State,
    ) -> Result<(State, Place), Refused> {
        match (case.place == Place::Held || self.fits(case), self.beginning.on_full) {
            (true, _) => Ok((then, place)),
            (false, OnFull::Waitlist) => Ok((State::Waitlisted, Place::None)),
            (false, OnFull::Refuse) => Err(Refused),
        }
    }

    fn submit(
        &mut self,
        traveller: &Traveller,
        id: Option<ApplicationId>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if !self.is_open || traveller.leave - STAY < self.today {
            return Err(Refused);
        }
        let (state, place) = (State::InReview, Place::None);
        // The comparison afterwards shows whether the service created the case too.
        let id = id.unwrap_or(ApplicationId(uuid::Uuid::nil()));
        let mut case = ModelCase {
            id,
            traveller: traveller.clone(),
            submitted_at: now,
            state,
            endorsed: 0,
            place,
            counted_under: traveller.sponsor,
            is_stopped: false,
            is_sent_back: false,
            held: None,
        };
        if self.beginning.hold_at == HoldAt::Submission {
            let (state, place) = self.place_or_waitlist(&case, Place::Held, State::InReview)?;
            case.give(place);
            case.state = state;
        }
        self.cases.push(case);
        Ok(())
    }

    fn endorse(&mut self, index: usize) -> Result<(), Refused> {
        let case = &self.cases[index];
        if case.state != State::InReview {
            return Err(Refused);
        }
        let is_last = case.endorsed + 1 == STAGES.len();
        if is_last && case.is_stopped {
            return Err(Refused);
        }
        let (state, place) = if is_last {
            self.place_or_waitlist(case, Place::Taken, State::Approved)?
        } else {
            (State::InReview, case.place)
        };
        let today = self.today;
        let case = &mut self.cases[index];
        case.give(place);
        (case.state, case.endorsed) = (state, case.endorsed + 1);
        case.is_stopped |= case.endorsed + 1 == STAGES.len() && case.has_arrived(today);
        case.held = (state == State::Approved).then_some(AuthorizationState::Valid);
        Ok(())
    }

    /// Another sponsor counts for a place that the case gets later, if it accepts. The priority is fixed.
    fn change(
        &mut self,
        index: usize,
        (sponsor, accepts): (&'static str, bool),
        priority: Option<&'static str>,
    ) -> Result<(), Refused> {
        let today = self.today;
        let case = &mut self.cases[index];
        let is_right = priority == case.traveller.priority && !case.has_arrived(today);
        let is_accepted = accepts || sponsor == case.traveller.sponsor;
        if case.state != State::InReview || case.is_sent_back || !is_right || !is_accepted {
            return Err(Refused);
        }
        case.traveller.sponsor = sponsor;
        Ok(())
    }

    fn set_limits(&mut self, capacity: i32, limits: BTreeMap<usize, i32>) -> Result<(), Refused> {
        let is_below_use = |(limit, most): (&usize, &i32)| self.room(*most, Some(*limit)) < 0;
        if self.has_ended
            || self.room(capacity, None) < 0
            || limits.iter().any(is_below_use)
            || limits.values().any(|most| *most > capacity)
        {
            return Err(Refused);
        }
        (self.capacity, self.limits) = (capacity, limits);
        self.events += 1;
        self.promote();
        Ok(())
    }

    /// What the service should have done. The id of a new case and the seed of a draw come from the service.
    fn take(
        &mut self,
        step: &Step,
        made: Option<ApplicationId>,
        seed: Option<Bytes32>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        match step {
            Step::Submit(traveller) => self.submit(traveller, made, now),
            Step::Capacity(capacity) => self.set_limits(*capacity, self.limits.clone()),
            Step::Limit(limit, capacity) => {
                let mut limits = self.limits.clone();
                limits.remove(limit);
                limits.extend(capacity.map(|capacity| (*limit, capacity)));
                self.set_limits(self.capacity, limits)
            }
            Step::Close if self.is_open => {
                (self.is_open, self.seed) = (false, seed);
                // Closing a ballot also draws it: two events.
                self.events += if self.beginning.ordering == Ordering::Ballot { 2 } else { 1 };
                self.promote();
                Ok(())
            }
            Step::Reopen
                if !self.is_open && !self.has_ended && self.beginning.ordering != Ordering::Ballot =>
            {
                self.is_open = true;
                self.events += 1;
                Ok(())
            }
            Step::End if !self.has_ended => {
                // Ending an open ballot also draws it: two events.
                let draws = self.is_open && self.beginning.ordering == Ordering::Ballot;
                self.events += if draws { 2 } else { 1 };
                self.seed = seed;
                self.end_batch();
                Ok(())
            }
            Step::Close | Step::Reopen | Step::End => Err(Refused),
            Step::Wait => {
                self.wait();
                Ok(())
            }
            Step::Change(_, sponsor, accepts, priority) => {
                let case = self.target(step).ok_or(Refused)?;
                self.change(case, (sponsor, *accepts), *priority)
            }
            Step::Endorse(_) | Step::Withdraw(_) | Step::Refuse(_) | Step::Revoke(_) | Step::Surrender(_) => {
                let case = self.target(step).ok_or(Refused)?;
                match step {
                    Step::Withdraw(_) => self.end(case, step.allowed_states(), State::Withdrawn),
                    Step::Refuse(_) if self.cases[case].is_sent_back => Err(Refused),
                    Step::Refuse(_) => self.end(case, step.allowed_states(), State::Refused),
                    Step::Revoke(_) => self.end(case, step.allowed_states(), State::Revoked),
                    Step::Surrender(_) => self.end(case, step.allowed_states(), State::Withdrawn),
                    _ => self.endorse(case),
                }
            }
        }
    }

    /// The case that a step selects; none if there are no cases.
    fn target(&self, step: &Step) -> Option<usize> {
        let (Step::Endorse(number)
        | Step::Withdraw(number)
        | Step::Refuse(number)
        | Step::Revoke(number)
        | Step::Surrender(number)
        | Step::Change(number, ..)) = step
        else {
            return None;
        };
        let wanted: Vec<usize> =
            (0..self.cases.len()).filter(|i| step.allowed_states().contains(&self.cases[*i].state)).collect();
        let any = || number.checked_rem(self.cases.len());
        number.checked_rem(wanted.len()).map(|at| wanted[at]).or_else(any)
    }
}

/// The system under test: its database and actors.
#[derive(Clone)]
pub(super) struct System {
    pub(super) db: Db,
    pub(super) sponsors: BTreeMap<&'static str, Actor>,
    officers: BTreeMap<&'static str, Actor>,
    /// Applies for every traveller.
    applicant: Actor,
    pub(super) beginning: Timestamp,
}

/// The reviewing authorities by direction and stage.
const AUTHORITIES: [[&str; 3]; 2] = [["cn-mofcom", "kz-moh", "kz-mfa"], ["kz-mti", "cn-nhc", "cn-mfa"]];
static NUMBER: AtomicU32 = AtomicU32::new(1);

impl System {
    async fn create(storage: &Storage) -> Self {
        let keyring = Keyring::create(&storage.folder().join("secret.key")).unwrap();
        let db = Db::open(&storage.database_url(), 4, Arc::new(keyring)).unwrap();
        db.migrate().await.unwrap();
        let now: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let made: Result<_, WorkflowError> =
            db.write(move |tx| people(&mut Context::new(tx, &Actor::operator(), now))).await;
        let (sponsors, officers, applicant) = made.unwrap();
        Self { db, sponsors, officers, applicant, beginning: now }
    }

    fn officer(&self, case: &ModelCase) -> &Actor {
        let authorities = AUTHORITIES[usize::from(case.traveller.to_china)];
        let stage = if case.state == State::Approved { 2 } else { case.endorsed.min(2) };
        &self.officers[authorities[stage]]
    }

    /// Takes the step in the service. Returns the id of a new case.
    async fn take(
        &self,
        batch: BatchId,
        model: &Model,
        step: &Step,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>, WorkflowError> {
        let limits = |limits: &BTreeMap<usize, i32>| -> Vec<LimitTerms> {
            let terms = limits.iter().map(|(limit, capacity)| {
                let (dimension, key) = LIMITS[*limit];
                LimitTerms { dimension, key: key.to_owned(), capacity: *capacity }
            });
            terms.collect()
        };
        match step {
            Step::Submit(traveller) => self.submit(batch, traveller.clone(), now).await.map(Some),
            Step::Capacity(capacity) => {
                let change = TermsChange { capacity: Some(*capacity), ..TermsChange::default() };
                self.change(batch, change, now).await
            }
            Step::Limit(limit, capacity) => {
                let mut wanted = model.limits.clone();
                wanted.remove(limit);
                wanted.extend(capacity.map(|capacity| (*limit, capacity)));
                let change = TermsChange { limits: Some(limits(&wanted)), ..TermsChange::default() };
                self.change(batch, change, now).await
            }
            Step::Close => self.move_on(batch, BatchMove::Close, now).await,
            Step::Reopen => self.move_on(batch, BatchMove::Open, now).await,
            Step::End => self.move_on(batch, BatchMove::End, now).await,
            Step::Wait => {
                self.do_what_is_due(now).await;
                Ok(None)
            }
            Step::Change(_, sponsor, accepts, priority) => {
                let case = &model.cases[model.target(step).ok_or(WorkflowError::NotFound)?];
                self.ask_and_answer(case, (sponsor, *accepts), *priority, now).await
            }
            _ => {
                let case = &model.cases[model.target(step).ok_or(WorkflowError::NotFound)?];
                let actor = match step {
                    Step::Withdraw(_) | Step::Surrender(_) => &self.sponsors[case.traveller.sponsor],
                    _ => self.officer(case),
                };
                self.act(actor.clone(), case.id, action_of(step), now).await
            }
        }
    }

    /// The officer asks, the applicant changes the form, another sponsor accepts, the applicant answers: all of it or
    /// nothing.
    async fn ask_and_answer(
        &self,
        case: &ModelCase,
        (sponsor, accepts): (&str, bool),
        priority: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>, WorkflowError> {
        let (officer, applicant, id) = (self.officer(case).clone(), self.applicant.clone(), case.id);
        let is_asked = sponsor != case.traveller.sponsor;
        let accepting = self.sponsors[sponsor].clone();
        let employment = json!({ "employment": { "sponsor": sponsor, "project_priority": priority } });
        let done = move |tx: &mut Tx<'_>| {
            let case = SeenCase::any_version(id);
            let ask = RequestInformation { questions: vec!["Who?".into()], ..RequestInformation::default() };
            Context::new(tx, &officer, now).execute(&ask.on(case))?;
            let mut ctx = Context::new(tx, &applicant, now);
            ctx.execute(&form_input::read_change(&employment).on(case))?;
            if is_asked && accepts {
                Context::new(ctx.tx, &accepting, now).execute(&AcceptSponsorship.on(case))?;
            }
            let answer = Respond { answers: vec!["They.".into()] };
            ctx.execute(&answer.on(case)).map(|_| None)
        };
        self.db.write(done).await
    }

    /// Does what the scheduler does.
    async fn do_what_is_due(&self, now: Timestamp) {
        let system = Actor::system();
        let due = async || {
            let list = move |tx: &mut Tx<'_>| Context::new(tx, &Actor::system(), now).query(&ListDue);
            let due: Result<_, WorkflowError> = self.db.read(list).await;
            due.unwrap()
        };
        for due in due().await {
            match due {
                Due::Case(case) => self.execute(&system, case, now).await.unwrap(),
                Due::Journey(check) => self.execute(&system, check, now).await.unwrap(),
                Due::Batch(batch) => self.execute(&system, batch, now).await.unwrap(),
                Due::Untidy | Due::Files | Due::Sponsor(_) => {}
            }
        }
    }

    pub(super) async fn act(
        &self,
        actor: Actor,
        case: ApplicationId,
        action: CaseAction,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>, WorkflowError> {
        self.execute(&actor, action.on(SeenCase::any_version(case)), now).await.map(|_| None)
    }

    /// Creates and opens a batch.
    pub(super) async fn open_batch(&self, beginning: &Beginning) -> BatchId {
        let day = self.beginning.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let terms = Terms {
            name: format!("Batch {}", NUMBER.fetch_add(1, Relaxed)),
            capacity: beginning.capacity,
            limits: Vec::new(),
            hold_at: beginning.hold_at,
            on_full: beginning.on_full,
            ordering: beginning.ordering,
            opens_at: None,
            closes_at: None,
            travel_from: day,
            travel_until: day.saturating_add(300.days()),
        };
        let new = CreateBatch { programme: "cn-kz".into(), terms };
        let batch = self.execute(&Actor::operator(), new, self.beginning).await.unwrap().id;
        self.move_on(batch, BatchMove::Open, self.beginning).await.unwrap();
        batch
    }

    /// Executes a command at this time.
    async fn execute<C: Command>(
        &self,
        actor: &Actor,
        command: C,
        now: Timestamp,
    ) -> Result<C::Output, WorkflowError> {
        let actor = actor.clone();
        self.db.write(move |tx| Context::new(tx, &actor, now).execute(&command)).await
    }

    pub(super) async fn change(
        &self,
        batch: BatchId,
        change: TermsChange,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>, WorkflowError> {
        let change = ChangeBatch { batch: SeenBatch { id: batch, version: None }, change };
        self.execute(&Actor::operator(), change, now).await.map(|_| None)
    }

    pub(super) async fn move_on(
        &self,
        batch: BatchId,
        step: BatchMove,
        now: Timestamp,
    ) -> Result<Option<ApplicationId>, WorkflowError> {
        let batch = SeenBatch { id: batch, version: None };
        self.execute(&Actor::operator(), MoveBatch { batch, step }, now).await?;
        self.finish_jobs(now).await;
        Ok(None)
    }

    /// Runs all jobs to their end, in slices that are smaller than most waiting lists.
    async fn finish_jobs(&self, now: Timestamp) {
        loop {
            let open: Result<_, StoreError> = self.db.read(|tx| store::job::open(tx, 0)).await;
            let Some(job) = open.unwrap().into_iter().next() else { return };
            self.execute(&Actor::system(), WorkSlice { job, at_most: 3 }, now).await.unwrap();
        }
    }

    pub(super) async fn submit(
        &self,
        batch: BatchId,
        traveller: Traveller,
        now: Timestamp,
    ) -> Result<ApplicationId, WorkflowError> {
        let day = self.beginning.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let day = move |days: i64| day.saturating_add(days.days()).to_string();
        let mut form = form(&batch.to_string(), "Ada", NUMBER.fetch_add(1, Relaxed), &day);
        if traveller.to_china {
            form = opposite_direction(form);
        }
        form["employment"]["project_priority"] = traveller.priority.into();
        form["employment"]["sponsor"] = traveller.sponsor.into();
        let (arrive, leave) = (day(traveller.leave - STAY), day(traveller.leave));
        let itinerary = json!([{ "from": arrive, "to": leave, "place": "Astana" }]);
        form["journey"]["itinerary"] = itinerary;
        (form["journey"]["arrive_on"], form["journey"]["leave_on"]) = (arrive.into(), leave.into());
        let actor = self.applicant.clone();
        form["category"] = traveller.category.into();
        let new = form_input::read_new(&form, "en");
        let sponsor = self.sponsors[traveller.sponsor].clone();
        let submitted = move |tx: &mut Tx<'_>| {
            let mut ctx = Context::new(tx, &actor, now).without_day_limits();
            let id = ctx.execute(&new)?.case.id;
            let case = SeenCase::any_version(id);
            Context::new(ctx.tx, &sponsor, now).execute(&AcceptSponsorship.on(case))?;
            for kind in REQUIRED_EVIDENCE {
                ctx.execute(&AddEvidence { file: uploaded(kind) }.on(case))?;
            }
            ctx.execute(&Submit.on(case))?;
            Ok(id)
        };
        self.db.write(submitted).await
    }

    /// The batch and these cases in the database, with their numbers on the waiting list.
    pub(super) async fn state_of(&self, batch: BatchId, cases: Vec<ApplicationId>) -> (Batch, Vec<Seen>) {
        let seen = move |tx: &mut Tx<'_>| -> Result<_, StoreError> {
            let batch = store::batch::by_id(tx, batch)?.unwrap();
            let mut seen = Vec::new();
            for id in &cases {
                let case = store::application::by_id(tx, *id)?.unwrap();
                let place = match case.state {
                    State::Waitlisted => store::waitlist::place_in_line(tx, &case, &batch)?,
                    _ => None,
                };
                let held = store::authorization::of_case(tx, *id)?.map(|held| held.state);
                seen.push((case, place, held));
            }
            Ok((Arc::unwrap_or_clone(batch), seen))
        };
        self.db.read(seen).await.unwrap()
    }
}

/// A case, its number on the waiting list, and the state of its authorization.
pub(super) type Seen = (Case, Option<u32>, Option<AuthorizationState>);

fn action_of(step: &Step) -> CaseAction {
    let reasons = || Reasons {
        grounds: vec!["not_essential".into()],
        message: Some("It can wait.".into()),
        ..Reasons::default()
    };
    match step {
        Step::Withdraw(_) => CaseAction::Withdraw(Withdraw::default()),
        Step::Surrender(_) => CaseAction::Surrender(Surrender::default()),
        Step::Refuse(_) => CaseAction::Refuse(Refuse { reasons: reasons() }),
        Step::Revoke(_) => CaseAction::Revoke(Revoke { reasons: reasons() }),
        _ => CaseAction::Endorse(Endorse::default()),
    }
}

type People = BTreeMap<&'static str, Actor>;

fn people(operator: &mut Context<'_, '_>) -> Result<(People, People, Actor), WorkflowError> {
    operator.execute(&ApplyBundledProgramme)?;
    let (mut sponsors, mut officers) = (People::new(), People::new());
    for code in AUTHORITIES.into_iter().flatten() {
        officers.insert(code, account(operator, Role::Officer, Some(code))?);
    }
    for code in SPONSORS {
        operator.execute(&CreateOrganisation {
            code: code.into(),
            name: code.into(),
            kind: OrganisationKind::Sponsor,
            territory: None,
        })?;
        sponsors.insert(code, account(operator, Role::Sponsor, Some(code))?);
    }
    Ok((sponsors, officers, account(operator, Role::Applicant, None)?))
}

fn account(
    operator: &mut Context<'_, '_>,
    role: Role,
    organisation: Option<&str>,
) -> Result<Actor, WorkflowError> {
    let new = CreateAccount {
        email: format!("{}@corridor.example", organisation.unwrap_or("traveller")),
        name: None,
        roles: vec![role],
        organisation: organisation.map(Into::into),
        language: "en".into(),
        password_hash: Some("$none".into()),
        link: FirstLink::Shown,
    };
    Ok(operator.execute(&new)?.account.actor())
}

/// Runs one sequence on a new batch and compares after each step.
async fn run_sequence(system: &System, beginning: &Beginning, steps: &[Step]) -> Result<(), TestCaseError> {
    let now = system.beginning;
    let batch = system.open_batch(beginning).await;
    let mut model = Model {
        beginning: beginning.clone(),
        today: 0,
        has_ended: false,
        capacity: beginning.capacity,
        limits: BTreeMap::new(),
        is_open: true,
        seed: None,
        cases: Vec::new(),
        events: 2,
    };
    for (number, step) in steps.iter().enumerate() {
        // Three steps share a second, so that the order also depends on ids.
        let days = model.today + if matches!(step, Step::Wait) { DAYS } else { 0 };
        let seconds = i64::try_from(number / 3).unwrap();
        let now = now + SignedDuration::from_secs(days * 86_400 + seconds);
        let done = system.take(batch, &model, step, now).await;
        if let Err(WorkflowError::Store(error) | WorkflowError::Unavailable(error)) = &done {
            return Err(TestCaseError::fail(format!("step {number}, {step:?}: {error}")));
        }
        let made = done.as_ref().ok().copied().flatten();
        let mut ids: Vec<_> = model.cases.iter().map(|case| case.id).collect();
        ids.extend(made);
        let (seen, cases) = system.state_of(batch, ids).await;
        let seed = seen.ballot.as_ref().and_then(|ballot| ballot.draw.as_ref()).map(|draw| draw.seed);
        let expected = model.take(step, made, seed, now);
        let at = format!("after step {number}, {step:?}, with the result {done:?}");
        prop_assert_eq!(done.is_ok(), expected.is_ok(), "{}", at);
        compare(&model, &seen, &cases, &at)?;
    }
    Ok(())
}

fn compare(model: &Model, batch: &Batch, cases: &[Seen], at: &str) -> Result<(), TestCaseError> {
    let waiting_list = model.waiting_list();
    prop_assert_eq!(cases.len(), model.cases.len(), "cases {}", at);
    prop_assert_eq!(batch.event_seq, model.events, "the history of the batch {}", at);
    for (index, (known, (case, place_in_line, held))) in model.cases.iter().zip(cases).enumerate() {
        let seen = (case.state, case.stage.as_deref(), case.place, *place_in_line, *held);
        let place_in_line =
            waiting_list.iter().position(|i| *i == index).map(|i| u32::try_from(i).unwrap() + 1);
        let expected = (known.state, known.stage(), known.place, place_in_line, known.held);
        prop_assert_eq!(seen, expected, "case {} {}", index, at);
    }
    let in_use = |limit| (model.in_use(Place::Held, limit), model.in_use(Place::Taken, limit));
    let state = match (model.has_ended, model.is_open) {
        (true, _) => BatchState::Ended,
        (false, true) => BatchState::Open,
        (false, false) => BatchState::Closed,
    };
    let expected = (state, model.capacity, in_use(None));
    prop_assert_eq!((batch.state, batch.capacity, (batch.held, batch.taken)), expected, "the batch {}", at);
    let mut limits = BTreeMap::new();
    for limit in &batch.limits {
        let which = LIMITS.iter().position(|known| *known == (limit.dimension, limit.key.as_str())).unwrap();
        limits.insert(which, (limit.capacity, (limit.held, limit.taken)));
    }
    let expected: BTreeMap<_, _> =
        model.limits.iter().map(|(limit, capacity)| (*limit, (*capacity, in_use(Some(*limit))))).collect();
    prop_assert_eq!(limits, expected, "the limits {}", at);
    Ok(())
}

/// Checks a property with many inputs on one database, and then runs `verify` on it.
pub(super) fn holds_on<I: Strategy>(
    storage: &Storage,
    inputs: &I,
    property: impl AsyncFn(&System, I::Value) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let system = runtime.block_on(System::create(storage));
    let config = Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(inputs, |input| runtime.block_on(property(&system, input)));
    if let Err(shortest) = result {
        panic!("{shortest}");
    }
    let report = runtime.block_on(verify::verify(&system.db)).unwrap();
    assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
}

fn follows_the_model(storage: &Storage) {
    holds_on(storage, &(beginnings(), vec(steps(), 20..80)), async |system, (beginning, steps)| {
        run_sequence(system, &beginning, &steps).await
    });
}

#[test]
fn the_service_agrees_with_a_simple_model_on_sqlite() {
    follows_the_model(&Storage::with_sqlite());
}

#[test]
fn the_service_agrees_with_a_simple_model_on_postgresql() {
    let Some(server) = postgres_server() else { return };
    follows_the_model(&Storage::with_postgres(&server));
}
