//! One door for all actions on a case: what the API's `{"action": …}` and the buttons of a page say, as a value.

use jiff::Timestamp;

use super::{
    WorkflowError, claim,
    dossier::Target,
    endorse,
    refuse::{self, Reasons},
    request_information::{self, RequestInformation},
    resolve_finding, respond, revoke, submit, surrender, withdraw,
};
use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        ids::{AccountId, FindingId},
    },
    store::Tx,
};

/// An action with what it needs.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is the verb of the same name")]
pub enum Act {
    Submit,
    Claim,
    Unclaim,
    Assign { officer: AccountId },
    Endorse { note: Option<String> },
    RequestInformation(RequestInformation),
    Respond { answers: Vec<String> },
    ResolveFinding { finding: FindingId, note: Option<String> },
    Refuse(Reasons),
    Withdraw { message: Option<String> },
    Surrender { message: Option<String> },
    Revoke(Reasons),
}

/// Does it.
pub fn act(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    act: Act,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    match act {
        Act::Submit => submit::submit(tx, actor, target, now),
        Act::Claim => claim::claim(tx, actor, target, now),
        Act::Unclaim => claim::unclaim(tx, actor, target, now),
        Act::Assign { officer } => claim::assign(tx, actor, target, officer, now),
        Act::Endorse { note } => endorse::endorse(tx, actor, target, note, now),
        Act::RequestInformation(wish) => {
            request_information::request_information(tx, actor, target, wish, now)
        }
        Act::Respond { answers } => respond::respond(tx, actor, target, answers, now),
        Act::ResolveFinding { finding, note } => {
            resolve_finding::resolve_finding(tx, actor, target, finding, note, now)
        }
        Act::Refuse(reasons) => refuse::refuse(tx, actor, target, reasons, now),
        Act::Withdraw { message } => withdraw::withdraw(tx, actor, target, message, now),
        Act::Surrender { message } => surrender::surrender(tx, actor, target, message, now),
        Act::Revoke(reasons) => revoke::revoke(tx, actor, target, reasons, now),
    }
}
