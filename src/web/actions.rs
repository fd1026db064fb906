//! Reads a [`CaseAction`] from `{"action": …}` or from a page's form, or reports every fault.

use super::reader::{Input, Reader};
use crate::{
    domain::{
        actor::Actor,
        field_error::FieldError,
        ids::{AccountId, FindingId},
        lifecycle::Action,
    },
    workflow::{
        Service, WorkflowError,
        case_command::{CaseAction, CaseCommand},
        claim::{Assign, Claim, Unclaim},
        endorse::Endorse,
        note::Note,
        refuse::{Reasons, Refuse},
        request_information::RequestInformation,
        resolve_finding::ResolveFinding,
        respond::Respond,
        revoke::Revoke,
        sponsorship::{AcceptSponsorship, DeclineSponsorship},
        subject::SeenCase,
        submit::Submit,
        surrender::Surrender,
        withdraw::Withdraw,
    },
};

const PARAGRAPH: usize = 4000;

/// Reads an action and its fields.
pub fn read<'a>(input: impl Into<Input<'a>>) -> Result<CaseAction, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut reader = Reader::new(input.into(), &mut faults);
    let parsed = reader.one_of("action", &ACCEPTED.map(Action::as_str));
    reader.require(&["action"]);
    let action =
        parsed.and_then(|code| code.parse().ok()).and_then(|action| read_action(&mut reader, action));
    reader.finish();
    match action {
        Some(action) if faults.is_empty() => Ok(action),
        _ => Err(faults),
    }
}

/// Executes the action that a page's form asks for, and returns which one it was. Fails if the form could not be read.
pub async fn execute(
    service: &Service,
    actor: &Actor,
    case: SeenCase,
    action: Result<CaseAction, Vec<FieldError>>,
) -> Result<Action, WorkflowError> {
    let command = action.map_err(WorkflowError::Invalid)?;
    let action = command.action();
    service.execute(actor, command.on(case)).await?;
    Ok(action)
}

/// The actions that this endpoint accepts. The others are the scheduler's, or have an address of their own.
const ACCEPTED: [Action; 15] = [
    Action::AcceptSponsorship,
    Action::DeclineSponsorship,
    Action::Submit,
    Action::Claim,
    Action::Unclaim,
    Action::Assign,
    Action::Endorse,
    Action::RequestInformation,
    Action::Respond,
    Action::ResolveFinding,
    Action::Note,
    Action::Refuse,
    Action::Revoke,
    Action::Withdraw,
    Action::Surrender,
];

/// None for an action that is not [`ACCEPTED`].
fn read_action(reader: &mut Reader<'_>, action: Action) -> Option<CaseAction> {
    let action = match action {
        Action::AcceptSponsorship => CaseAction::AcceptSponsorship(AcceptSponsorship),
        Action::DeclineSponsorship => CaseAction::DeclineSponsorship(DeclineSponsorship),
        Action::Submit => CaseAction::Submit(Submit),
        Action::Claim => CaseAction::Claim(Claim),
        Action::Unclaim => CaseAction::Unclaim(Unclaim),
        Action::Assign => {
            let officer = reader.id("assignee");
            reader.require(&["assignee"]);
            CaseAction::Assign(Assign { officer: officer.unwrap_or(AccountId(uuid::Uuid::nil())) })
        }
        Action::Endorse => CaseAction::Endorse(Endorse { note: reader.paragraph("note", PARAGRAPH) }),
        Action::RequestInformation => CaseAction::RequestInformation(RequestInformation {
            questions: reader.texts("questions", 20, PARAGRAPH),
            respond_by: reader.deadline("respond_by"),
            note: reader.paragraph("note", PARAGRAPH),
        }),
        Action::Respond => CaseAction::Respond(Respond { answers: reader.texts("answers", 20, PARAGRAPH) }),
        Action::ResolveFinding => {
            let finding = reader.id("finding");
            reader.require(&["finding"]);
            CaseAction::ResolveFinding(ResolveFinding {
                finding: finding.unwrap_or(FindingId(uuid::Uuid::nil())),
                note: reader.paragraph("note", PARAGRAPH),
            })
        }
        Action::Note => CaseAction::Note(Note { note: reader.paragraph("note", PARAGRAPH) }),
        Action::Refuse => CaseAction::Refuse(Refuse { reasons: reasons(reader) }),
        Action::Revoke => CaseAction::Revoke(Revoke { reasons: reasons(reader) }),
        Action::Withdraw => {
            CaseAction::Withdraw(Withdraw { message: reader.paragraph("message", PARAGRAPH) })
        }
        Action::Surrender => {
            CaseAction::Surrender(Surrender { message: reader.paragraph("message", PARAGRAPH) })
        }
        _ => return None,
    };
    Some(action)
}

fn reasons(reader: &mut Reader<'_>) -> Reasons {
    Reasons {
        grounds: reader.texts("grounds", 20, 64),
        message: reader.paragraph("message", PARAGRAPH),
        note: reader.paragraph("note", PARAGRAPH),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_can_be_asked_for_is_all_that_can_be_read() {
        for action in Action::ALL.iter().copied() {
            let is_unknown = match read(&json!({ "action": action })) {
                Ok(_) => false,
                Err(faults) => faults.iter().any(|fault| fault.pointer == "/action"),
            };
            assert_eq!(is_unknown, !ACCEPTED.contains(&action), "{action}");
            let mut faults = Vec::new();
            let read = read_action(&mut Reader::new(Input::Json(&json!({})), &mut faults), action);
            assert_eq!(read.is_some(), ACCEPTED.contains(&action), "{action}");
        }
    }
}
