//! Who did what: each event is by an actor that exists, and by a party that the lifecycle names for its action. An
//! officer acts at a stage for the authority of that stage, by the version of the programme that the case follows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::cases::CaseFile;
use crate::{
    domain::{
        batch::Batch,
        event::{AuditedEvent, Event},
        ids::OrganisationId,
        lifecycle::{Action, AuthorizationState, BatchAction, BatchState, Lifecycle, State},
        party::Party,
        programme::Programme,
    },
    store::{self, Tx},
    workflow::Result,
};

/// Checks the actors of the events of a case.
pub(super) fn check(file: &CaseFile<'_>, broken: &mut impl FnMut(&'static str, String)) {
    for AuditedEvent { event, .. } in file.history {
        let seq = event.seq;
        if event.actor.is_some_and(|actor| !file.known.actors.contains(&actor)) {
            broken("actor_unknown", format!("event {seq} is of an account or client that does not exist"));
        }
        for stage in [&event.from_stage, &event.to_stage].into_iter().flatten() {
            if file.programme.stage(stage).is_none() {
                broken(
                    "stage_unknown",
                    format!("event {seq} names the stage {stage}, which its programme does not have"),
                );
            }
        }
        let parties = parties_of(event.action, event.from, event.to);
        if !parties.is_empty() && !parties.iter().any(|party| is_party(*party, file, event)) {
            let of = event.actor_organisation.and_then(|id| file.known.codes.get(&id));
            let of = of.map_or_else(|| "without an organisation".to_owned(), |code| format!("of {code}"));
            let detail = format!(
                "event {seq} ({}) is by a {} {of}, who has no right to it",
                event.action, event.actor_kind
            );
            broken("authority_differs", detail);
        }
    }
}

/// The parties that may have caused an event of a case; none: the tables do not name the action.
fn parties_of(action: Action, from: Option<State>, to: State) -> Vec<Party> {
    let own = State::TABLE.iter().filter(|row| row.action == action && row.leads(from, to));
    let own: Vec<Party> = own.flat_map(|row| row.who.iter().copied()).collect();
    if !own.is_empty() {
        return own;
    }
    let followed = AuthorizationState::TABLE.iter().filter(|row| row.action == action);
    followed.flat_map(|row| row.who.iter().copied()).collect()
}

/// Whether the actor of an event can have been `party`, as far as the event tells: roles and scopes change, and what
/// organisation an actor acted for is in the event.
fn is_party(party: Party, file: &CaseFile<'_>, event: &Event) -> bool {
    let is_somebody = matches!(event.actor_kind.as_str(), "account" | "client");
    let code = event.actor_organisation.and_then(|id| file.known.codes.get(&id));
    let reviews = |stage: &str| code.is_some() && authority_of(file, stage) == code;
    let stages = &file.programme.stages;
    match party {
        Party::System => event.actor_kind == "system",
        Party::StageOfficer | Party::OfficerHere | Party::StageSupervisor => {
            is_somebody && event.from_stage.as_deref().is_some_and(reviews)
        }
        Party::DecidingOfficer => is_somebody && stages.last().is_some_and(|stage| reviews(&stage.code)),
        Party::Supervisor | Party::CaseOfficer | Party::ReviewingOfficer | Party::ReviewingSupervisor => {
            is_somebody && stages.iter().any(|stage| reviews(&stage.code))
        }
        Party::Border => is_somebody && code.is_some(),
        _ => is_somebody,
    }
}

fn authority_of<'a>(file: &'a CaseFile<'_>, stage: &str) -> Option<&'a String> {
    file.programme.stage(stage)?.authority.get(&file.case.direction)
}

/// Who may run the batches of a piece: the newest versions of their programmes, and the codes of the organisations that
/// their events name.
pub(super) struct Runners {
    programmes: Vec<Arc<Programme>>,
    codes: BTreeMap<OrganisationId, String>,
}

impl Runners {
    /// Reads them.
    pub fn of<'a>(
        tx: &mut Tx<'_>,
        batches: &[Batch],
        events: impl Iterator<Item = &'a AuditedEvent<BatchState>>,
    ) -> Result<Self> {
        let codes: BTreeSet<&String> = batches.iter().map(|batch| &batch.programme).collect();
        let mut programmes = Vec::new();
        for code in codes {
            programmes.extend(store::programme::newest(tx, code)?);
        }
        let named: BTreeSet<_> = events.filter_map(|audited| audited.event.actor_organisation).collect();
        let named: Vec<_> = named.into_iter().collect();
        Ok(Self { programmes, codes: store::audit::codes_of(tx, &named)?.into_iter().collect() })
    }

    /// Checks the actors of the events of a batch: the service, its operator, or an authority of the programme.
    pub fn check(
        &self,
        batch: &Batch,
        history: &[AuditedEvent<BatchState>],
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let programme = self.programmes.iter().find(|programme| programme.code == batch.programme);
        for AuditedEvent { event, .. } in history {
            let code = event.actor_organisation.and_then(|id| self.codes.get(&id));
            let is_authority =
                |programme: &&Arc<Programme>| code.is_some_and(|code| programme.authority(code).is_some());
            let is_right = match event.actor_kind.as_str() {
                "system" => !matches!(event.action, BatchAction::Create | BatchAction::Change),
                "operator" => true,
                _ => programme.filter(is_authority).is_some(),
            };
            if !is_right {
                let detail = format!(
                    "event {} ({}) is by a {} who does not run it",
                    event.seq, event.action, event.actor_kind
                );
                broken("authority_differs", detail);
            }
        }
    }
}

/// Checks that events of an authorization are those that a party of its lifecycle can have caused.
pub(super) fn is_by_a_party(event: &Event<AuthorizationState>) -> bool {
    let rows = AuthorizationState::TABLE.iter().filter(|row| row.action == event.action);
    let parties: Vec<Party> = rows.flat_map(|row| row.who.iter().copied()).collect();
    let is_system = event.actor_kind == "system";
    parties.is_empty() || parties.iter().any(|party| (*party == Party::System) == is_system)
}
