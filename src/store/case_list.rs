//! Listings of cases: what an actor may see, narrowed by filters, paged by key. Each sort has its index.

use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable},
};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::MultiBackend,
    schema::{accounts, applications, organisations},
    types::At,
};
use crate::{
    domain::{
        ids::{AccountId, ApplicationId, BatchId, OrganisationId},
        lifecycle::State,
    },
    text_enum,
};

/// Whose cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// All that was submitted: auditors.
    All,
    /// The person's own, and those that the organisation sponsors or entered.
    Side {
        /// The person.
        account: Option<AccountId>,
        /// The organisation.
        organisation: Option<OrganisationId>,
    },
    /// All that was submitted in these programmes and directions: authorities.
    Reviewed(Vec<(String, String)>),
    /// What is visible in any of these ways: who is more than one thing.
    Any(Vec<Visible>),
    /// None.
    Nothing,
}

text_enum! {
    /// In which order.
    pub enum Sort {
        /// What is due first; cases without a date last.
        Due = "due",
        /// What changed last.
        Updated = "updated",
        /// What was made last.
        Created = "created",
    }
}

/// Whose hands a case is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody's.
    Nobody,
    /// This officer's.
    Officer(AccountId),
}

/// What to list. Empty filters let everything through.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct CaseFilter {
    pub visible: Visible,
    pub programme: Option<String>,
    pub batch: Option<BatchId>,
    pub states: Vec<State>,
    /// Stage and direction of each seat; empty: any.
    pub seats: Vec<(String, String)>,
    pub stage: Option<String>,
    pub direction: Option<String>,
    pub assignee: Option<Assignee>,
    /// A sponsor's organisation code.
    pub sponsor: Option<String>,
    pub search: Option<Search>,
    pub sort: Sort,
    pub after: Option<Key>,
}

impl CaseFilter {
    /// Everything that is visible, what changed last first.
    pub const fn of(visible: Visible) -> Self {
        Self {
            visible,
            programme: None,
            batch: None,
            states: Vec::new(),
            seats: Vec::new(),
            stage: None,
            direction: None,
            assignee: None,
            sponsor: None,
            search: None,
            sort: Sort::Updated,
            after: None,
        }
    }
}

/// What a person typed into the search box, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// A whole reference.
    Reference(String),
    /// The beginning of a name, or a document's number.
    Text {
        /// In lower case.
        name: String,
        /// Issuer and number for every country that could have issued such a number.
        documents: Vec<String>,
    },
}

/// A place in a listing: the value sorted by, and the id.
pub type Key = (Option<Timestamp>, ApplicationId);

/// One line of a listing.
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
}

impl CaseLine {
    /// Where the listing goes on after this line.
    pub const fn key(&self, sort: Sort) -> Key {
        match sort {
            Sort::Due => (self.due_at, self.id),
            Sort::Updated => (Some(self.updated_at), self.id),
            Sort::Created => (Some(self.created_at), self.id),
        }
    }
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
        }
    }
}

type Condition = Box<dyn BoxableExpression<applications::table, MultiBackend, SqlType = Nullable<Bool>>>;

/// The lines that a filter lets through, `at_most` of them.
pub fn list(tx: &mut Tx<'_>, filter: &CaseFilter, at_most: i64) -> Result<Vec<CaseLine>, StoreError> {
    let mut query = applications::table
        .select((
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
        ))
        .limit(at_most)
        .into_boxed();
    for condition in conditions(tx, filter) {
        query = query.filter(condition);
    }
    if let Some(after) = filter.after {
        query = query.filter(past(filter.sort, after));
    }
    query = match filter.sort {
        Sort::Due => query.order((applications::due_at.is_null(), applications::due_at, applications::id)),
        Sort::Updated => query.order((applications::updated_at.desc(), applications::id.desc())),
        Sort::Created => query.order((applications::created_at.desc(), applications::id.desc())),
    };
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    with_names(tx, rows)
}

/// How many cases a filter lets through, counted up to `at_most`: a tab says "1000+" rather than wait.
pub fn count(tx: &mut Tx<'_>, filter: &CaseFilter, at_most: i64) -> Result<i64, StoreError> {
    let mut query = applications::table.select(applications::id).limit(at_most).into_boxed();
    for condition in conditions(tx, filter) {
        query = query.filter(condition);
    }
    let ids: Vec<ApplicationId> = query.load(tx.conn()?)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

fn with_names(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<CaseLine>, StoreError> {
    let assignees: Vec<AccountId> = rows.iter().filter_map(|row| row.assignee_id).collect();
    let sponsors: Vec<OrganisationId> = rows.iter().filter_map(|row| row.sponsor_id).collect();
    let assignees: Vec<(AccountId, String)> = match assignees.is_empty() {
        true => Vec::new(),
        false => {
            let named = accounts::table.filter(accounts::id.eq_any(assignees));
            named.select((accounts::id, accounts::name)).load(tx.conn()?)?
        }
    };
    let sponsors: Vec<(OrganisationId, String)> = match sponsors.is_empty() {
        true => Vec::new(),
        false => {
            let coded = organisations::table.filter(organisations::id.eq_any(sponsors));
            coded.select((organisations::id, organisations::code)).load(tx.conn()?)?
        }
    };
    Ok(rows.into_iter().map(|row| row.into_line(&assignees, &sponsors)).collect())
}

fn conditions(tx: &Tx<'_>, filter: &CaseFilter) -> Vec<Condition> {
    let mut all: Vec<Condition> = vec![visible(&filter.visible)];
    if let Some(programme) = filter.programme.clone() {
        all.push(Box::new(applications::programme_code.eq(programme).nullable()));
    }
    if let Some(batch) = filter.batch {
        all.push(Box::new(applications::batch_id.eq(batch).nullable()));
    }
    if !filter.states.is_empty() {
        let states: Vec<&'static str> = filter.states.iter().map(|state| state.as_str()).collect();
        all.push(Box::new(applications::state.eq_any(states).nullable()));
    }
    if let Some(stage) = filter.stage.clone() {
        all.push(Box::new(applications::stage.eq(Some(stage))));
    }
    if let Some(direction) = filter.direction.clone() {
        all.push(Box::new(applications::direction.eq(direction).nullable()));
    }
    if !filter.seats.is_empty() {
        let seats = filter.seats.iter().cloned();
        all.push(any_of(seats.map(|(stage, direction)| -> Condition {
            Box::new(applications::stage.eq(Some(stage)).and(applications::direction.eq(direction)))
        })));
    }
    match filter.assignee {
        None => {}
        Some(Assignee::Nobody) => all.push(Box::new(applications::assignee_id.is_null().nullable())),
        Some(Assignee::Officer(id)) => all.push(Box::new(applications::assignee_id.eq(Some(id)))),
    }
    if let Some(sponsor) = filter.sponsor.clone() {
        let ids =
            organisations::table.filter(organisations::code.eq(sponsor)).select(organisations::id.nullable());
        all.push(Box::new(applications::sponsor_id.eq_any(ids)));
    }
    match &filter.search {
        None => {}
        Some(Search::Reference(reference)) => {
            all.push(Box::new(applications::reference.eq(reference.clone()).nullable()));
        }
        Some(Search::Text { name, documents }) => {
            let after_all = format!("{name}\u{10FFFF}");
            let by_name =
                applications::name_key.ge(name.clone()).and(applications::name_key.lt(after_all)).nullable();
            let hashes: Vec<Vec<u8>> =
                documents.iter().map(|document| tx.secret.lookup_hash(document)).collect();
            let by_document = applications::document_hash.eq_any(hashes);
            all.push(Box::new(by_name.or(by_document)));
        }
    }
    all
}

fn visible(visible: &Visible) -> Condition {
    match visible.clone() {
        Visible::All => Box::new(applications::submitted_at.is_not_null().nullable()),
        Visible::Any(ways) => any_of(ways.iter().map(self::visible)),
        Visible::Nothing => Box::new(applications::id.is_null().nullable()),
        Visible::Side { account, organisation } => {
            let mut sides: Vec<Condition> = Vec::new();
            if let Some(account) = account {
                sides.push(Box::new(applications::applicant_id.eq(Some(account))));
            }
            if let Some(organisation) = organisation {
                sides.push(Box::new(applications::sponsor_id.eq(Some(organisation))));
                sides.push(Box::new(applications::creator_organisation_id.eq(Some(organisation))));
            }
            any_of(sides)
        }
        Visible::Reviewed(seats) => {
            let reviewed = any_of(seats.into_iter().map(|(programme, direction)| -> Condition {
                let seat =
                    applications::programme_code.eq(programme).and(applications::direction.eq(direction));
                Box::new(seat.nullable())
            }));
            Box::new(reviewed.and(applications::submitted_at.is_not_null().nullable()))
        }
    }
}

/// Any of the conditions; none of them is never.
fn any_of(conditions: impl IntoIterator<Item = Condition>) -> Condition {
    let mut conditions = conditions.into_iter();
    let Some(first) = conditions.next() else { return Box::new(applications::id.is_null().nullable()) };
    conditions.fold(first, |any, next| Box::new(any.or(next)))
}

/// What comes after a key, in the order of `sort`.
fn past(sort: Sort, (value, id): Key) -> Condition {
    match (sort, value.map(At)) {
        (Sort::Due, Some(value)) => {
            let later = applications::due_at.gt(Some(value));
            let same = applications::due_at.eq(Some(value)).and(applications::id.gt(id));
            Box::new(later.or(same).or(applications::due_at.is_null()))
        }
        (Sort::Due, None) => Box::new(applications::due_at.is_null().and(applications::id.gt(id)).nullable()),
        (Sort::Updated, Some(value)) => {
            let same = applications::updated_at.eq(value).and(applications::id.lt(id));
            Box::new(applications::updated_at.lt(value).or(same).nullable())
        }
        (Sort::Created, Some(value)) => {
            let same = applications::created_at.eq(value).and(applications::id.lt(id));
            Box::new(applications::created_at.lt(value).or(same).nullable())
        }
        (Sort::Updated | Sort::Created, None) => Box::new(applications::id.is_null().nullable()),
    }
}
