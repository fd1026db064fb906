//! Create a programme, or a new version of it, from its file.

use std::sync::Arc;

use crate::{
    domain::{actor::OrganisationKind, ids::OrganisationId, policy::Operation, programme::Programme},
    random,
    store::{self, organisation::Organisation},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// The programme that comes with the service.
pub const CN_KZ: &str = include_str!("../../programmes/cn-kz.toml");

/// Applies a programme's file: creates a new version, unless it equals the newest one. Creates missing authorities.
/// Live cases keep their version.
#[derive(Clone, Debug)]
pub struct ApplyProgramme {
    /// The contents of the file.
    pub file: Programme,
}

impl Command for ApplyProgramme {
    type Subject = Installation;
    type Output = Arc<Programme>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ApplyProgramme, Installation)
    }

    fn security_event(&self, _: &Arc<Programme>) -> Option<SecurityEvent> {
        SecurityEvent::new("programme_applied", &self.file.code)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Arc<Programme>> {
        let file = &self.file;
        let faults = file.faults();
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        let newest = store::programme::newest(ctx.tx, &file.code)?;
        let number = newest.as_ref().map_or(0, |newest| newest.version);
        let same = Programme { version: number, ..file.clone() };
        if let Some(newest) = newest.filter(|newest| **newest == same) {
            return Ok(newest);
        }
        for authority in &file.authorities {
            if store::organisation::by_code(ctx.tx, &authority.code)?.is_none() {
                let new = Organisation {
                    id: OrganisationId(random::id()),
                    code: authority.code.clone(),
                    name: authority.name.en.clone(),
                    kind: OrganisationKind::Authority,
                    territory: Some(authority.territory.clone()),
                };
                store::organisation::insert(ctx.tx, &new, ctx.by())?;
            }
        }
        let next = Programme { version: number + 1, ..file.clone() };
        store::programme::insert(ctx.tx, &next, ctx.by())?;
        Ok(Arc::new(next))
    }
}

/// Applies the bundled programme if there is none at all.
#[derive(Clone, Copy, Debug)]
pub struct ApplyBundledProgramme;

impl Command for ApplyBundledProgramme {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::ApplyProgramme, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        if !store::programme::all_newest(ctx.tx)?.is_empty() {
            return Ok(());
        }
        let file: Programme = Programme::from_file(CN_KZ)
            .map_err(|e| store::StoreError::Broken(format!("the bundled programme cannot be read: {e}")))?;
        ctx.execute(&ApplyProgramme { file }).map(drop)
    }
}
