//! The transports: one for each channel.

use super::mail::Mailer;
use crate::{
    domain::{delivery::Outcome, notification::Channel},
    store::outbox::Due,
};

/// Delivers the messages of each channel.
pub struct Transports {
    /// E-mail.
    pub mailer: Mailer,
}

impl Transports {
    /// Sends a due message on its channel.
    pub(super) async fn send(&self, channel: Channel, due: &Due) -> Result<(), Undelivered> {
        let notification = due.notification.as_ref().map_err(|e| Undelivered::technical(e.to_string()))?;
        match channel {
            Channel::Email => self.mailer.send(due, notification).await,
        }
    }
}

/// Why an attempt failed. Reveals nothing of the message's contents.
#[derive(Debug)]
pub struct Undelivered {
    /// Whether a retry can help.
    pub outcome: Outcome,
    /// The reply code or the kind of failure.
    pub detail: String,
    /// Whether every message on this channel would fail now, not only this one.
    pub server_is_away: bool,
}

impl Undelivered {
    /// A failure on our side that concerns this message only.
    pub fn technical(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Technical, detail: detail.into(), server_is_away: false }
    }
}
