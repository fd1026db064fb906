//! Erase the personal data of a final case. What remains shows that there was a case, what happened to it and who did
//! it, but nothing about the person.

use crate::{
    domain::{actor::Actor, event::Facts, ids::ApplicationId, lifecycle::Action, policy::Operation},
    store::{self, files::FilesError},
    workflow::{
        Result, Service, WorkflowError, dossier,
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
const FILES_AT_MOST: usize = 200;

/// Removes files that are to be removed, and then their rows. A file that cannot be removed does not block the others;
/// its row stays, so that the scheduler tries again. `choose` leaves out the names that must not be tried now; it gets
/// `failed` names more than one round removes. Returns the number
/// of files that were removed, and the names that failed.
pub async fn remove_files(
    service: &Service,
    failed: usize,
    choose: impl FnOnce(Vec<String>) -> Vec<String>,
) -> Result<(usize, Vec<(String, String)>)> {
    let mut names = choose(service.query(&Actor::system(), FilesToRemove { failed }).await?);
    names.truncate(FILES_AT_MOST);
    let (mut removed, mut left) = (Vec::new(), Vec::new());
    for name in names {
        match service.files().remove(&name).await {
            Ok(()) | Err(FilesError::Missing(_)) => removed.push(name),
            Err(error) => left.push((name, error.to_string())),
        }
    }
    let count = removed.len();
    if count > 0 {
        service.execute(&Actor::system(), ForgetFiles { names: removed }).await?;
    }
    Ok((count, left))
}

/// Removes one file now, and then its row.
pub(super) async fn remove_file(service: &Service, name: String) -> Result<()> {
    match service.files().remove(&name).await {
        Ok(()) | Err(FilesError::Missing(_)) => {}
        Err(error) => return Err(error.into()),
    }
    service.execute(&Actor::system(), ForgetFiles { names: vec![name] }).await
}

/// Lists files that are to be removed.
#[derive(Clone, Copy, Debug)]
struct FilesToRemove {
    failed: usize,
}

impl Query for FilesToRemove {
    type Subject = Installation;
    type Output = Vec<String>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<String>> {
        let at_most = FILES_AT_MOST.saturating_add(self.failed);
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        Ok(store::files_to_remove::list(ctx.tx, ctx.now, at_most)?)
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
