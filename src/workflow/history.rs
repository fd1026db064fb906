//! A case's history, as far as the actor may read it.

use uuid::Uuid;

use crate::{
    domain::{
        case::Dossier,
        event::{Event, Words},
        form::{self, FieldValue},
        ids::{ApplicationId, OrganisationId},
        lifecycle::Action,
        policy::{self, Operation},
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        entrance::{Context, Query},
        subject::Permitted,
    },
};

/// One line, with names instead of ids.
#[derive(Clone, Debug)]
pub struct HistoryLine {
    /// What happened. For the case's own people without internal notes.
    pub event: Event,
    /// The person's or program's name; for the case's own people none but their own side's.
    pub actor_name: Option<String>,
    /// The acting authority's code, if an authority acted.
    pub authority: Option<String>,
}

/// A page of the history, and after which event the next one begins.
#[derive(Clone, Debug)]
pub struct History {
    /// The lines.
    pub lines: Vec<HistoryLine>,
    /// Where to go on; none if this was the last page.
    pub next: Option<i32>,
}

/// The lines after an event.
#[derive(Clone, Copy, Debug)]
pub struct ShowHistory {
    /// Of this case.
    pub case: ApplicationId,
    /// After this event.
    pub after: i32,
    /// So many lines at most.
    pub at_most: i64,
}

impl Query for ShowHistory {
    type Subject = ApplicationId;
    type Output = History;

    fn operation(&self) -> Operation {
        Operation::ShowHistory
    }

    fn subject(&self) -> ApplicationId {
        self.case
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        dossier: Permitted<ApplicationId>,
    ) -> Result<History, WorkflowError> {
        let is_own = policy::is_side(&dossier, ctx.actor);
        let events: Vec<Event> = store::event::of_case(ctx.tx, self.case, self.after, self.at_most)?
            .into_iter()
            .map(|(event, _)| event)
            .collect();
        let is_full = i64::try_from(events.len()).is_ok_and(|count| count >= self.at_most);
        let next =
            events.last().filter(|last| is_full && last.seq < dossier.case.event_seq).map(|last| last.seq);
        let mut ids: Vec<Uuid> = events.iter().filter_map(|event| event.actor).collect();
        ids.sort();
        ids.dedup();
        let names = store::event::names_of(ctx.tx, &ids)?;
        let organisations = organisations_of_notes(ctx.tx, &events)?;
        let lines = events.into_iter().filter(|event| !is_own || is_told_to_the_side(event.action)).map(
            |mut event| {
                let authority = authority_of(&dossier, &event, &organisations);
                let shows_name = !is_own || authority.is_none();
                let name =
                    names.iter().find(|(id, _)| Some(*id) == event.actor).map(|(_, name)| name.clone());
                match (&mut event.words, is_own) {
                    (Some(words), true) => words.note = None,
                    (Some(words), false) => mask(words),
                    (None, _) => {}
                }
                HistoryLine { actor_name: name.filter(|_| shows_name), authority, event }
            },
        );
        Ok(History { lines: lines.collect(), next })
    }
}

/// How officers share the work among them is their own affair.
fn is_told_to_the_side(action: Action) -> bool {
    use Action::{Assign, Claim, Note, ResolveFinding, Unclaim, ViewDocument};
    !matches!(action, Claim | Unclaim | Assign | ResolveFinding | Note | ViewDocument)
}

/// Numbers of travel documents are shown in one place only, where the look is recorded.
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

/// The codes of the organisations that wrote notes: any authority of the case may, whoever's stage it is.
fn organisations_of_notes(
    tx: &mut Tx<'_>,
    events: &[Event],
) -> Result<Vec<(OrganisationId, String)>, WorkflowError> {
    let notes = events.iter().filter(|event| event.action == Action::Note);
    let ids: Vec<OrganisationId> = notes.filter_map(|event| event.actor_organisation).collect();
    if ids.is_empty() { Ok(Vec::new()) } else { Ok(store::organisation::codes_of(tx, &ids)?) }
}

/// The authority that acted: who wrote a note, else the one whose stage it was. None if the side itself acted.
fn authority_of(
    dossier: &Dossier,
    event: &Event,
    organisations: &[(OrganisationId, String)],
) -> Option<String> {
    use Action::{
        AddEvidence, Complete, Create, Edit, Expire, Lapse, Note, Promote, RecordEntry, RemoveEvidence,
        Respond, Submit, Surrender, Withdraw,
    };
    match event.action {
        Create | Edit | AddEvidence | RemoveEvidence | Submit | Respond | Withdraw | Surrender | Promote
        | Lapse | Expire | Complete | RecordEntry => None,
        Note => {
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
