//! What becomes of a message: where it stands, how it is tried, and how each attempt to deliver it ended.

use crate::text_enum;

text_enum! {
    /// The state of a message to somebody.
    pub enum DeliveryState {
        /// Waiting for the first or the next attempt.
        Pending = "pending",
        /// The mail server took it.
        Sent = "sent",
        /// Given up; somebody must look. `resend` makes it pending again.
        Dead = "dead",
    }
}

text_enum! {
    /// How often and for how long a message is tried. `notify/retry.rs` has the figures.
    pub enum AttemptPolicy {
        /// Soon at first, then ever more rarely, for a day.
        ForADay = "for_a_day",
    }
}

text_enum! {
    /// How one attempt ended. Each failure says itself whether it is worth trying again.
    pub enum Outcome {
        /// The mail server took it.
        Sent = "sent",
        /// The other side could not now: a reply 4xx, no connection.
        Temporary = "temporary",
        /// The other side will not: a reply 5xx.
        Permanent = "permanent",
        /// Something on our side: a disk that is full, a message that cannot be built.
        Technical = "technical",
    }
}
