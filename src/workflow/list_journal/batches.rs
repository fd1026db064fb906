//! Events of batches as lines of the journal: what each has changed in the state, the terms and the ballot.

use super::Found;
use crate::{
    domain::{
        batch::Terms,
        event::{AuditedEvent, Event},
        ids::BatchId,
        journal::{JournalChange, JournalKind, JournalPlace},
        lifecycle::BatchState,
    },
    store::{self, Tx},
    workflow::Result,
};

/// The lines of these events.
pub(super) fn lines(tx: &mut Tx<'_>, wanted: &[(BatchId, i32)]) -> Result<Vec<Found>> {
    let mut batches: Vec<BatchId> = wanted.iter().map(|(batch, _)| *batch).collect();
    batches.sort();
    batches.dedup();
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    // Whole histories, which are short: an event holds the new terms, and the old ones stand in an earlier event.
    let history = store::batch_event::of(tx, &batches)?;
    let mut found = Vec::with_capacity(wanted.len());
    for (batch, seq) in wanted {
        let mut before =
            history.iter().filter(|earlier| earlier.event.subject == *batch && earlier.event.seq < *seq);
        let event = history.iter().find(|event| event.event.subject == *batch && event.event.seq == *seq);
        let old = before.rfind(|earlier| earlier.event.facts.terms.is_some());
        found.extend(event.map(|AuditedEvent { event, .. }| line(event, old.map(|old| &old.event))));
    }
    Ok(found)
}

fn line(event: &Event<BatchState>, old: Option<&Event<BatchState>>) -> Found {
    let mut changes = Vec::new();
    let mut add = |field: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            changes.push(JournalChange { field: field.to_owned(), old, new });
        }
    };
    add("state", event.from.map(|state| state.to_string()), Some(event.to.to_string()));
    add("programme", None, event.facts.programme.clone());
    if let Some(terms) = &event.facts.terms {
        let old = old.and_then(|old| old.facts.terms.as_deref());
        for (index, (field, new)) in values(terms).into_iter().enumerate() {
            let old = old.and_then(|old| values(old).into_iter().nth(index)).and_then(|(_, old)| old);
            add(field, old, new);
        }
    }
    add("commitment", None, event.facts.commitment.clone());
    add("seed", None, event.facts.seed.clone());
    Found {
        place: JournalPlace {
            at: event.at,
            kind: JournalKind::Batch,
            subject: event.subject.to_string(),
            seq: event.seq,
        },
        actor_kind: event.actor_kind.clone(),
        actor: event.actor,
        organisation: event.actor_organisation,
        action: event.action.as_str(),
        changes,
        hash: event.hash.clone(),
    }
}

/// The terms as the API names them, always in the same order.
fn values(terms: &Terms) -> [(&'static str, Option<String>); 10] {
    let Terms {
        name,
        capacity,
        limits,
        hold_at,
        on_full,
        ordering,
        opens_at,
        closes_at,
        travel_from,
        travel_until,
    } = terms;
    let mut limits: Vec<String> =
        limits.iter().map(|limit| format!("{}={}:{}", limit.dimension, limit.key, limit.capacity)).collect();
    limits.sort();
    [
        ("name", Some(name.clone())),
        ("capacity", Some(capacity.to_string())),
        ("limits", Some(limits.join(", ")).filter(|limits| !limits.is_empty())),
        ("hold_at", Some(hold_at.to_string())),
        ("on_full", Some(on_full.to_string())),
        ("order", Some(ordering.to_string())),
        ("opens_at", opens_at.map(|at| at.to_string())),
        ("closes_at", closes_at.map(|at| at.to_string())),
        ("travel_from", Some(travel_from.to_string())),
        ("travel_until", Some(travel_until.to_string())),
    ]
}
