//! The history of the demo: which cases exist and what happened to each. The steps of all cases are executed in order
//! of time, so that histories, ledger and waiting line are realistic.

use jiff::{SignedDuration, Timestamp};

use super::{dice::Dice, people::Traveller};
use crate::domain::{
    form::Sex,
    lifecycle::{Action, State},
};

/// What has happened to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in this state.
    Ends(State),
    /// It is at this stage, claimed or not.
    At(usize, Hands),
    /// Information was requested and not yet given.
    Asked,
    /// Information was requested and given; it is at the second stage.
    Answered,
}

/// Whether an officer has claimed the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// No officer has.
    Nobody,
    /// An officer has.
    Officer,
}

/// The batches of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tranche {
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
    pub tranche: Tranche,
    /// The applicant's address; if none, a sponsor created the case.
    pub applicant: Option<&'static str>,
    /// Whether the answers to the health declarations need an officer's attention.
    pub has_symptoms: bool,
    /// What has happened to the case.
    pub fate: Fate,
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
const FIRST: [(Fate, usize); 14] = [
    (Fate::Ends(State::Draft), 12),
    (Fate::At(0, Hands::Nobody), 38),
    (Fate::At(0, Hands::Officer), 12),
    (Fate::At(1, Hands::Nobody), 26),
    (Fate::At(1, Hands::Officer), 8),
    (Fate::At(2, Hands::Nobody), 22),
    (Fate::At(2, Hands::Officer), 6),
    (Fate::Asked, 14),
    (Fate::Answered, 8),
    (Fate::Ends(State::Approved), 92),
    (Fate::Ends(State::Refused), 14),
    (Fate::Ends(State::Withdrawn), 8),
    (Fate::Ends(State::Revoked), 4),
    (Fate::Ends(State::Lapsed), 5),
];

/// The same in the pilot batch.
const PILOT: [(Fate, usize); 2] = [(Fate::Ends(State::Completed), 8), (Fate::Ends(State::Expired), 4)];

/// The same in the medical batch: eight places are held, the other cases wait.
const MEDICAL: [(Fate, usize); 2] = [(Fate::At(1, Hands::Nobody), 8), (Fate::Ends(State::Waitlisted), 7)];

/// All cases of the demo.
pub fn plans(dice: &mut Dice, now: Timestamp) -> Vec<Plan> {
    let mut plans = own(dice, now);
    let mut add = |dice: &mut Dice, tranche, fate, days_ago| {
        let traveller = Traveller::new(dice, u32::try_from(plans.len()).unwrap_or_default());
        plans.push(Plan::new(dice, traveller, tranche, fate, None, ago(now, days_ago)));
    };
    for (fate, count) in PILOT {
        for _ in 0..count {
            add(dice, Tranche::Pilot, fate, PILOT_DAYS);
        }
    }
    for (fate, count) in MEDICAL {
        for _ in 0..count {
            // Cases submitted later wait.
            let days = if fate == Fate::Ends(State::Waitlisted) { (2, 5) } else { (6, 9) };
            add(dice, Tranche::Medical, fate, days);
        }
    }
    for (fate, count) in FIRST {
        for _ in 0..count {
            add(dice, Tranche::First, fate, age_of(fate));
        }
    }
    plans
}

/// The cases of the applicants whose accounts are printed: a returning traveller, and one with a new approval.
fn own(dice: &mut Dice, now: Timestamp) -> Vec<Plan> {
    let li_na = || Traveller::named("Li", "Na", "李娜", Sex::F, 900);
    let chen = Traveller::named("Chen", "Haoran", "陈浩然", Sex::M, 901);
    let cases = [
        (li_na(), "applicant@demo.example", Tranche::Pilot, Fate::Ends(State::Completed), PILOT_DAYS),
        (li_na(), "applicant@demo.example", Tranche::First, Fate::Asked, age_of(Fate::Asked)),
        (li_na(), "applicant@demo.example", Tranche::First, Fate::Ends(State::Draft), (0, 2)),
        (chen, "expert@demo.example", Tranche::First, Fate::Ends(State::Approved), (10, 20)),
    ];
    cases
        .into_iter()
        .map(|(traveller, email, tranche, fate, days)| {
            Plan::new(dice, traveller, tranche, fate, Some(email), ago(now, days))
        })
        .collect()
}

/// A period: from so many to so many days before `now`.
type Days = (i64, i64);

const PILOT_DAYS: Days = (112, 118);

fn ago(now: Timestamp, (least, most): Days) -> (Timestamp, i64) {
    (now - SignedDuration::from_hours(24 * least), (most - least) * 24 * 60)
}

/// How many days ago a case with this outcome was created: long enough for its steps, and sometimes so long that it is
/// overdue.
const fn age_of(fate: Fate) -> Days {
    match fate {
        Fate::Ends(State::Draft) => (0, 6),
        Fate::At(0, _) => (1, 5),
        Fate::At(1, _) | Fate::Asked => (4, 8),
        Fate::At(_, _) | Fate::Answered => (6, 11),
        Fate::Ends(State::Lapsed) => (20, 26),
        Fate::Ends(_) => (10, 26),
    }
}

impl Plan {
    /// A case that is created a few minutes before `latest`.
    fn new(
        dice: &mut Dice,
        traveller: Traveller,
        tranche: Tranche,
        fate: Fate,
        applicant: Option<&'static str>,
        (latest, minutes): (Timestamp, i64),
    ) -> Self {
        Self {
            traveller,
            tranche,
            applicant,
            has_symptoms: matches!(fate, Fate::At(1, _)) && dice.in_hundred(40),
            fate,
            begun_at: latest - SignedDuration::from_mins(dice.between(0, minutes)),
        }
    }

    /// The steps of the case with their times.
    pub fn moves(&self, dice: &mut Dice, now: Timestamp) -> Vec<(Timestamp, Move)> {
        use Action::{Claim, Endorse, Refuse, RequestInformation, Respond, Revoke, Submit, Withdraw};
        let mut moves = vec![Move::Begin];
        let take = |actions: &[Action]| actions.iter().copied().map(Move::Take).collect::<Vec<_>>();
        moves.extend(match self.fate {
            Fate::Ends(State::Draft) => Vec::new(),
            Fate::Ends(State::Waitlisted) => take(&[Submit]),
            Fate::At(stage, hands) => {
                let mut actions = vec![Submit];
                actions.extend(std::iter::repeat_n(Endorse, stage));
                actions.extend((hands == Hands::Officer).then_some(Claim));
                take(&actions)
            }
            Fate::Asked | Fate::Ends(State::Lapsed) => take(&[Submit, Claim, RequestInformation]),
            Fate::Answered => take(&[Submit, RequestInformation, Respond, Endorse]),
            Fate::Ends(State::Refused) if dice.in_hundred(50) => take(&[Submit, Endorse, Refuse]),
            Fate::Ends(State::Refused) => take(&[Submit, Refuse]),
            Fate::Ends(State::Withdrawn) => take(&[Submit, Endorse, Withdraw]),
            Fate::Ends(State::Revoked) => take(&[Submit, Endorse, Endorse, Endorse, Revoke]),
            Fate::Ends(State::Completed) => {
                let mut moves = take(&[Submit, Endorse, Endorse, Endorse]);
                moves.push(Move::Enter);
                moves
            }
            Fate::Ends(_) => take(&[Submit, Endorse, Endorse, Endorse]),
        });
        let mut at = self.begun_at;
        let mut timed = Vec::new();
        for step in moves {
            if step == Move::Enter {
                at = now - SignedDuration::from_hours(24 * 70);
            }
            timed.push((at, step));
            at += match step {
                Move::Begin => SignedDuration::from_mins(dice.between(12, 55)),
                Move::Take(Action::RequestInformation) => SignedDuration::from_mins(dice.between(200, 1_400)),
                _ if self.tranche == Tranche::Pilot => SignedDuration::from_mins(dice.between(400, 2_800)),
                _ => SignedDuration::from_mins(dice.between(60, 2_000)),
            };
        }
        timed
    }
}
