//! Take a case back before a decision.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::Words,
        lifecycle::{Action, State},
    },
    store::Tx,
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Withdraws the case; a held place goes to the next in line.
pub fn withdraw(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    message: Option<String>,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Withdraw)?;
    let words = Words { message, ..Words::default() };
    let step = Step { words, ..Step::end(Action::Withdraw, State::Withdrawn) };
    transition::apply(tx, dossier, step, actor, now)
}
