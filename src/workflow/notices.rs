//! What a step owes to whom: fills the messages that `domain/notification.rs` says are due, and puts them into the
//! outbox, in the transaction of the step.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Role,
        authorization::Authorization,
        calendar,
        case::{Case, Dossier},
        form,
        lifecycle::{Action, State},
        notification::{self, Contents, Message, Notice},
    },
    store::{self, Tx, recipient::Recipient},
    workflow::{WorkflowError, entrance::Context, transition::CaseStep},
};

/// Enqueues what the step owes. Nobody is told twice, even who is both applicant and representative.
pub fn enqueue(
    ctx: &mut Context<'_, '_>,
    action: Action,
    dossier: &Dossier,
    before: &Case,
    step: &CaseStep,
    authorization: Option<&Authorization>,
) -> Result<(), WorkflowError> {
    let Some(message) = notification::owed(action, before.state, step.to) else { return Ok(()) };
    let (tx, now) = (&mut *ctx.tx, ctx.now);
    let event = Some((dossier.case.id, dossier.case.event_seq));
    for recipient in recipients(tx, dossier)? {
        let contents = contents(tx, action, dossier, before, step, authorization, message, &recipient, now)?;
        let notice = Notice { message, language: recipient.language, recipient: recipient.email, contents };
        store::outbox::enqueue(tx, event, &notice, now)?;
    }
    Ok(())
}

/// The applicant, by account or by the form's address, and the sponsor's representatives.
fn recipients(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<Vec<Recipient>, WorkflowError> {
    let case = &dossier.case;
    let mut recipients = Vec::new();
    match case.applicant {
        Some(account) => recipients.extend(store::recipient::account(tx, account)?),
        None => {
            let person = &case.form.applicant;
            recipients.extend(person.email.clone().map(|email| Recipient {
                name: format!(
                    "{} {}",
                    person.given_names.clone().unwrap_or_default(),
                    person.family_name.clone().unwrap_or_default()
                ),
                email,
                language: case.language.clone(),
            }));
        }
    }
    if let Some(sponsor) = &case.sponsor {
        recipients.extend(store::recipient::members(tx, sponsor.id, Role::Sponsor)?);
    }
    let mut told: Vec<String> = Vec::new();
    recipients.retain(|recipient| {
        let address = recipient.email.to_lowercase();
        let is_new = !told.contains(&address);
        told.push(address);
        is_new
    });
    Ok(recipients)
}

#[expect(clippy::too_many_arguments, reason = "a message says what all of these know")]
fn contents(
    tx: &mut Tx<'_>,
    action: Action,
    dossier: &Dossier,
    before: &Case,
    step: &CaseStep,
    authorization: Option<&Authorization>,
    message: Message,
    recipient: &Recipient,
    now: Timestamp,
) -> Result<Contents, WorkflowError> {
    let (case, programme) = (&dossier.case, &dossier.programme);
    let language = recipient.language.as_str();
    let batch = store::batch::by_id(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    let mut contents = Contents {
        name: recipient.name.trim().to_owned(),
        reference: case.reference.clone(),
        path: format!("/applications/{}", case.id),
        happened_at: Some(now),
        programme: programme.name.in_language(language).to_owned(),
        batch: batch.name.clone(),
        ..Contents::default()
    };
    // Who acted: the authority of the stage it happened at; of a case that ends an approval, the deciding one.
    let stage = before.stage.as_deref().or(case.stage.as_deref());
    let authority = match stage.and_then(|stage| dossier.authority_of(stage)) {
        Some(code) => programme.authority(code),
        None => dossier.deciding_authority(),
    };
    if let Some(authority) = authority {
        contents.authority = authority.name.in_language(language).to_owned();
        contents.authority_address = authority.address.in_language(language).to_owned();
    }
    let grounds = step.facts.grounds.iter().filter_map(|code| programme.ground(code));
    contents.grounds = grounds.map(|ground| ground.text.in_language(language).to_owned()).collect();
    contents.words = step.words.message.clone().unwrap_or_default();
    contents.questions = step.words.questions.clone();
    match message {
        Message::Received | Message::InformationRequested => contents.until = case.due_at,
        Message::Refused | Message::Revoked => {
            contents.appeal_days = programme.rules.appeal_days;
            contents.until = Some(calendar::days_after(now, programme.rules.appeal_days));
        }
        Message::Waitlisted => {
            contents.place_in_line = store::waitlist::place_in_line(tx, case, batch.ordering)?;
            contents.ordering = batch.ordering.to_string();
            contents.until = Some(calendar::end_of(batch.travel_until));
        }
        Message::Lapsed => contents.until = before.due_at,
        Message::Approved => {
            let conditions = programme.entry_conditions.iter();
            contents.entry_conditions = conditions.map(|c| c.text.in_language(language).to_owned()).collect();
        }
        _ => {}
    }
    if let Some(authorization) =
        authorization.filter(|_| step.to == State::Approved || before.state == State::Approved)
    {
        contents.authorization_number.clone_from(&authorization.number);
        contents.valid_from = Some(authorization.valid_from);
        contents.valid_until = Some(authorization.valid_until);
    }
    let document = &case.form.travel_document;
    if let (Some(issuer), Some(number), true) =
        (&document.issuer, &document.number, action != Action::Withdraw)
    {
        contents.travel_document = format!("{issuer} {}", form::masked(number));
    }
    Ok(contents)
}
