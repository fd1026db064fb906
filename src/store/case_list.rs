//! Listings of cases: what an actor may see, filtered, in pages by key. `case_list/scan.rs` says how a listing finds
//! its lines without reading the others.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    dialect::load_any,
    organisation,
    schema::{accounts, applications},
    types::At,
};
use crate::{
    domain::{
        ids::{AccountId, ApplicationId, BatchId, OrganisationId},
        lifecycle::State,
    },
    text_enum,
};

mod conditions;
mod scan;
mod search;

/// Which cases an actor may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// The person's own, and those that the organisation sponsors or entered.
    Side {
        /// The person.
        account: Option<AccountId>,
        /// The organisation.
        organisation: Option<OrganisationId>,
    },
    /// Cases of others that this sponsor is asked to accept.
    Asked(OrganisationId),
    /// All submitted cases of these jurisdictions: authorities, and auditors of all of them.
    Reviewed(Vec<Jurisdiction>),
    /// What is visible in any of these ways; none: nothing.
    Any(Vec<Visible>),
}

/// The cases of a programme in one direction, and the stages at which they are reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Jurisdiction {
    pub programme: String,
    pub direction: String,
    pub stages: Vec<String>,
    /// Only cases of these versions of the programme; none: of all.
    pub versions: Option<Vec<i32>>,
}

/// A stage of a programme in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct StageAt {
    pub programme: String,
    pub direction: String,
    pub stage: String,
    /// In these versions of the programme; none: in all.
    pub versions: Option<Vec<i32>>,
}

text_enum! {
    /// The order of a listing.
    pub enum Sort {
        /// By due date, the earliest first, cases without one last.
        Due = "due",
        /// By the last change, the newest first.
        Updated = "updated",
        /// By creation, the newest first.
        Created = "created",
    }
}

/// Who has claimed a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody.
    Nobody,
    /// This officer.
    Officer(AccountId),
}

/// What to list. An empty filter matches every case.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct CaseFilter {
    pub visible: Visible,
    pub programme: Option<String>,
    pub batch: Option<BatchId>,
    pub states: Vec<State>,
    /// At one of these stages; empty: at any stage.
    pub at_stages: Vec<StageAt>,
    pub stage: Option<String>,
    pub direction: Option<String>,
    pub assignee: Option<Assignee>,
    pub sponsor: Option<OrganisationId>,
    pub search: Option<Search>,
    /// The order. A search by name ignores it and lists by name.
    pub sort: Sort,
    pub after: Option<Key>,
}

impl CaseFilter {
    /// Every visible case, by the last change.
    pub const fn of(visible: Visible) -> Self {
        Self {
            visible,
            programme: None,
            batch: None,
            states: Vec::new(),
            at_stages: Vec::new(),
            stage: None,
            direction: None,
            assignee: None,
            sponsor: None,
            search: None,
            sort: Sort::Updated,
            after: None,
        }
    }

    /// The key after which the page that follows this line begins.
    pub const fn key_of(&self, line: &CaseLine) -> Key {
        match (&self.search, self.sort) {
            (Some(Search::Text { .. }), _) => (None, line.id),
            (_, Sort::Due) => (line.due_at, line.id),
            (_, Sort::Updated) => (Some(line.updated_at), line.id),
            (_, Sort::Created) => (Some(line.created_at), line.id),
        }
    }
}

/// The parsed text of the search box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// A complete reference.
    Reference(String),
    /// The beginning of a name, or a document's number.
    Text {
        /// In lower case.
        name: String,
        /// Issuer and number for every country that could have issued such a number.
        documents: Vec<String>,
    },
}

/// A place in a listing: the value that it is sorted by, and the id. The key of a search by name has no value: it is
/// part of a URL, and no name may be.
pub type Key = (Option<Timestamp>, ApplicationId);

/// The columns of a line.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
struct Row {
    id: ApplicationId,
    reference: String,
    programme_code: String,
    batch_id: BatchId,
    direction: String,
    category: String,
    state: State,
    stage: Option<String>,
    assignee_id: Option<AccountId>,
    sponsor_id: Option<OrganisationId>,
    family_name: String,
    given_names: String,
    version: i32,
    created_at: At,
    updated_at: At,
    submitted_at: Option<At>,
    due_at: Option<At>,
    decided_at: Option<At>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct CaseLine {
    pub id: ApplicationId,
    pub reference: String,
    pub programme: String,
    pub batch: BatchId,
    pub direction: String,
    pub category: String,
    pub state: State,
    pub stage: Option<String>,
    pub assignee: Option<AccountId>,
    pub assignee_name: Option<String>,
    pub sponsor: Option<String>,
    pub family_name: String,
    pub given_names: String,
    pub version: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    /// Whether the actor may see the reference and the name only.
    pub shows_name_only: bool,
}

impl Row {
    fn into_line(self, assignees: &[(AccountId, String)], sponsors: &[(OrganisationId, String)]) -> CaseLine {
        let assignee_name =
            assignees.iter().find(|(id, _)| Some(*id) == self.assignee_id).map(|(_, name)| name.clone());
        let sponsor =
            sponsors.iter().find(|(id, _)| Some(*id) == self.sponsor_id).map(|(_, code)| code.clone());
        CaseLine {
            id: self.id,
            reference: self.reference,
            programme: self.programme_code,
            batch: self.batch_id,
            direction: self.direction,
            category: self.category,
            state: self.state,
            stage: self.stage,
            assignee: self.assignee_id,
            assignee_name,
            sponsor,
            family_name: self.family_name,
            given_names: self.given_names,
            version: self.version,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            submitted_at: self.submitted_at.map(|at| at.0),
            due_at: self.due_at.map(|at| at.0),
            decided_at: self.decided_at.map(|at| at.0),
            shows_name_only: false,
        }
    }
}

/// The first lines that match a filter.
pub fn list(tx: &mut Tx<'_>, filter: &CaseFilter, at_most: usize) -> Result<Vec<CaseLine>, StoreError> {
    let found = match &filter.search {
        Some(Search::Text { name, documents }) => search::find(tx, filter, name, documents, at_most)?,
        _ => scan::in_order(tx, filter, at_most)?,
    };
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = rows_of(tx, &found)?;
    rows.sort_by_key(|row| found.iter().position(|id| *id == row.id));
    with_names(tx, rows)
}

/// The number of cases that match a filter, counted up to `at_most`: a tab shows "99+" instead of waiting.
pub fn count(tx: &mut Tx<'_>, filter: &CaseFilter, at_most: usize) -> Result<usize, StoreError> {
    let found: HashSet<ApplicationId> = match &filter.search {
        Some(Search::Text { name, documents }) => {
            search::find(tx, filter, name, documents, at_most)?.into_iter().collect()
        }
        _ => scan::in_any_order(tx, filter, at_most)?,
    };
    Ok(found.len().min(at_most))
}

fn rows_of(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<Vec<Row>, StoreError> {
    let rows = applications::table.select((
        applications::id,
        applications::reference,
        applications::programme_code,
        applications::batch_id,
        applications::direction,
        applications::category,
        applications::state,
        applications::stage,
        applications::assignee_id,
        applications::sponsor_id,
        applications::family_name,
        applications::given_names,
        applications::version,
        applications::created_at,
        applications::updated_at,
        applications::submitted_at,
        applications::due_at,
        applications::decided_at,
    ));
    Ok(load_any!(tx.conn()?, rows, applications::id, ids))
}

fn with_names(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<CaseLine>, StoreError> {
    let assignees: BTreeSet<AccountId> = rows.iter().filter_map(|row| row.assignee_id).collect();
    let assignees: Vec<AccountId> = assignees.into_iter().collect();
    let named = accounts::table.select((accounts::id, accounts::name));
    let assignees: Vec<(AccountId, String)> = load_any!(tx.conn()?, named, accounts::id, assignees);
    let sponsors: BTreeSet<OrganisationId> = rows.iter().filter_map(|row| row.sponsor_id).collect();
    let sponsors: Vec<OrganisationId> = sponsors.into_iter().collect();
    let sponsors = organisation::codes_of(tx, &sponsors)?;
    Ok(rows.into_iter().map(|row| row.into_line(&assignees, &sponsors)).collect())
}
