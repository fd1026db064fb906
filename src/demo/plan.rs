//! The history of the demo: which cases exist and what happened to each. The steps of all cases are executed in order
//! of time, so that histories, ledger and waiting list are realistic.

use jiff::{SignedDuration, Timestamp};

use super::{people::Traveller, rng::Rng};
use crate::domain::{
    form::Sex,
    lifecycle::{Action, State},
};

/// What has happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in this state.
    Ends(State),
    /// It is at this stage, claimed or not.
    At(usize, Assignee),
    /// Information was requested and not yet given.
    Asked,
    /// Information was requested and given; it is at the second stage.
    Answered,
}

/// Whether an officer has claimed the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// No officer has.
    Nobody,
    /// An officer has.
    Officer,
}

/// The batches of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoBatch {
    /// Over: its journeys are finished.
    Pilot,
    /// Open, 1,000 places.
    First,
    /// Open, eight places, all held.
    Medical,
}

/// One case of the demo.
pub struct Plan {
    /// Who travels.
    pub traveller: Traveller,
    /// In which batch.
    pub batch: DemoBatch,
    /// The applicant's address; if none, a sponsor created the case.
    pub applicant: Option<&'static str>,
    /// Whether the answers to the health declarations need an officer's attention.
    pub has_symptoms: bool,
    /// What has happened to the case.
    pub outcome: Outcome,
    /// When the draft was created.
    pub begun_at: Timestamp,
}

/// A step of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The draft is created and its documents are uploaded.
    Begin,
    /// An action by somebody who may take it.
    Take(Action),
    /// The traveller crosses the border.
    Enter,
}

/// The number of cases with each outcome in Batch 1.
const FIRST: [(Outcome, usize); 14] = [
    (Outcome::Ends(State::Draft), 12),
    (Outcome::At(0, Assignee::Nobody), 38),
    (Outcome::At(0, Assignee::Officer), 12),
    (Outcome::At(1, Assignee::Nobody), 26),
    (Outcome::At(1, Assignee::Officer), 8),
    (Outcome::At(2, Assignee::Nobody), 22),
    (Outcome::At(2, Assignee::Officer), 6),
    (Outcome::Asked, 14),
    (Outcome::Answered, 8),
    (Outcome::Ends(State::Approved), 92),
    (Outcome::Ends(State::Refused), 14),
    (Outcome::Ends(State::Withdrawn), 8),
    (Outcome::Ends(State::Revoked), 4),
    (Outcome::Ends(State::Lapsed), 5),
];

/// The same in the pilot batch.
const PILOT: [(Outcome, usize); 2] =
    [(Outcome::Ends(State::Completed), 8), (Outcome::Ends(State::Expired), 4)];

/// The same in the medical batch: eight places are held, the other cases wait.
const MEDICAL: [(Outcome, usize); 2] =
    [(Outcome::At(1, Assignee::Nobody), 8), (Outcome::Ends(State::Waitlisted), 7)];

/// All cases of the demo.
pub fn plans(rng: &mut Rng, now: Timestamp) -> Vec<Plan> {
    let mut plans = own(rng, now);
    let mut add = |rng: &mut Rng, batch, outcome, days_ago| {
        let traveller = Traveller::new(rng, u32::try_from(plans.len()).unwrap_or_default());
        plans.push(Plan::new(rng, traveller, batch, outcome, None, ago(now, days_ago)));
    };
    for (outcome, count) in PILOT {
        for _ in 0..count {
            add(rng, DemoBatch::Pilot, outcome, PILOT_DAYS);
        }
    }
    for (outcome, count) in MEDICAL {
        for _ in 0..count {
            // Cases submitted later wait.
            let days = if outcome == Outcome::Ends(State::Waitlisted) { (2, 5) } else { (6, 9) };
            add(rng, DemoBatch::Medical, outcome, days);
        }
    }
    for (outcome, count) in FIRST {
        for _ in 0..count {
            add(rng, DemoBatch::First, outcome, age_of(outcome));
        }
    }
    plans
}

/// The cases of the applicants whose accounts are printed: a returning traveller, and one with a new approval.
fn own(rng: &mut Rng, now: Timestamp) -> Vec<Plan> {
    let li_na = || Traveller::named("Li", "Na", "李娜", Sex::F, 900);
    let chen = Traveller::named("Chen", "Haoran", "陈浩然", Sex::M, 901);
    let cases = [
        (li_na(), "applicant@demo.example", DemoBatch::Pilot, Outcome::Ends(State::Completed), PILOT_DAYS),
        (li_na(), "applicant@demo.example", DemoBatch::First, Outcome::Asked, age_of(Outcome::Asked)),
        (li_na(), "applicant@demo.example", DemoBatch::First, Outcome::Ends(State::Draft), (0, 2)),
        (chen, "expert@demo.example", DemoBatch::First, Outcome::Ends(State::Approved), (10, 20)),
    ];
    cases
        .into_iter()
        .map(|(traveller, email, batch, outcome, days)| {
            Plan::new(rng, traveller, batch, outcome, Some(email), ago(now, days))
        })
        .collect()
}

/// A period in days before `now`: from, to.
type Days = (i64, i64);

const PILOT_DAYS: Days = (112, 118);

/// When the travellers of the pilot batch have crossed the border.
pub const ENTERED_DAYS_AGO: i64 = 70;

fn ago(now: Timestamp, (least, most): Days) -> (Timestamp, i64) {
    (now - SignedDuration::from_hours(24 * least), (most - least) * 24 * 60)
}

/// How many days ago a case with this outcome was created: long enough for its steps, and sometimes so long that it is
/// overdue.
const fn age_of(outcome: Outcome) -> Days {
    match outcome {
        Outcome::Ends(State::Draft) => (0, 6),
        Outcome::At(0, _) => (1, 5),
        Outcome::At(1, _) | Outcome::Asked => (4, 8),
        Outcome::At(_, _) | Outcome::Answered => (6, 11),
        Outcome::Ends(State::Lapsed) => (20, 26),
        Outcome::Ends(_) => (10, 26),
    }
}

impl Plan {
    /// A case that is created a few minutes before `latest`.
    fn new(
        rng: &mut Rng,
        traveller: Traveller,
        batch: DemoBatch,
        outcome: Outcome,
        applicant: Option<&'static str>,
        (latest, minutes): (Timestamp, i64),
    ) -> Self {
        Self {
            traveller,
            batch,
            applicant,
            has_symptoms: matches!(outcome, Outcome::At(1, _)) && rng.in_hundred(40),
            outcome,
            begun_at: latest - SignedDuration::from_mins(rng.between(0, minutes)),
        }
    }

    /// The steps of the case with their times.
    pub fn moves(&self, rng: &mut Rng, now: Timestamp) -> Vec<(Timestamp, Move)> {
        use Action::{Claim, Endorse, Refuse, RequestInformation, Respond, Revoke, Submit, Withdraw};
        let mut moves = vec![Move::Begin];
        let take = |actions: &[Action]| actions.iter().copied().map(Move::Take).collect::<Vec<_>>();
        moves.extend(match self.outcome {
            Outcome::Ends(State::Draft) => Vec::new(),
            Outcome::Ends(State::Waitlisted) => take(&[Submit]),
            Outcome::At(stage, assignee) => {
                let mut actions = vec![Submit];
                actions.extend(std::iter::repeat_n(Endorse, stage));
                actions.extend((assignee == Assignee::Officer).then_some(Claim));
                take(&actions)
            }
            Outcome::Asked | Outcome::Ends(State::Lapsed) => take(&[Submit, Claim, RequestInformation]),
            Outcome::Answered => take(&[Submit, RequestInformation, Respond, Endorse]),
            Outcome::Ends(State::Refused) if rng.in_hundred(50) => take(&[Submit, Endorse, Refuse]),
            Outcome::Ends(State::Refused) => take(&[Submit, Refuse]),
            Outcome::Ends(State::Withdrawn) => take(&[Submit, Endorse, Withdraw]),
            Outcome::Ends(State::Revoked) => take(&[Submit, Endorse, Endorse, Endorse, Revoke]),
            Outcome::Ends(State::Completed) => {
                let mut moves = take(&[Submit, Endorse, Endorse, Endorse]);
                moves.push(Move::Enter);
                moves
            }
            Outcome::Ends(_) => take(&[Submit, Endorse, Endorse, Endorse]),
        });
        let mut at = self.begun_at;
        let mut timed = Vec::new();
        for step in moves {
            if step == Move::Enter {
                at = now - SignedDuration::from_hours(24 * ENTERED_DAYS_AGO);
            }
            timed.push((at, step));
            at += match step {
                Move::Begin => SignedDuration::from_mins(rng.between(12, 55)),
                Move::Take(Action::RequestInformation) => SignedDuration::from_mins(rng.between(200, 1_400)),
                _ if self.batch == DemoBatch::Pilot => SignedDuration::from_mins(rng.between(400, 2_800)),
                _ => SignedDuration::from_mins(rng.between(60, 2_000)),
            };
        }
        timed
    }
}
