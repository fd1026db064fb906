//! A case's history, as far as the actor may read it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{
        access::{Access, AccessRecord},
        case::Dossier,
        event::{Event, Words},
        form::{self, FieldValue},
        history::{self, Part, Reader},
        ids::{ApplicationId, OrganisationId},
        lifecycle::{Action, State},
        policy::{self, Operation},
    },
    store::{self, Tx},
    workflow::{
        Result,
        entrance::{Context, Query},
        subject::Permitted,
    },
};

/// One event, with names instead of ids.
#[derive(Clone, Debug)]
pub struct HistoryLine {
    /// The event, with the facts and words that the reader sees (`domain/history.rs`).
    pub event: Event,
    /// The person's or program's name, if the reader sees it.
    pub actor_name: Option<String>,
    /// The acting authority's code, if an authority acted.
    pub authority: Option<String>,
}

/// An access record, with names instead of ids. Officers see it between the events.
#[derive(Clone, Debug)]
pub struct AccessLine {
    /// The record.
    pub record: AccessRecord,
    /// The person's or program's name.
    pub actor_name: Option<String>,
    /// The code of the reader's organisation.
    pub organisation: Option<String>,
    /// The state of the case at that time.
    pub state: State,
    /// The stage of the case at that time.
    pub stage: Option<String>,
    /// The kind of the document that was read, and its id. The kind is left out if the document was removed since.
    pub evidence: Option<String>,
}

/// A line of the history.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most lines are events, and a page has few lines")]
pub enum Line {
    /// An event.
    Event(HistoryLine),
    /// An access record.
    Access(AccessLine),
}

/// A place in the history: an event, or one of the access records that follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position(i32, i32);

impl Position {
    /// Before the first event.
    pub const BEGINNING: Self = Self(0, 0);

    const fn seq(self) -> i32 {
        self.0
    }
}

/// A page of the history, and after which line the next one begins.
#[derive(Clone, Debug)]
pub struct History {
    /// The lines.
    pub lines: Vec<Line>,
    /// The start of the next page; none if this is the last page.
    pub next: Option<Position>,
}

impl History {
    /// Only the events.
    pub fn into_events(self) -> Vec<HistoryLine> {
        let event = |line| match line {
            Line::Event(line) => Some(line),
            Line::Access(_) => None,
        };
        self.lines.into_iter().filter_map(event).collect()
    }
}

/// The lines after a place.
#[derive(Clone, Copy, Debug)]
pub struct ShowHistory {
    /// Of this case.
    pub case: ApplicationId,
    /// After this line.
    pub after: Position,
    /// The maximum number of lines.
    pub at_most: i64,
}

impl Query for ShowHistory {
    type Subject = ApplicationId;
    type Output = History;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowHistory, self.case)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<ApplicationId>) -> Result<History> {
        let reader = if policy::is_side(&dossier, ctx.actor) { Reader::Side } else { Reader::Authority };
        // Starts at the event before the first access records: it has the state of the case at that time.
        let (from, at_most) = (self.after.seq() - 1, self.at_most.saturating_add(2));
        let events: Vec<Event> = store::event::of_case(ctx.tx, self.case, from, at_most)?
            .into_iter()
            .map(|(event, _)| event)
            .collect();
        let accesses = match reader {
            Reader::Side => Vec::new(),
            Reader::Authority => self.accesses(ctx, &events)?,
        };
        let ids = events.iter().filter_map(|event| event.actor);
        let names = names_of(ctx, ids)?;
        let organisations = organisations_of_notes(ctx.tx, &events)?;
        let mut lines: Vec<(Position, Option<Line>)> =
            accesses.into_iter().map(|(position, line)| (position, Some(line))).collect();
        for event in events.into_iter().filter(|event| Position(event.seq, 0) > self.after) {
            let position = Position(event.seq, 0);
            let line = history::shown(event.action, reader).map(|parts| {
                let authority = authority_of(&dossier, &event, &organisations);
                Line::Event(event_line(event, authority, reader, parts, &names))
            });
            lines.push((position, line));
        }
        lines.sort_by_key(|(position, _)| *position);
        let at_most = usize::try_from(self.at_most).unwrap_or(usize::MAX);
        let is_more = lines.len() > at_most;
        lines.truncate(at_most);
        let next = lines.last().filter(|_| is_more).map(|(position, _)| *position);
        Ok(History { lines: lines.into_iter().filter_map(|(_, line)| line).collect(), next })
    }
}

impl ShowHistory {
    /// The access records of the page, and perhaps more. Each stands between `events`.
    fn accesses(&self, ctx: &mut Context<'_, '_>, events: &[Event]) -> Result<Vec<(Position, Line)>> {
        let Position(seq, number) = self.after;
        let records =
            store::access::of_case(ctx.tx, self.case, (seq, number), self.at_most.saturating_add(1))?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let names = names_of(ctx, records.iter().map(|record| record.actor))?;
        let organisations: Vec<OrganisationId> =
            records.iter().filter_map(|record| record.actor_organisation).collect();
        let codes = store::organisation::codes_of(ctx.tx, &organisations)?;
        let documents = store::evidence::of_case(ctx.tx, self.case)?;
        // A record beyond the events that were read belongs to a later page.
        let placed = records.into_iter().filter_map(|record| {
            let before = events.iter().find(|event| event.seq == record.after_seq)?;
            let document = documents.iter().find(|document| document.id.0 == record.subject);
            let line = AccessLine {
                actor_name: name_in(&names, Some(record.actor)),
                organisation: codes
                    .iter()
                    .find(|(id, _)| Some(*id) == record.actor_organisation)
                    .map(|(_, code)| code.clone()),
                state: before.to,
                stage: before.to_stage.clone(),
                evidence: match (record.what, document) {
                    (Access::Document, _) => None,
                    (Access::Evidence, Some(document)) => Some(format!("{} {}", document.kind, document.id)),
                    (Access::Evidence, None) => Some(record.subject.to_string()),
                },
                record,
            };
            Some((Position(line.record.after_seq, line.record.number), Line::Access(line)))
        });
        Ok(placed.collect())
    }
}

type ActorNames = Vec<(Uuid, String)>;

fn names_of(ctx: &mut Context<'_, '_>, ids: impl Iterator<Item = Uuid>) -> Result<ActorNames> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort();
    ids.dedup();
    Ok(store::event::names_of(ctx.tx, &ids)?)
}

fn name_in(names: &ActorNames, id: Option<Uuid>) -> Option<String> {
    names.iter().find(|(known, _)| Some(*known) == id).map(|(_, name)| name.clone())
}

/// The event with those parts that the reader sees.
fn event_line(
    mut event: Event,
    authority: Option<String>,
    reader: Reader,
    parts: &[Part],
    names: &ActorNames,
) -> HistoryLine {
    history::keep(&mut event, parts);
    if let (Some(words), Reader::Authority) = (&mut event.words, reader) {
        mask(words);
    }
    let name = name_in(names, event.actor);
    HistoryLine {
        actor_name: name.filter(|_| parts.contains(&Part::Person)),
        authority: authority.filter(|_| parts.contains(&Part::Authority)),
        event,
    }
}

/// Numbers of travel documents are shown in one place only, where each view is recorded.
fn mask(words: &mut Words) {
    for change in words.changes.iter_mut().filter(|change| change.field.starts_with("/travel_document/")) {
        let hidden = |value: &mut FieldValue| {
            if let FieldValue::Text(text) = value {
                *text = form::masked(text);
            }
        };
        if change.field.ends_with("/number") || change.field.ends_with("/mrz") {
            hidden(&mut change.old);
            hidden(&mut change.new);
        }
    }
}

/// The codes of the organisations that wrote notes: any authority of the case may, at every stage.
fn organisations_of_notes(tx: &mut Tx<'_>, events: &[Event]) -> Result<Vec<(OrganisationId, String)>> {
    let notes = events.iter().filter(|event| event.action == Action::Note);
    let ids: Vec<OrganisationId> = notes.filter_map(|event| event.actor_organisation).collect();
    Ok(store::organisation::codes_of(tx, &ids)?)
}

/// The authority that acted: who wrote a note, else the one whose stage it was. None if nobody acted for one.
fn authority_of(
    dossier: &Dossier,
    event: &Event,
    organisations: &[(OrganisationId, String)],
) -> Option<String> {
    match event.action {
        Action::Note => {
            let own = organisations.iter().find(|(id, _)| Some(*id) == event.actor_organisation);
            own.map(|(_, code)| code.clone())
        }
        _ => {
            let stage = event
                .from_stage
                .clone()
                .or_else(|| dossier.programme.stages.last().map(|s| s.code.clone()))?;
            dossier.authority_of(&stage).map(str::to_owned)
        }
    }
}
