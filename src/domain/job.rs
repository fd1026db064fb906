//! Jobs: long work in slices, while requests are served, such as a rotation of the keys, a draw, the end of a batch.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    actor::{Actor, Identity, Role},
    ids::{BatchId, JobId, OrganisationId},
};
use crate::text_enum;

text_enum! {
    /// The kinds of job. Each has a file in `jobs/`.
    pub enum JobKind {
        /// Reseal values from a master key to the case keys.
        Reseal = "reseal",
        /// Begin the histories of authorizations and batches from before there were histories.
        BeginHistories = "begin_histories",
        /// Begin the journals of programmes, organisations, accounts and API clients from before there was a journal.
        BeginJournal = "begin_journal",
        /// Move everything that is sealed or hashed under an older master key to the current one.
        RotateKeys = "rotate_keys",
        /// Draw the lots of a batch, reveal its seed and give its places.
        Draw = "draw",
        /// Give the free places of a batch to its waiting cases.
        Promote = "promote",
        /// Let the undecided cases of an ended batch lapse.
        EndBatch = "end_batch",
        /// Put back the cases that a person has claimed and may not hold any more.
        ReleaseClaims = "release_claims",
        /// Set the first check of the journeys of undecided cases from before there were checks.
        WatchJourneys = "watch_journeys",
        /// Close the histories from before their hashes had a key, each with a line that has one.
        CloseHistories = "close_histories",
        /// Seal the uploaded files from before they were sealed.
        SealFiles = "seal_files",
    }
}

text_enum! {
    /// The state of a job.
    pub enum JobState {
        /// No slice was done yet.
        Waiting = "waiting",
        /// Some slices are done.
        Running = "running",
        /// All is done.
        Finished = "finished",
        /// A slice has failed. The job is retried when the service starts.
        Failed = "failed",
    }
}

impl JobState {
    /// Whether the job continues by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// Who caused a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creator {
    /// As [`Identity::kind`] says it.
    pub kind: String,
    /// The person or program, if it is one.
    pub id: Option<Uuid>,
    /// The organisation that was acted for.
    pub organisation: Option<OrganisationId>,
}

impl Creator {
    /// The actor as creator.
    pub fn of(actor: &Actor) -> Self {
        Self {
            kind: actor.identity.kind().to_owned(),
            id: actor.identity.id(),
            organisation: actor.organisation_id(),
        }
    }
}

/// A job and its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The code of its kind, which this version may not know.
    pub kind: String,
    /// What it is about: the id of a batch, or of an account for [`JobKind::ReleaseClaims`].
    pub subject: Option<Uuid>,
    /// Who caused it.
    pub creator: Creator,
    /// Its state.
    pub state: JobState,
    /// The number of items done, mostly cases.
    pub done: i32,
    /// The number of all items, if it is known.
    pub total: Option<i32>,
    /// Where the next slice begins, in the format of its kind; none: at the beginning.
    pub cursor: Option<String>,
    /// The last error, for the operator.
    pub last_error: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the first slice was done.
    pub started_at: Option<Timestamp>,
    /// When the last slice was done, or the job failed.
    pub finished_at: Option<Timestamp>,
}

impl Job {
    /// The batch that it is about.
    pub fn batch(&self) -> Option<BatchId> {
        self.subject.filter(|_| self.known_kind() != Some(JobKind::ReleaseClaims)).map(BatchId)
    }

    /// Its kind, if this version has code for it.
    pub fn known_kind(&self) -> Option<JobKind> {
        self.kind.parse().ok()
    }
}

/// Which jobs an actor may know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobSight {
    /// All.
    All,
    /// Those that the actor caused, and those that anybody caused for the organisation.
    Own {
        /// The person or program.
        creator: Option<Uuid>,
        /// The organisation, if the actor runs batches for it.
        organisation: Option<OrganisationId>,
    },
}

impl JobSight {
    /// What the actor sees: administrators and the service see all, batch managers those of their organisation,
    /// everybody their own.
    pub fn of(actor: &Actor) -> Self {
        if actor.is(Role::Administrator) || actor.identity == Identity::System {
            return Self::All;
        }
        let organisation = actor.organisation_id().filter(|_| actor.is(Role::BatchManager));
        Self::Own { creator: actor.identity.id(), organisation }
    }

    /// Whether the job is seen.
    pub fn covers(self, job: &Job) -> bool {
        match self {
            Self::All => true,
            Self::Own { creator, organisation } => {
                (creator.is_some() && job.creator.id == creator)
                    || (organisation.is_some() && job.creator.organisation == organisation)
            }
        }
    }
}
