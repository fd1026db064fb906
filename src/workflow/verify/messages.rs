//! Messages of the outbox: their sealed columns open, and what is marked as sent was sent. A message that could not be
//! delivered breaks no rule: it is a note, so that an installation whose mail server was down does not count as broken.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Break, Report};
use crate::{
    domain::{delivery::DeliveryState, ids::NotificationId},
    store::{self, Db, StoreError, audit::sealed::AuditedMessage},
    workflow::Result,
};

/// Messages that are read in one transaction.
const PIECE: i64 = 2000;

/// A message is abandoned after a day. One that still waits after this time waits for something else.
const STUCK: SignedDuration = SignedDuration::from_hours(48);

/// No delay and no claim is longer. A longer one would keep the message from being sent.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(24);

/// Checks all messages.
pub(super) async fn check(db: &Db, now: Timestamp, report: &mut Report) -> Result<()> {
    let mut after = NotificationId(Uuid::nil());
    let mut undelivered: BTreeMap<&'static str, Vec<AuditedMessage>> = BTreeMap::new();
    loop {
        let read = move |tx: &mut store::Tx<'_>| store::audit::sealed::messages(tx, after, PIECE);
        let messages: Result<_, StoreError> = db.read(read).await;
        let messages: Vec<AuditedMessage> = messages?;
        let Some(last) = messages.last() else { break };
        after = last.id;
        for message in messages {
            check_one(&message, now, report);
            if let Some(rule) = undelivered_as(&message, now) {
                undelivered.entry(rule).or_default().push(message);
            }
        }
    }
    for (rule, messages) in undelivered {
        let what = match rule {
            "message_dead" => "were abandoned, and nobody got them",
            _ => "have waited for more than two days",
        };
        let oldest = messages.iter().map(|message| message.created_at).min().unwrap_or_default();
        let detail = format!("{} messages {what}; the oldest is of {oldest}", messages.len());
        report.notes.push(Break { rule, subject: "outbox".to_owned(), detail });
    }
    Ok(())
}

fn check_one(message: &AuditedMessage, now: Timestamp, report: &mut Report) {
    let mut broken = |rule, detail: &str| {
        let subject = format!("message {}", message.id);
        report.breaks.push(Break { rule, subject, detail: detail.to_owned() });
    };
    if !message.opens {
        broken("message_unreadable", "its address or its contents do not open: they were changed or moved");
    }
    if message.state == DeliveryState::Sent && !message.has_sent {
        broken("message_unsent", "it is marked as sent, and no attempt has sent it");
    }
    let latest = now.checked_add(LONGEST_DELAY).unwrap_or(Timestamp::MAX);
    if message.state == DeliveryState::Pending && message.next_attempt_at > latest {
        let detail = format!("it is held back until {}: no delay is as long", message.next_attempt_at);
        broken("message_held_back", &detail);
    }
}

/// The note about a message that nobody got.
fn undelivered_as(message: &AuditedMessage, now: Timestamp) -> Option<&'static str> {
    let oldest = now.checked_sub(STUCK).unwrap_or(Timestamp::MIN);
    match message.state {
        DeliveryState::Dead => Some("message_dead"),
        DeliveryState::Pending if message.created_at < oldest => Some("message_stuck"),
        DeliveryState::Pending | DeliveryState::Sent => None,
    }
}
