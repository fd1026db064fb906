//! The scheduler's duties: what the service does regularly without a request.

use jiff::{SignedDuration, Timestamp};

use crate::text_enum;

text_enum! {
    /// A duty. `workflow/tick.rs` says what is due, `scheduler.rs` does it.
    pub enum Duty {
        /// Close the batches whose application window is over.
        CloseBatches = "close_batches",
        /// Open the batches whose application window has begun.
        OpenBatches = "open_batches",
        /// End the batches whose travel window is over.
        EndBatches = "end_batches",
        /// Let cases lapse whose questions were not answered in time.
        LapseUnanswered = "lapse_unanswered",
        /// Let waitlisted cases of ended batches lapse.
        LapseWaiting = "lapse_waiting",
        /// Tell sponsors of requests to accept applications.
        NotifySponsors = "notify_sponsors",
        /// Remind applicants of the end of their journey, and let cases lapse whose journey is over.
        CheckJourneys = "check_journeys",
        /// Expire or complete authorizations whose validity is over.
        ExpireAuthorizations = "expire_authorizations",
        /// Remove sessions, links, unconfirmed sign-ups and answers that are too old.
        TidyUp = "tidy_up",
        /// Remove the files of erased cases, of removed documents of drafts and of abandoned uploads.
        RemoveFiles = "remove_files",
        /// Send the messages of the outbox. `notify/worker.rs` does it.
        SendMessages = "send_messages",
        /// Work on jobs. `jobs/worker.rs` does it.
        WorkOnJobs = "work_on_jobs",
        /// Use the current master key after a rotation.
        SyncKeys = "sync_keys",
        /// Append a signed checkpoint of all histories to the checkpoint file.
        WriteCheckpoint = "write_checkpoint",
        /// Update the statistics of the database's query planner.
        RefreshStatistics = "refresh_statistics",
    }
}

/// A duty, when it was done and what of it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyReport {
    /// Which.
    pub duty: Duty,
    /// When there was something to do last.
    pub last_at: Option<Timestamp>,
    /// When there will be something to do next, as far as is known now.
    pub next_at: Option<Timestamp>,
    /// How much was done in total.
    pub done: i32,
    /// How much is due now and not done.
    pub overdue: i32,
    /// Since when the longest overdue is due.
    pub oldest_overdue: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// What is due of a duty, and when the next of it will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// The earliest moment at which something was or will be due.
    pub first: Option<Timestamp>,
    /// How much is due now.
    pub overdue: i32,
}

/// What has been done of a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When there was something to do last.
    pub last_at: Timestamp,
    /// How much was done in total.
    pub done: i32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// A duty that has been overdue for this long is late: somebody has to look at it.
pub const LATE: SignedDuration = SignedDuration::from_mins(5);

impl DutyReport {
    /// How long the oldest overdue item has been due.
    pub fn overdue_for(&self, now: Timestamp) -> Option<SignedDuration> {
        self.oldest_overdue.map(|since| now.duration_since(since))
    }

    /// Whether somebody has to look at it.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.overdue_for(now).is_some_and(|age| age >= LATE)
    }

    /// What is known of a duty at `now`.
    pub fn new(duty: Duty, record: Option<Record>, agenda: Agenda, now: Timestamp) -> Self {
        Self {
            duty,
            last_at: record.as_ref().map(|record| record.last_at),
            next_at: agenda.first.filter(|first| *first > now),
            done: record.as_ref().map_or(0, |record| record.done),
            overdue: agenda.overdue,
            oldest_overdue: agenda.first.filter(|first| *first <= now),
            last_error: record.and_then(|record| record.last_error),
        }
    }
}
