//! The filters of the queue. They are all part of the address, so an officer can send a view to a colleague.

use std::str::FromStr;

use serde::Deserialize;

use crate::{
    domain::{
        actor::{Actor, Role},
        field_error::FieldError,
        ids::BatchId,
        lifecycle::State,
        text_enum::{UnknownCode, text_enum},
    },
    web::{Problem, Service, cursor::Cursors},
    workflow::list_cases::{Assignee, Key, Sort, Wanted},
};

text_enum! {
    /// The views of the queue.
    pub enum Tab {
        /// The cases that I have claimed.
        Mine = "mine",
        /// At a stage of my authority, and not claimed.
        Unassigned = "unassigned",
        /// At a stage of my authority.
        Desk = "desk",
        /// Information was requested from the applicant.
        Waiting = "waiting",
        /// Waits for a place.
        Waitlisted = "waitlisted",
        /// Every case that I may see.
        All = "all",
    }
}

impl Tab {
    /// The tabs of this actor, the first one shown first.
    pub fn of(actor: &Actor) -> &'static [Self] {
        if actor.is(Role::Officer) || actor.is(Role::Supervisor) {
            Self::ALL
        } else {
            &[Self::All, Self::Waiting, Self::Waitlisted]
        }
    }
}

/// The raw query of the address. An empty choice counts as none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct QueueQuery {
    tab: String,
    programme: String,
    batch: String,
    state: String,
    stage: String,
    direction: String,
    q: String,
    sort: String,
    after: String,
}

/// The parsed query.
#[derive(Clone, Debug)]
pub struct Filters {
    pub tab: Tab,
    pub programme: Option<String>,
    pub batch: Option<BatchId>,
    pub state: Option<State>,
    pub stage: Option<String>,
    pub direction: Option<String>,
    pub q: Option<String>,
    pub sort: Sort,
    pub after: Option<Key>,
    /// Whether the address names a tab. If not, the page shows the first tab that is not empty.
    pub is_tab_asked: bool,
}

impl Filters {
    /// Parses the query, or reports every fault.
    pub fn read(service: &Service, actor: &Actor, asked: &QueueQuery) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let first = Tab::of(actor).first().copied().unwrap_or(Tab::All);
        let filters = Self {
            tab: code("tab", &asked.tab, &mut faults).unwrap_or(first),
            programme: text(&asked.programme),
            batch: id("batch", &asked.batch, &mut faults),
            state: code("state", &asked.state, &mut faults),
            stage: text(&asked.stage),
            direction: text(&asked.direction),
            q: text(&asked.q),
            sort: code("sort", &asked.sort, &mut faults).unwrap_or(Sort::Due),
            after: None,
            is_tab_asked: !asked.tab.is_empty(),
        };
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let listing = filters.address(&[]);
        let after = Cursors::of(service, actor, &listing).open(text(&asked.after).as_deref())?;
        Ok(Self { after, ..filters })
    }

    /// The filters of one tab, for the use case.
    pub fn wanted(&self, tab: Tab, actor: &Actor) -> Wanted {
        let mine = actor.account().map(Assignee::Officer);
        let (states, assignee, at_own_stages): (&[State], _, _) = match tab {
            Tab::Mine => (&[State::InReview, State::InformationRequested], mine, false),
            Tab::Unassigned => (&[State::InReview], Some(Assignee::Nobody), true),
            Tab::Desk => (&[State::InReview], None, true),
            Tab::Waiting => (&[State::InformationRequested], None, is_reviewer(actor)),
            Tab::Waitlisted => (&[State::Waitlisted], None, false),
            Tab::All => (&[], None, false),
        };
        Wanted {
            programme: self.programme.clone(),
            batch: self.batch,
            states: match self.state {
                Some(state) if tab == Tab::All => vec![state],
                _ => states.to_vec(),
            },
            stage: self.stage.clone(),
            direction: self.direction.clone(),
            assignee,
            q: self.q.clone(),
            sort: Some(self.sort),
            after: self.after,
            at_own_stages,
            ..Wanted::default()
        }
    }

    /// The address of this view with some filters changed; `None` removes one. The new list starts at its beginning.
    pub fn address(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            let changed = changes.iter().find(|(other, _)| *other == name).map(|(_, new)| *new);
            if let Some(value) = changed.unwrap_or(value.as_deref()) {
                query.append_pair(name, value);
            }
        }
        for (name, value) in changes.iter().filter(|(name, _)| *name == "after") {
            query.extend_pairs(value.map(|value| (*name, value)));
        }
        format!("/console?{}", query.finish())
    }

    /// The filters that are set, without tab, order and cursor.
    pub fn set(&self) -> Vec<(&'static str, String)> {
        let is_filter = |name: &str| !matches!(name, "tab" | "sort");
        let set = self.pairs().into_iter().filter(|(name, _)| is_filter(name));
        set.filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn pairs(&self) -> [(&'static str, Option<String>); 8] {
        [
            ("tab", Some(self.tab.to_string())),
            ("programme", self.programme.clone()),
            ("batch", self.batch.map(|id| id.to_string())),
            // The other tabs imply the state; only "all" can be filtered by it.
            ("state", self.state.filter(|_| self.tab == Tab::All).map(|state| state.to_string())),
            ("stage", self.stage.clone()),
            ("direction", self.direction.clone()),
            ("q", self.q.clone()),
            ("sort", (self.sort != Sort::Due).then(|| self.sort.to_string())),
        ]
    }
}

fn is_reviewer(actor: &Actor) -> bool {
    actor.is(Role::Officer) || actor.is(Role::Supervisor)
}

fn text(typed: &str) -> Option<String> {
    Some(typed.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn code<T: FromStr<Err = UnknownCode>>(name: &str, typed: &str, faults: &mut Vec<FieldError>) -> Option<T> {
    let unknown = |error: UnknownCode| FieldError::unknown_code(format!("/{name}"), error.known);
    text(typed)?.parse().map_err(|error| faults.push(unknown(error))).ok()
}

fn id<T: FromStr>(name: &str, typed: &str, faults: &mut Vec<FieldError>) -> Option<T> {
    text(typed)?.parse().map_err(|_| faults.push(FieldError::new(format!("/{name}"), "not_an_id"))).ok()
}
