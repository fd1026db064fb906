//! A programme: the arrangement between territories, as its file defines it. Every rule that differs between programmes
//! is in that file, not in this code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{calendar, field_error::FieldError};

mod texts;

pub use texts::Text;

/// The whole arrangement. `version` counts up with every change of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Programme {
    pub code: String,
    #[serde(default)]
    pub version: i32,
    pub name: Text,
    pub summary: Text,
    pub territories: Vec<String>,
    /// The time zone of each territory by its name in the IANA database, such as `Asia/Almaty`. The days of a territory
    /// without one are days in UTC.
    #[serde(default)]
    pub time_zones: BTreeMap<String, String>,
    pub directions: Vec<String>,
    pub authorities: Vec<Authority>,
    /// The authorities that run the batches, by direction. A batch is for all directions, so each of them runs it. If none
    /// is named, every authority does.
    #[serde(default)]
    pub managers: BTreeMap<String, Vec<String>>,
    pub categories: Vec<Category>,
    #[serde(default)]
    pub priorities: Vec<Priority>,
    pub stages: Vec<Stage>,
    pub evidence: Vec<EvidenceKind>,
    pub declarations: Vec<Declaration>,
    pub rules: Rules,
    pub grounds: Vec<Ground>,
    #[serde(default)]
    pub entry_conditions: Vec<Condition>,
}

/// A participating authority. Applying the programme creates its organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Authority {
    pub code: String,
    pub territory: String,
    pub name: Text,
    pub address: Text,
}

/// A kind of traveller. Its points count if a batch is ranked: more points come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Category {
    pub code: String,
    #[serde(default, alias = "rank")]
    pub points: i32,
    pub name: Text,
    pub description: Text,
}

/// The priority of a project. Its points are added to those of the category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Priority {
    pub code: String,
    pub points: i32,
    pub name: Text,
}

/// One authority's review, by direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Stage {
    pub code: String,
    pub name: Text,
    pub authority: BTreeMap<String, String>,
    pub due_days: u32,
    pub may_refuse: bool,
    pub checklist: Vec<Text>,
}

/// A kind of document for an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct EvidenceKind {
    pub kind: String,
    pub name: Text,
    pub hint: Text,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub required_for: Vec<String>,
}

/// A statement that the traveller answers with yes or no. The answer that is not `expected` is a blocking finding
/// for `stage`, or, without a stage, keeps the form from being submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Declaration {
    pub code: String,
    pub text: Text,
    pub expected: bool,
    #[serde(default)]
    pub stage: Option<String>,
}

/// The programme's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Rules {
    pub min_age_years: i16,
    pub passport_valid_months_after_leaving: i32,
    pub max_stay_days: i64,
    /// How long an authorization is valid after the day of leaving.
    #[serde(default)]
    pub days_after_leaving: u32,
    pub respond_days: u32,
    pub appeal_days: u32,
}

/// A reason for a refusal or revocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Ground {
    pub code: String,
    pub text: Text,
}

/// The conditions at the border; printed in the approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Condition {
    pub text: Text,
}

impl Programme {
    /// Reads a programme's file. Unlike a stored programme, which a newer version may have written, it has no unknown
    /// fields.
    pub fn from_file(text: &str) -> Result<Self, String> {
        let mut unknown = Vec::new();
        let file = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
        let programme = serde_ignored::deserialize(file, |path| unknown.push(path.to_string()));
        let programme = programme.map_err(|error| error.to_string())?;
        match unknown.is_empty() {
            true => Ok(programme),
            false => Err(format!("unknown field {}", unknown.join(", "))),
        }
    }

    /// The stage with this code.
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.code == code)
    }

    /// The stage after this one; none after the last.
    pub fn stage_after(&self, code: &str) -> Option<&Stage> {
        let at = self.stages.iter().position(|stage| stage.code == code)?;
        self.stages.get(at + 1)
    }

    /// The authority with this code.
    pub fn authority(&self, code: &str) -> Option<&Authority> {
        self.authorities.iter().find(|authority| authority.code == code)
    }

    /// Whether the programme names this authority as one that runs its batches.
    pub fn is_managed_by(&self, authority: &str) -> bool {
        self.managers.values().flatten().any(|code| code == authority)
    }

    /// The codes of all categories.
    pub fn category_codes(&self) -> impl Iterator<Item = &String> {
        self.categories.iter().map(|category| &category.code)
    }

    /// The category with this code.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.code == code)
    }

    /// The codes of all priorities.
    pub fn priority_codes(&self) -> impl Iterator<Item = &String> {
        self.priorities.iter().map(|priority| &priority.code)
    }

    /// The priority with this code.
    pub fn priority(&self, code: &str) -> Option<&Priority> {
        self.priorities.iter().find(|priority| priority.code == code)
    }

    /// The points of a case: of its category and its project priority.
    pub fn points(&self, category: &str, priority: Option<&str>) -> i32 {
        let of_category = self.category(category).map_or(0, |category| category.points);
        let of_priority = priority.and_then(|code| self.priority(code)).map_or(0, |priority| priority.points);
        of_category.saturating_add(of_priority)
    }

    /// The name of the time zone of a territory.
    pub fn zone_name(&self, territory: &str) -> Option<&str> {
        self.time_zones.get(territory).map(String::as_str)
    }

    /// The time zone of a territory.
    pub fn time_zone(&self, territory: &str) -> TimeZone {
        self.zone_name(territory).and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// The day that it is at `now` in a territory.
    pub fn day_in(&self, territory: &str, now: Timestamp) -> Date {
        calendar::day_in(&self.time_zone(territory), now)
    }

    /// The first moment at which a day is over in every territory.
    pub fn end_everywhere(&self, date: Date) -> Timestamp {
        let ends =
            self.territories.iter().map(|territory| calendar::end_in(&self.time_zone(territory), date));
        ends.max().unwrap_or_else(|| calendar::end_in(&TimeZone::UTC, date))
    }

    /// The ground with this code.
    pub fn ground(&self, code: &str) -> Option<&Ground> {
        self.grounds.iter().find(|ground| ground.code == code)
    }

    /// Whether the kind of evidence is required for a category.
    pub fn requires(&self, kind: &EvidenceKind, category: &str) -> bool {
        kind.required || kind.required_for.iter().any(|code| code == category)
    }

    /// Every fault of the file: codes that are used twice or not declared, empty lists, directions with unknown
    /// territories.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let is_code = |code: &str| {
            !code.is_empty()
                && code.len() <= 64
                && code
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        };
        if !is_code(&self.code) {
            faults.push(FieldError::new("/code", "not_a_code"));
        }
        let lists: [(&str, Vec<&str>); 7] = [
            ("authorities", self.authorities.iter().map(|a| a.code.as_str()).collect()),
            ("categories", self.categories.iter().map(|c| c.code.as_str()).collect()),
            ("priorities", self.priorities.iter().map(|p| p.code.as_str()).collect()),
            ("stages", self.stages.iter().map(|s| s.code.as_str()).collect()),
            ("evidence", self.evidence.iter().map(|e| e.kind.as_str()).collect()),
            ("declarations", self.declarations.iter().map(|d| d.code.as_str()).collect()),
            ("grounds", self.grounds.iter().map(|g| g.code.as_str()).collect()),
        ];
        for (list, codes) in &lists {
            let mut seen = BTreeSet::new();
            for (index, code) in codes.iter().enumerate() {
                if !is_code(code) {
                    faults.push(FieldError::new(format!("/{list}/{index}"), "not_a_code"));
                }
                if !seen.insert(code) {
                    faults.push(FieldError::new(format!("/{list}/{index}"), "used_twice"));
                }
            }
            if codes.is_empty() && matches!(*list, "categories" | "stages" | "grounds") {
                faults.push(FieldError::new(format!("/{list}"), "required"));
            }
        }
        self.direction_faults(&mut faults);
        self.rule_faults(&mut faults);
        self.manager_faults(&mut faults);
        self.time_zone_faults(&mut faults);
        self.reference_faults(&mut faults);
        faults.extend(texts::faults(self));
        faults
    }

    fn direction_faults(&self, faults: &mut Vec<FieldError>) {
        if self.directions.is_empty() {
            faults.push(FieldError::new("/directions", "required"));
        }
        for (index, direction) in self.directions.iter().enumerate() {
            let known = |side: &str| self.territories.iter().any(|territory| territory == side);
            if !direction.split_once('-').is_some_and(|(from, to)| from != to && known(from) && known(to)) {
                faults.push(FieldError::new(format!("/directions/{index}"), "not_a_direction"));
            }
        }
        for (index, stage) in self.stages.iter().enumerate() {
            for direction in &self.directions {
                let authority = stage.authority.get(direction);
                if authority.is_none_or(|code| self.authority(code).is_none()) {
                    faults.push(FieldError::unknown_code(
                        format!("/stages/{index}/authority/{direction}"),
                        self.authorities.iter().map(|authority| &authority.code),
                    ));
                }
            }
        }
    }

    fn rule_faults(&self, faults: &mut Vec<FieldError>) {
        let Rules {
            min_age_years,
            passport_valid_months_after_leaving,
            max_stay_days,
            days_after_leaving,
            respond_days,
            appeal_days,
        } = self.rules;
        let rules = [
            ("min_age_years", i64::from(min_age_years), 0, 150),
            ("passport_valid_months_after_leaving", i64::from(passport_valid_months_after_leaving), 0, 120),
            ("max_stay_days", max_stay_days, 1, 3650),
            ("days_after_leaving", i64::from(days_after_leaving), 0, 3650),
            ("respond_days", i64::from(respond_days), 1, 90),
            ("appeal_days", i64::from(appeal_days), 0, 3650),
        ];
        for (rule, value, least, most) in rules {
            if !(least..=most).contains(&value) {
                let fault = FieldError::new(format!("/rules/{rule}"), "out_of_range");
                faults.push(fault.with("least", least).with("most", most));
            }
        }
        for (index, stage) in self.stages.iter().enumerate().filter(|(_, stage)| stage.due_days > 3650) {
            let fault = FieldError::new(format!("/stages/{index}/due_days"), "out_of_range");
            faults.push(fault.with("least", 0).with("most", 3650).with("stage", &stage.code));
        }
    }

    fn manager_faults(&self, faults: &mut Vec<FieldError>) {
        for (direction, managers) in &self.managers {
            let pointer = format!("/managers/{direction}");
            if !self.directions.contains(direction) {
                faults.push(FieldError::unknown_code(pointer, &self.directions));
            } else if managers.is_empty() {
                faults.push(FieldError::new(pointer, "required"));
            } else if managers.iter().any(|code| self.authority(code).is_none()) {
                let known = self.authorities.iter().map(|authority| &authority.code);
                faults.push(FieldError::unknown_code(pointer, known));
            }
        }
    }

    fn time_zone_faults(&self, faults: &mut Vec<FieldError>) {
        for (territory, zone) in &self.time_zones {
            let pointer = format!("/time_zones/{territory}");
            if !self.territories.contains(territory) {
                faults.push(FieldError::unknown_code(pointer, &self.territories));
            } else if TimeZone::get(zone).is_err() {
                faults.push(FieldError::new(pointer, "unknown_time_zone"));
            }
        }
    }

    fn reference_faults(&self, faults: &mut Vec<FieldError>) {
        for (index, kind) in self.evidence.iter().enumerate() {
            if kind.required_for.iter().any(|code| self.category(code).is_none()) {
                let pointer = format!("/evidence/{index}/required_for");
                faults.push(FieldError::unknown_code(pointer, self.category_codes()));
            }
        }
        for (index, declaration) in self.declarations.iter().enumerate() {
            if declaration.stage.as_ref().is_some_and(|code| self.stage(code).is_none()) {
                let pointer = format!("/declarations/{index}/stage");
                faults.push(FieldError::unknown_code(pointer, self.stages.iter().map(|stage| &stage.code)));
            }
        }
    }
}

/// `CN-KZ` as its two ends: home and host.
pub fn ends(direction: &str) -> (&str, &str) {
    direction.split_once('-').unwrap_or((direction, direction))
}
