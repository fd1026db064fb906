//! Enqueues the messages that a step of a case sends by the table in `domain/notification.rs`, in the transaction of
//! the step. What they say is collected in `messages/contents.rs`.

mod contents;

use std::collections::HashSet;

use crate::{
    domain::{
        actor::Role,
        authorization::Authorization,
        case::{Case, Dossier},
        email,
        event::{Facts, Words},
        lifecycle::{Action, State},
        notification::{self, Addressed, Audience, Channel, Notification},
    },
    store::{self, Tx, recipient::Recipient},
    workflow::{Result, WorkflowError, entrance::Context},
};
use contents::Source;

/// A step that a case has taken.
pub struct Taken<'a> {
    /// By which action.
    pub action: Action,
    /// The case before.
    pub before: &'a Case,
    /// The case afterwards, with its programme.
    pub dossier: &'a Dossier,
    /// Its facts in the history.
    pub facts: &'a Facts,
    /// The words of the event.
    pub words: &'a Words,
    /// The authorization that was issued or ended.
    pub authorization: Option<&'a Authorization>,
}

/// Enqueues the messages of the step. Nobody gets the same message twice, not even an applicant who is also the
/// representative.
pub fn enqueue(ctx: &mut Context<'_, '_>, step: &Taken<'_>) -> Result<()> {
    let (case, now) = (&step.dossier.case, ctx.now);
    let owed = notification::messages_of_step(step.action, step.before.state, case.state);
    if owed.is_empty() {
        return Ok(());
    }
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    let number = match case.state {
        State::Waitlisted => store::waitlist::place_in_line(ctx.tx, case, &batch)?,
        _ => None,
    };
    let source = Source { step, batch: &batch, number, now };
    let mut notified: HashSet<(Channel, String)> = HashSet::new();
    for Addressed { message, audience, channel } in owed {
        for recipient in recipients(ctx.tx, step.dossier, audience)? {
            if notified.insert((channel, email::key(&recipient.email))) {
                let contents = source.contents(message, &recipient)?;
                let Recipient { email, language, .. } = recipient;
                let notification = Notification { channel, language, recipient: email, contents };
                store::outbox::enqueue(ctx.tx, Some((case.id, case.event_seq)), &notification, now)?;
            }
        }
    }
    Ok(())
}

fn recipients(tx: &mut Tx<'_>, dossier: &Dossier, audience: Audience) -> Result<Vec<Recipient>> {
    let case = &dossier.case;
    Ok(match (audience, case.applicant, &case.sponsor) {
        (Audience::Applicant, Some(account), _) => {
            store::recipient::account(tx, account)?.into_iter().collect()
        }
        (Audience::Applicant, None, _) => of_the_form(case).into_iter().collect(),
        (Audience::Sponsor, _, Some(sponsor)) => store::recipient::members(tx, sponsor.id, Role::Sponsor)?,
        (Audience::Sponsor, _, None) => Vec::new(),
    })
}

/// The applicant by the address in the form. Nobody has confirmed it, so the greeting has no name: it would carry the
/// words of whoever filled in the form to any address.
fn of_the_form(case: &Case) -> Option<Recipient> {
    let email = case.form.applicant.email.clone()?;
    Some(Recipient { name: String::new(), email, language: case.language.clone() })
}
