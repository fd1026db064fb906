//! Erase the personal data of a final case. What remains shows that there was a case, what happened to it and who did
//! it, but nothing about the person.

use crate::{
    domain::{actor::Actor, event::Facts, ids::ApplicationId, lifecycle::Action, policy::Operation},
    store,
    workflow::{
        Result, Service, WorkflowError,
        add_evidence::in_background,
        dossier,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
        transition,
    },
};

/// Deletes the key of the case, and with it its form, words and messages; blanks the columns about the person; deletes
/// the messages that were not sent, and the stored answers. The scheduler then removes the files ([`remove_files`]).
/// Erasing a case again changes nothing. No page offers this yet: only the system does it.
#[derive(Clone, Copy, Debug)]
pub struct EraseCase {
    /// The case.
    pub case: ApplicationId,
}

impl Command for EraseCase {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let case = store::application::by_id_for_update(ctx.tx, self.case)?;
        let case = case.ok_or(WorkflowError::NotFound)?;
        if store::event::newest_of(ctx.tx, self.case, &[Action::Erase])?.is_some() {
            return Ok(());
        }
        if !case.state.is_final() {
            return Err(WorkflowError::ActionNotAllowed { available: Vec::new() });
        }
        store::erase::erase(ctx.tx, self.case, ctx.now)?;
        // Only what is left: the digest says nothing about the person.
        let left = store::application::by_id_for_update(ctx.tx, self.case)?.ok_or(WorkflowError::NotFound)?;
        let mut left = dossier::complete(ctx.tx, left)?;
        transition::record(ctx, &mut left, Action::Erase, Facts::default())
    }
}

/// The maximum number of files that one round removes.
const FILES_AT_MOST: i64 = 200;

/// Removes files of erased cases from the data folder, and then their rows. A file that cannot be removed does not
/// block the others; its row stays, so that the scheduler tries again.
pub async fn remove_files(service: &Service) -> Result<()> {
    let names = service.query(&Actor::system(), FilesToRemove).await?;
    let tried = in_background(service, move |files| {
        let erase = |name: String| match files.erase(&name) {
            Ok(()) => Ok(name),
            Err(error) => Err(format!("the file {name} of an erased case cannot be removed: {error}")),
        };
        Ok(names.into_iter().map(erase).collect::<Vec<_>>())
    });
    let (removed, left): (Vec<_>, Vec<_>) = tried.await?.into_iter().partition(Result::is_ok);
    let names = removed.into_iter().flatten().collect();
    service.execute(&Actor::system(), ForgetFiles { names }).await?;
    match left.into_iter().find_map(Result::err) {
        None => Ok(()),
        Some(error) => Err(WorkflowError::Internal(error)),
    }
}

/// Lists files of erased cases that are still in the data folder.
#[derive(Clone, Copy, Debug)]
struct FilesToRemove;

impl Query for FilesToRemove {
    type Subject = Installation;
    type Output = Vec<String>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<String>> {
        Ok(store::files_to_remove::list(ctx.tx, FILES_AT_MOST)?)
    }
}

/// Deletes the rows of removed files.
#[derive(Clone, Debug)]
struct ForgetFiles {
    names: Vec<String>,
}

impl Command for ForgetFiles {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::files_to_remove::delete(ctx.tx, &self.names)?)
    }
}
