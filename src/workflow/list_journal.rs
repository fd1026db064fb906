//! The journal for auditors and administrators: the changes of batches, programmes, organisations, accounts and API
//! clients, newest first.

use uuid::Uuid;

use crate::{
    domain::{
        ids::{BatchId, OrganisationId},
        journal::{JournalChange, JournalKind, JournalLine, JournalPlace, JournalSight},
        policy::Operation,
    },
    store::{self, Tx, journal::Range},
    workflow::{
        Result,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

mod batches;

/// One line, with names instead of ids.
#[derive(Clone, Debug)]
pub struct ListedLine {
    /// Its kind, subject, number and time.
    pub place: JournalPlace,
    /// What people call the subject; none if there is no such row any more.
    pub label: Option<String>,
    /// `account`, `client`, `system`, `operator` or `anonymous`.
    pub actor_kind: String,
    /// The person's or program's name.
    pub actor: Option<String>,
    /// The code of the organisation that the actor acted for.
    pub organisation: Option<String>,
    /// The code of what was done.
    pub action: &'static str,
    /// Old and new values.
    pub changes: Vec<JournalChange>,
    /// The line's hash.
    pub hash: Vec<u8>,
}

/// A page of the journal.
#[derive(Clone, Debug)]
pub struct JournalPage {
    /// The lines, newest first.
    pub lines: Vec<ListedLine>,
    /// The start of the next page; none if this is the last page.
    pub next: Option<JournalPlace>,
}

/// The lines that the actor may read.
#[derive(Clone, Debug, Default)]
pub struct ListJournal {
    /// Only of this kind.
    pub kind: Option<JournalKind>,
    /// Only about the one with this id or, for a programme, this code.
    pub subject: Option<String>,
    /// After this line.
    pub after: Option<JournalPlace>,
    /// The maximum number of lines.
    pub at_most: usize,
}

impl Query for ListJournal {
    type Subject = Installation;
    type Output = JournalPage;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListJournal, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<JournalPage> {
        let scope = Scope::of(ctx)?;
        let limit = i64::try_from(self.at_most).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = Vec::new();
        for kind in JournalKind::ALL.iter().filter(|kind| self.kind.is_none_or(|only| only == **kind)) {
            match (kind, &scope.programmes) {
                (JournalKind::Batch, programmes) => {
                    found.extend(self.of_batches(ctx.tx, programmes.as_deref(), limit)?);
                }
                (JournalKind::Programme, Some(programmes)) => {
                    for code in programmes.iter().filter(|code| self.is_about(code)) {
                        found.extend(self.of_kind(ctx.tx, *kind, Some(code), None, limit)?);
                    }
                }
                (JournalKind::Programme, None) => {
                    found.extend(self.of_kind(ctx.tx, *kind, self.subject.as_deref(), None, limit)?);
                }
                (kind, _) => {
                    let subject = self.subject.as_deref();
                    found.extend(self.of_kind(ctx.tx, *kind, subject, scope.organisation, limit)?);
                }
            }
        }
        found.sort_by(|a, b| b.place.cmp(&a.place));
        let is_more = found.len() > self.at_most;
        found.truncate(self.at_most);
        let next = found.last().filter(|_| is_more).map(|line| line.place.clone());
        Ok(JournalPage { lines: with_names(ctx.tx, found)?, next })
    }
}

/// What the actor sees, in terms of rows.
struct Scope {
    /// Only this organisation's lines.
    organisation: Option<OrganisationId>,
    /// Only these programmes and their batches.
    programmes: Option<Vec<String>>,
}

impl Scope {
    fn of(ctx: &mut Context<'_, '_>) -> Result<Self> {
        Ok(match JournalSight::of(ctx.actor) {
            JournalSight::All => Self { organisation: None, programmes: None },
            JournalSight::Organisation { id, code } => {
                let all = store::programme::all_newest(ctx.tx)?;
                let own = all.iter().filter(|programme| programme.authority(&code).is_some());
                let programmes = own.map(|programme| programme.code.clone()).collect();
                Self { organisation: Some(id), programmes: Some(programmes) }
            }
        })
    }
}

/// A line whose names are not known yet.
struct Found {
    place: JournalPlace,
    actor_kind: String,
    actor: Option<Uuid>,
    organisation: Option<OrganisationId>,
    action: &'static str,
    changes: Vec<JournalChange>,
    hash: Vec<u8>,
}

impl From<JournalLine> for Found {
    fn from(line: JournalLine) -> Self {
        Self {
            actor_kind: line.actor_kind,
            actor: line.actor,
            organisation: line.actor_organisation,
            action: line.action.as_str(),
            changes: line.words.into_iter().flatten().chain(line.changes).collect(),
            hash: line.hash,
            place: JournalPlace { at: line.at, kind: line.kind, subject: line.subject, seq: line.seq },
        }
    }
}

impl ListJournal {
    fn is_about(&self, subject: &str) -> bool {
        self.subject.as_deref().is_none_or(|only| only == subject)
    }

    fn of_kind(
        &self,
        tx: &mut Tx<'_>,
        kind: JournalKind,
        subject: Option<&str>,
        organisation: Option<OrganisationId>,
        at_most: i64,
    ) -> Result<Vec<Found>> {
        let range = Range { kind, subject, organisation, after: self.after.as_ref() };
        Ok(store::journal::lines(tx, range, at_most)?.into_iter().map(Found::from).collect())
    }

    fn of_batches(&self, tx: &mut Tx<'_>, programmes: Option<&[String]>, at_most: i64) -> Result<Vec<Found>> {
        let batch: Option<BatchId> = match self.subject.as_deref().map(str::parse).transpose() {
            Ok(batch) => batch,
            Err(_) => return Ok(Vec::new()),
        };
        let wanted = store::journal::batch_lines(tx, batch, programmes, self.after.as_ref(), at_most)?;
        batches::lines(tx, &wanted)
    }
}

/// Fills in the names of subjects, actors and organisations.
fn with_names(tx: &mut Tx<'_>, found: Vec<Found>) -> Result<Vec<ListedLine>> {
    let mut labels = Vec::new();
    for kind in JournalKind::ALL {
        let mut subjects: Vec<String> = found
            .iter()
            .filter(|line| line.place.kind == *kind)
            .map(|line| line.place.subject.clone())
            .collect();
        subjects.sort();
        subjects.dedup();
        if !subjects.is_empty() {
            labels.extend(store::journal::labels(tx, *kind, &subjects)?);
        }
    }
    let mut actors: Vec<Uuid> = found.iter().filter_map(|line| line.actor).collect();
    actors.sort();
    actors.dedup();
    let names = if actors.is_empty() { Vec::new() } else { store::event::names_of(tx, &actors)? };
    let mut organisations: Vec<OrganisationId> = found.iter().filter_map(|line| line.organisation).collect();
    organisations.sort();
    organisations.dedup();
    let codes = store::organisation::codes_of(tx, &organisations)?;
    let listed = found.into_iter().map(|line| ListedLine {
        label: value_of(&labels, &line.place.subject),
        actor: line.actor.and_then(|id| value_of(&names, &id)),
        organisation: line.organisation.and_then(|id| value_of(&codes, &id)),
        place: line.place,
        actor_kind: line.actor_kind,
        action: line.action,
        changes: line.changes,
        hash: line.hash,
    });
    Ok(listed.collect())
}

fn value_of<K: PartialEq>(pairs: &[(K, String)], key: &K) -> Option<String> {
    pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
}
