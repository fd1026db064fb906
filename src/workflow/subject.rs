//! What commands and queries are about, loaded together with the permission to use it. A subject that the actor may not
//! know of is "not found".

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::{Result, WorkflowError, dossier, entrance::Context};
use crate::{
    domain::{
        batch::Batch,
        case::Dossier,
        ids::{ApplicationId, BatchId, JobId},
        job::Job,
        policy::{self, Denied, Operation, Permission},
        programme::Programme,
        reference,
        refusal::Conflict,
    },
    store,
};

/// Something that rights depend on.
pub trait Subject {
    /// What is loaded of it.
    type Loaded;

    /// Loads it; commands lock it until their transaction ends.
    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Self::Loaded>;

    /// How the table of rights sees it.
    fn seen(loaded: &Self::Loaded) -> policy::Subject<'_>;

    /// What must hold after the check of rights: that it still has the version that the actor saw.
    fn check(&self, _: &Self::Loaded) -> Result<()> {
        Ok(())
    }

    /// The case that it is about, if it is a known one: its row is locked and read together with those of other
    /// commands that wait.
    fn case(&self) -> Option<ApplicationId> {
        None
    }
}

/// A subject as commands load it: it is locked until the transaction ends, or a concurrent change is detected.
pub trait Guarded: Subject {}

impl Guarded for SeenCase {}
impl Guarded for AuthorizationNumber {}
impl Guarded for SeenBatch {}

/// A subject that was loaded, and the permission to do one thing to it.
#[derive(Debug)]
pub struct Permitted<S: Subject> {
    loaded: S::Loaded,
    permission: Permission,
}

impl<S: Subject> Permitted<S> {
    /// Loads the subject for an actor who may do this to it.
    pub fn load(ctx: &mut Context<'_, '_>, operation: Operation, subject: S) -> Result<Self> {
        policy::admit(operation, ctx.actor)?;
        let loaded = subject.load(ctx)?;
        // Rights before versions: a stranger does not learn how often something has changed.
        let permission = match permission(ctx, operation, S::seen(&loaded)) {
            // The version comes before the state: an actor that saw an older version gets that error, not its
            // consequence.
            Err(WorkflowError::Conflict(conflict)) => {
                subject.check(&loaded)?;
                return Err(conflict.into());
            }
            permission => permission?,
        };
        subject.check(&loaded)?;
        Ok(Self { loaded, permission })
    }

    /// The subject alone.
    pub fn into_inner(self) -> S::Loaded {
        self.loaded
    }

    /// The same subject with the permission to do something else to it.
    pub fn renew(self, ctx: &Context<'_, '_>, operation: Operation) -> Result<Self> {
        let permission = permission(ctx, operation, S::seen(&self.loaded))?;
        Ok(Self { permission, ..self })
    }

    /// The permission that it was loaded with.
    pub const fn permission(&self) -> Permission {
        self.permission
    }
}

impl<S: Subject> Deref for Permitted<S> {
    type Target = S::Loaded;

    fn deref(&self) -> &S::Loaded {
        &self.loaded
    }
}

impl<S: Subject> DerefMut for Permitted<S> {
    fn deref_mut(&mut self) -> &mut S::Loaded {
        &mut self.loaded
    }
}

fn permission(
    ctx: &Context<'_, '_>,
    operation: Operation,
    subject: policy::Subject<'_>,
) -> Result<Permission> {
    policy::permit(operation, ctx.actor, subject).map_err(|denied| match denied {
        Denied::Hidden => WorkflowError::NotFound,
        Denied::Forbidden(because) => WorkflowError::Forbidden(because),
        Denied::State => match subject {
            policy::Subject::Batch(..) => Conflict::BatchState.into(),
            _ => WorkflowError::ActionNotAllowed {
                available: subject
                    .dossier()
                    .map_or_else(Vec::new, |dossier| policy::available_actions(dossier, ctx.actor)),
            },
        },
    })
}

/// The installation as a whole: accounts, organisations, listings.
#[derive(Clone, Copy, Debug)]
pub struct Installation;

impl Subject for Installation {
    type Loaded = ();

    fn load(&self, _: &mut Context<'_, '_>) -> Result<()> {
        Ok(())
    }

    fn seen((): &()) -> policy::Subject<'_> {
        policy::Subject::Installation
    }
}

/// A case to be read.
impl Subject for ApplicationId {
    type Loaded = Dossier;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Dossier> {
        let case = store::application::by_id(ctx.tx, *self)?.ok_or(WorkflowError::NotFound)?;
        dossier::complete(ctx.tx, case)
    }

    fn seen(loaded: &Dossier) -> policy::Subject<'_> {
        policy::Subject::Case(loaded)
    }
}

/// A case to be changed, as somebody has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenCase {
    /// The case.
    pub id: ApplicationId,
    /// Its version as seen; none: whatever it is now.
    pub version: Option<i32>,
}

impl SeenCase {
    /// The case at whatever version it is.
    pub const fn any_version(id: ApplicationId) -> Self {
        Self { id, version: None }
    }
}

impl Subject for SeenCase {
    type Loaded = Dossier;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Dossier> {
        let case = store::application::by_id_for_update(ctx.tx, self.id)?.ok_or(WorkflowError::NotFound)?;
        dossier::complete(ctx.tx, case)
    }

    fn seen(loaded: &Dossier) -> policy::Subject<'_> {
        policy::Subject::Case(loaded)
    }

    fn check(&self, loaded: &Dossier) -> Result<()> {
        is_same_version(self.version, loaded.case.version)
    }

    fn case(&self) -> Option<ApplicationId> {
        Some(self.id)
    }
}

/// An authorization with its case, by its number. The dossier has this authorization, even if it has ended.
#[derive(Clone, Debug)]
pub struct AuthorizationNumber(
    /// Such as `CNKZ-7Q3M-9XKD-4T6W`; case, spaces and dashes do not matter.
    pub String,
);

impl Subject for AuthorizationNumber {
    type Loaded = Dossier;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Dossier> {
        let number = reference::tidy_number(&self.0).ok_or(WorkflowError::NotFound)?;
        let found = store::authorization::by_number(ctx.tx, &number)?.ok_or(WorkflowError::NotFound)?;
        let dossier = SeenCase::any_version(found.application).load(ctx)?;
        // Read again, since the case is locked now.
        let authorization = store::authorization::by_number(ctx.tx, &number)?;
        Ok(Dossier { authorization, ..dossier })
    }

    fn seen(loaded: &Dossier) -> policy::Subject<'_> {
        policy::Subject::Case(loaded)
    }
}

/// The programme that something new is proposed for; there may be none of that code.
#[derive(Clone, Debug)]
pub struct ProposedProgramme(
    /// Such as `cn-kz`.
    pub String,
);

impl Subject for ProposedProgramme {
    type Loaded = Option<Arc<Programme>>;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Self::Loaded> {
        Ok(store::programme::newest(ctx.tx, &self.0)?)
    }

    fn seen(loaded: &Self::Loaded) -> policy::Subject<'_> {
        loaded.as_deref().map_or(policy::Subject::Installation, policy::Subject::Programme)
    }
}

/// A batch, and the programme as it is now.
pub type BatchAndProgramme = (Batch, Arc<Programme>);

/// A batch to be read.
impl Subject for BatchId {
    type Loaded = BatchAndProgramme;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<BatchAndProgramme> {
        let batch = store::batch::by_id(ctx.tx, *self)?.ok_or(WorkflowError::NotFound)?;
        let programme = ProgrammeCode(batch.programme.clone()).load(ctx)?;
        Ok((Arc::unwrap_or_clone(batch), programme))
    }

    fn seen((batch, programme): &BatchAndProgramme) -> policy::Subject<'_> {
        policy::Subject::Batch(batch, programme)
    }
}

/// A batch to be changed, as somebody has seen it. Its row is not locked: what moves it is guarded by its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenBatch {
    /// The batch.
    pub id: BatchId,
    /// Its version as seen; none: whatever it is now.
    pub version: Option<i32>,
}

impl Subject for SeenBatch {
    type Loaded = BatchAndProgramme;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<BatchAndProgramme> {
        self.id.load(ctx)
    }

    fn seen(loaded: &BatchAndProgramme) -> policy::Subject<'_> {
        BatchId::seen(loaded)
    }

    fn check(&self, (batch, _): &BatchAndProgramme) -> Result<()> {
        is_same_version(self.version, batch.version)
    }
}

/// A job to show.
impl Subject for JobId {
    type Loaded = Job;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Job> {
        store::job::by_id(ctx.tx, *self)?.ok_or(WorkflowError::NotFound)
    }

    fn seen(loaded: &Job) -> policy::Subject<'_> {
        policy::Subject::Job(loaded)
    }
}

/// The newest version of a programme.
#[derive(Clone, Debug)]
pub struct ProgrammeCode(
    /// Such as `cn-kz`.
    pub String,
);

impl Subject for ProgrammeCode {
    type Loaded = Arc<Programme>;

    fn load(&self, ctx: &mut Context<'_, '_>) -> Result<Arc<Programme>> {
        store::programme::newest(ctx.tx, &self.0)?.ok_or(WorkflowError::NotFound)
    }

    fn seen(loaded: &Arc<Programme>) -> policy::Subject<'_> {
        policy::Subject::Programme(loaded)
    }
}

fn is_same_version(seen: Option<i32>, stored: i32) -> Result<()> {
    if seen.is_none_or(|seen| seen == stored) { Ok(()) } else { Err(WorkflowError::VersionConflict) }
}
