//! Rounds of review. A round is one pass of a case through the stages: endorsements, findings and the decision belong
//! to it. Submission begins the first; each appeal begins another. Which round an event belongs to follows from the
//! chain of events, so nobody can change it; a finding, which is not an event, stores its round.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    event::Event,
    lifecycle::{Action, State},
};

/// An endorsement at a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsement {
    /// At which.
    pub stage: String,
    /// The account or API client.
    pub by: Uuid,
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// `Approved`, `Waitlisted` or `Refused`. A case that leaves the waitlist is decided again.
    pub to: State,
    /// When.
    pub at: Timestamp,
}

/// One pass through the stages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// In the order of the stages.
    pub endorsements: Vec<Endorsement>,
    /// How it ended; none while it lasts.
    pub decision: Option<Decision>,
}

/// An event that a review depends on.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are those of the event")]
pub struct ReviewEvent {
    pub action: Action,
    pub from_stage: Option<String>,
    pub to: State,
    pub by: Option<Uuid>,
    pub at: Timestamp,
}

impl ReviewEvent {
    /// The actions that a review depends on.
    pub const ACTIONS: [Action; 4] = [Action::Endorse, Action::Promote, Action::Refuse, Action::Appeal];
}

impl From<&Event> for ReviewEvent {
    fn from(event: &Event) -> Self {
        let Event { action, from_stage, to, actor, at, .. } = event;
        Self { action: *action, from_stage: from_stage.clone(), to: *to, by: *actor, at: *at }
    }
}

/// The rounds of a case: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    earlier: Vec<Round>,
    current: Round,
}

impl Review {
    /// The rounds of a case with these events, in their order.
    pub fn of(events: impl IntoIterator<Item = ReviewEvent>) -> Self {
        let mut review = Self { earlier: Vec::new(), current: Round::default() };
        events.into_iter().for_each(|event| review.add(event));
        review
    }

    /// Adds the next event.
    pub fn add(&mut self, event: ReviewEvent) {
        match event.action {
            Action::Appeal => self.earlier.push(std::mem::take(&mut self.current)),
            Action::Endorse => {
                let endorsed = event.from_stage.zip(event.by);
                self.current.endorsements.extend(endorsed.map(|(stage, by)| Endorsement { stage, by }));
            }
            _ => {}
        }
        if ReviewEvent::ACTIONS.contains(&event.action) && event.to != State::InReview {
            self.current.decision = Some(Decision { to: event.to, at: event.at });
        }
    }

    /// The number of the current or last round, from 1.
    pub fn round(&self) -> i32 {
        i32::try_from(self.earlier.len()).unwrap_or(i32::MAX).saturating_add(1)
    }

    /// The current or last round.
    pub const fn current(&self) -> &Round {
        &self.current
    }

    /// The rounds before it.
    pub fn earlier(&self) -> &[Round] {
        &self.earlier
    }

    /// Adds an endorsement to the current round.
    pub fn endorse(&mut self, endorsement: Endorsement) {
        self.current.endorsements.push(endorsement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: Action, stage: &str, to: State) -> ReviewEvent {
        let at = "2026-03-02T08:00:00Z".parse().unwrap();
        ReviewEvent { action, from_stage: Some(stage.into()), to, by: Some(Uuid::from_u128(1)), at }
    }

    #[test]
    fn a_case_without_events_is_in_its_first_round() {
        let review = Review::of([]);
        assert_eq!((review.round(), review.current()), (1, &Round::default()));
    }

    #[test]
    fn an_appeal_begins_a_round_without_endorsements_and_keeps_the_earlier_one() {
        let review = Review::of([
            event(Action::Endorse, "nomination", State::InReview),
            event(Action::Refuse, "health", State::Refused),
            event(Action::Appeal, "health", State::InReview),
            event(Action::Endorse, "health", State::InReview),
        ]);
        let stages = |round: &Round| round.endorsements.iter().map(|e| e.stage.clone()).collect::<Vec<_>>();
        assert_eq!(review.round(), 2);
        assert_eq!((stages(review.current()), review.current().decision), (vec!["health".to_owned()], None));
        let [first] = review.earlier() else { panic!("{review:?}") };
        assert_eq!(
            (stages(first), first.decision.map(|d| d.to)),
            (vec!["nomination".to_owned()], Some(State::Refused))
        );
    }

    #[test]
    fn a_promotion_decides_the_round_anew() {
        let review = Review::of([
            event(Action::Endorse, "decision", State::Waitlisted),
            event(Action::Promote, "decision", State::Approved),
        ]);
        assert_eq!(review.current().decision.map(|decision| decision.to), Some(State::Approved));
    }
}
