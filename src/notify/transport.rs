//! The ways out: one for each channel.

use super::mail::Mailer;
use crate::{
    domain::{delivery::Outcome, notification::Channel},
    store::outbox::Due,
};

/// What delivers the messages of each channel.
pub struct Transports {
    /// E-mail.
    pub mailer: Mailer,
}

impl Transports {
    /// Sends a due message on its channel. Blocks, for as long as the other side may take.
    pub(super) fn send(&self, channel: Channel, due: &Due) -> Result<(), Undelivered> {
        let notification = due.notification.as_ref().map_err(|e| Undelivered::technical(e.to_string()))?;
        match channel {
            Channel::Email => self.mailer.send(due, notification),
        }
    }
}

/// Why a message did not leave. Says nothing of its contents.
#[derive(Debug)]
pub struct Undelivered {
    /// Whether another attempt can help.
    pub outcome: Outcome,
    /// The other side's reply code, or what kind of failure.
    pub detail: String,
    /// Whether it was not about this message: any other on the channel would fail alike now.
    pub server_is_away: bool,
}

impl Undelivered {
    /// Something on our side that this message alone suffers from.
    pub fn technical(detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Technical, detail: detail.into(), server_is_away: false }
    }
}
