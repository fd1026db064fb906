//! Erase the personal data of a case that is over. What is left tells that there was a case, what happened to it and who
//! did it, and nothing of the person.

use crate::{
    domain::{actor::Actor, event::Facts, ids::ApplicationId, lifecycle::Action, policy::Operation},
    store,
    workflow::{
        Result, Service, WorkflowError,
        add_evidence::in_background,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
        transition,
    },
};

/// Deletes the key of the case, and with it its form, words and messages; blanks the columns that tell of the person;
/// drops the messages that were not sent, and the answers that are kept for repeats. The clock then removes the files
/// ([`remove_files`]). An erased case stays as it is. No page offers this yet: the system does it.
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
        let mut case = case.ok_or(WorkflowError::NotFound)?;
        if store::event::newest_of(ctx.tx, self.case, &[Action::Erase])?.is_some() {
            return Ok(());
        }
        if !case.state.is_final() {
            return Err(WorkflowError::ActionNotAllowed { available: Vec::new() });
        }
        transition::record(ctx, &mut case, Action::Erase, Facts::default())?;
        Ok(store::erase::erase(ctx.tx, self.case, ctx.now)?)
    }
}

/// Files removed in one round; what is left comes in the next.
const FILES_AT_MOST: i64 = 200;

/// Removes files of erased cases from the data folder, and then their rows. A file that cannot be removed does not hold
/// up the others; its row stays, so that the clock tries it again.
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

/// Lists files of erased cases that still lie in the data folder.
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

/// Forgets files that were removed.
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
