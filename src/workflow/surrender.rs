//! Give an authorization back.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::Words,
        lifecycle::{Action, State},
        refusal::Conflict,
    },
    store::Tx,
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Gives the authorization back before the first entry; its place goes to the next in line.
pub fn surrender(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    message: Option<String>,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Surrender)?;
    if dossier.has_entered {
        return Err(Conflict::AlreadyEntered.into());
    }
    let words = Words { message, ..Words::default() };
    let step = Step { words, ..Step::end(Action::Surrender, State::Withdrawn) };
    transition::apply(tx, dossier, step, actor, now)
}
