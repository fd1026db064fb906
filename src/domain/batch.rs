//! A batch: a numbered tranche of a programme, its terms and its counters.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    ballot::Ballot, field_error::FieldError, ids::BatchId, lifecycle::BatchState, programme::Programme,
    quota::CountedUnder, typed,
};
use crate::text_enum;

text_enum! {
    /// When a case begins to occupy a place.
    pub enum HoldAt {
        /// At submission: the place is held while the case is open.
        Submission = "submission",
        /// At the last endorsement.
        Approval = "approval",
    }
}

text_enum! {
    /// What happens when no place is left.
    pub enum OnFull {
        /// The case is waitlisted.
        Waitlist = "waitlist",
        /// The step is refused with `batch_full`.
        Refuse = "refuse",
    }
}

text_enum! {
    /// Which case gets the next place.
    pub enum Ordering {
        /// The case that was submitted first.
        FirstCome = "first_come",
        /// The case with more points for category and project priority; of equal ones, the one that was submitted
        /// first.
        Ranked = "ranked",
        /// The case that the draw puts first. The draw takes place when the batch closes; before it, no case has a
        /// place.
        Ballot = "ballot",
    }
}

text_enum! {
    /// What a limit counts by.
    pub enum Dimension {
        /// `CN-KZ`.
        Direction = "direction",
        /// A traveller category.
        Category = "category",
        /// A sponsor's organisation code.
        Sponsor = "sponsor",
    }
}

/// A limit inside a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// By what.
    pub dimension: Dimension,
    /// For which direction, category or sponsor.
    pub key: String,
    /// The maximum number of places.
    pub capacity: i32,
    /// Held now.
    pub held: i32,
    /// Taken now.
    pub taken: i32,
}

impl Limit {
    /// Places left.
    pub const fn available(&self) -> i32 {
        self.capacity - self.held - self.taken
    }
}

/// The terms of a batch: everything but its state and counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Terms {
    pub name: String,
    pub capacity: i32,
    pub limits: Vec<LimitTerms>,
    pub hold_at: HoldAt,
    pub on_full: OnFull,
    pub ordering: Ordering,
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    pub travel_from: Date,
    pub travel_until: Date,
}

/// A change of terms. None: the term stays.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of `Terms`")]
pub struct TermsChange {
    pub name: Option<String>,
    pub capacity: Option<i32>,
    pub limits: Option<Vec<LimitTerms>>,
    pub hold_at: Option<HoldAt>,
    pub on_full: Option<OnFull>,
    pub ordering: Option<Ordering>,
    /// Some(None) removes the date.
    pub opens_at: Option<Option<Timestamp>>,
    /// Some(None) removes the date.
    pub closes_at: Option<Option<Timestamp>>,
    pub travel_from: Option<Date>,
    pub travel_until: Option<Date>,
}

impl Terms {
    /// The terms as stored: instants to the microsecond, and a name without invisible characters.
    fn stored(self) -> Self {
        let keep = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        let name = typed::visible(&self.name).trim().to_owned();
        Self { name, opens_at: self.opens_at.map(keep), closes_at: self.closes_at.map(keep), ..self }
    }
}

impl TermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, before: Terms) -> Terms {
        let new = self.clone();
        let after = Terms {
            name: new.name.unwrap_or(before.name),
            capacity: new.capacity.unwrap_or(before.capacity),
            limits: new.limits.unwrap_or(before.limits),
            hold_at: new.hold_at.unwrap_or(before.hold_at),
            on_full: new.on_full.unwrap_or(before.on_full),
            ordering: new.ordering.unwrap_or(before.ordering),
            opens_at: new.opens_at.unwrap_or(before.opens_at),
            closes_at: new.closes_at.unwrap_or(before.closes_at),
            travel_from: new.travel_from.unwrap_or(before.travel_from),
            travel_until: new.travel_until.unwrap_or(before.travel_until),
        };
        after.stored()
    }
}

/// The terms of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct LimitTerms {
    pub dimension: Dimension,
    pub key: String,
    pub capacity: i32,
}

/// A tranche of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Batch {
    pub id: BatchId,
    pub programme: String,
    pub name: String,
    pub state: BatchState,
    pub capacity: i32,
    pub held: i32,
    pub taken: i32,
    pub limits: Vec<Limit>,
    pub hold_at: HoldAt,
    pub on_full: OnFull,
    pub ordering: Ordering,
    pub opens_at: Option<Timestamp>,
    pub closes_at: Option<Timestamp>,
    pub travel_from: Date,
    pub travel_until: Date,
    pub version: i32,
    /// The end of its chain of events; zero: the chain has not been begun yet.
    pub event_seq: i32,
    /// Its hash.
    pub event_hash: Vec<u8>,
    /// Of a batch by lot that has been opened.
    pub ballot: Option<Ballot>,
    /// Whether a job draws the lots and gives the places.
    pub drawing: bool,
    /// Whether a job gives the free places to waiting cases.
    pub promoting: bool,
}

impl Batch {
    /// A new batch with these terms.
    pub fn planned(id: BatchId, programme: String, terms: Terms) -> Self {
        let terms = terms.stored();
        let limits = terms.limits.into_iter().map(|LimitTerms { dimension, key, capacity }| Limit {
            dimension,
            key,
            capacity,
            held: 0,
            taken: 0,
        });
        Self {
            id,
            programme,
            name: terms.name,
            state: BatchState::Planned,
            capacity: terms.capacity,
            held: 0,
            taken: 0,
            limits: limits.collect(),
            hold_at: terms.hold_at,
            on_full: terms.on_full,
            ordering: terms.ordering,
            opens_at: terms.opens_at,
            closes_at: terms.closes_at,
            travel_from: terms.travel_from,
            travel_until: terms.travel_until,
            version: 1,
            event_seq: 0,
            event_hash: Vec::new(),
            ballot: None,
            drawing: false,
            promoting: false,
        }
    }

    /// Sets these terms, except the limits, which have counters.
    pub fn agree(&mut self, terms: &Terms) {
        self.name.clone_from(&terms.name);
        self.capacity = terms.capacity;
        self.hold_at = terms.hold_at;
        self.on_full = terms.on_full;
        self.ordering = terms.ordering;
        self.opens_at = terms.opens_at;
        self.closes_at = terms.closes_at;
        self.travel_from = terms.travel_from;
        self.travel_until = terms.travel_until;
    }

    /// Places left in the batch as a whole; a limit may leave fewer.
    pub const fn available(&self) -> i32 {
        self.capacity - self.held - self.taken
    }

    /// Whether its places are given by lot.
    pub const fn is_by_lot(&self) -> bool {
        matches!(self.ordering, Ordering::Ballot)
    }

    /// Whether the lots are known: the seed is revealed.
    pub fn is_drawn(&self) -> bool {
        self.ballot.as_ref().is_some_and(|ballot| ballot.draw.is_some())
    }

    /// Whether only the draw gives places: it is running or still to come.
    pub fn awaits_draw(&self) -> bool {
        self.is_by_lot() && (self.drawing || !self.is_drawn())
    }

    /// Whether cases may be submitted now: open, and inside the application window.
    pub fn accepts_submissions(&self, now: Timestamp) -> bool {
        self.state == BatchState::Open
            && self.opens_at.is_none_or(|opens| opens <= now)
            && self.closes_at.is_none_or(|closes| now < closes)
    }

    /// The limits that count a place.
    pub fn limits_of(&self, under: &CountedUnder) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(move |limit| match limit.dimension {
            Dimension::Direction => limit.key == under.direction,
            Dimension::Category => limit.key == under.category,
            Dimension::Sponsor => Some(&limit.key) == under.sponsor.as_ref(),
        })
    }

    /// Whether a case can get a place now, in the batch and in every limit that would count it. While a job gives the
    /// places, a case can only wait.
    pub fn has_room_for(&self, under: &CountedUnder) -> bool {
        !self.promoting && !self.awaits_draw() && self.has_free_place_for(under)
    }

    /// Whether the batch has a free place for a case, whoever gives it; a ballot has none before the lots are known.
    pub fn has_free_place_for(&self, under: &CountedUnder) -> bool {
        (!self.is_by_lot() || self.is_drawn())
            && self.available() > 0
            && self.limits_of(under).all(|limit| limit.available() > 0)
    }

    /// The current terms.
    pub fn terms(&self) -> Terms {
        let limits = self
            .limits
            .iter()
            .map(|l| LimitTerms { dimension: l.dimension, key: l.key.clone(), capacity: l.capacity })
            .collect();
        Terms {
            name: self.name.clone(),
            capacity: self.capacity,
            limits,
            hold_at: self.hold_at,
            on_full: self.on_full,
            ordering: self.ordering,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            travel_from: self.travel_from,
            travel_until: self.travel_until,
        }
    }
}

/// The longest name of a batch.
pub const NAME: usize = 100;

/// The most places a batch can have.
pub const MOST_PLACES: i32 = 1_000_000;

impl Terms {
    /// The fault of a change to or from a ballot after the batch was opened: its commitment is fixed then.
    pub fn faults_after_opening(&self, before: &Self) -> Vec<FieldError> {
        let is_by_lot = |terms: &Self| terms.ordering == Ordering::Ballot;
        if is_by_lot(self) == is_by_lot(before) {
            return Vec::new();
        }
        vec![FieldError::new("/order", "fixed_after_opening")]
    }

    /// Every fault of the terms under a programme. Sponsors' codes are checked against the store, not here.
    pub fn faults(&self, programme: &Programme) -> Vec<FieldError> {
        let mut faults = Vec::new();
        faults.extend(typed::required_name(&self.name, NAME).err().map(|fault| fault.at("/name")));
        if !(0..=MOST_PLACES).contains(&self.capacity) {
            faults.push(
                FieldError::new("/capacity", "out_of_range").with("least", 0).with("most", MOST_PLACES),
            );
        }
        if self.travel_until < self.travel_from {
            faults.push(FieldError::new("/travel_until", "before_start"));
        }
        if let (Some(opens), Some(closes)) = (self.opens_at, self.closes_at)
            && closes <= opens
        {
            faults.push(FieldError::new("/closes_at", "before_start"));
        }
        if self.ordering == Ordering::Ballot && self.on_full == OnFull::Refuse {
            faults.push(FieldError::new("/on_full", "ballot_needs_line"));
        }
        for (index, limit) in self.limits.iter().enumerate() {
            self.limit_faults(programme, index, limit, &mut faults);
        }
        faults
    }

    fn limit_faults(
        &self,
        programme: &Programme,
        index: usize,
        limit: &LimitTerms,
        faults: &mut Vec<FieldError>,
    ) {
        let pointer = format!("/limits/{index}/key");
        match limit.dimension {
            Dimension::Direction if !programme.directions.contains(&limit.key) => {
                faults.push(FieldError::unknown_code(pointer, &programme.directions));
            }
            Dimension::Category if programme.category(&limit.key).is_none() => {
                faults.push(FieldError::unknown_code(pointer, programme.category_codes()));
            }
            _ => {}
        }
        if !(0..=self.capacity).contains(&limit.capacity) {
            let fault = FieldError::new(format!("/limits/{index}/capacity"), "out_of_range");
            faults.push(fault.with("least", 0).with("most", self.capacity));
        }
        let same = |other: &LimitTerms| other.dimension == limit.dimension && other.key == limit.key;
        if self.limits[..index].iter().any(same) {
            faults.push(FieldError::new(format!("/limits/{index}/key"), "used_twice"));
        }
    }
}
