//! The delivery of a message: its state, its attempt policy, and the outcome of each attempt.

use crate::text_enum;

text_enum! {
    /// The state of a message to somebody.
    pub enum DeliveryState {
        /// Waiting for the first or the next attempt.
        Pending = "pending",
        /// The mail server took it.
        Sent = "sent",
        /// Abandoned: an operator must act. `resend` makes it pending again.
        Dead = "dead",
    }
}

text_enum! {
    /// How often and for how long a message is tried. `notify/retry.rs` has the figures.
    pub enum AttemptPolicy {
        /// With growing delays, for a day.
        ForADay = "for_a_day",
    }
}

text_enum! {
    /// How one attempt ended. Each failure says itself whether it is worth trying again.
    pub enum Outcome {
        /// The mail server took it.
        Sent = "sent",
        /// A temporary failure of the other side: a reply 4xx, no connection.
        Temporary = "temporary",
        /// A permanent refusal: a reply 5xx.
        Permanent = "permanent",
        /// A failure on our side: a full disk, a message that cannot be built.
        Technical = "technical",
    }
}
