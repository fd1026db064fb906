//! Claim the folder of the uploaded files for this database, at the start. A folder that belongs to another database is
//! refused, and so is another folder than the other instances use.

use uuid::Uuid;

use crate::{
    domain::{actor::Actor, policy::Operation},
    random,
    store::{self, files::Identity},
    workflow::{
        Result, Service,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
    },
};

/// Claims the folder. The first instance writes the ids into folder and database; the others compare them.
pub async fn claim(service: &Service) -> Result<()> {
    let (files, system) = (service.files(), Actor::system());
    let (installation, folder) = service.execute(&system, Claim { folder: None }).await?;
    let own = folder.map(|folder| Identity { installation, folder });
    let found = match (files.identity().await?, own) {
        (None, Some(_)) => return Err(files.foreign(own, None).into()),
        (None, None) => files.identify(installation).await?,
        (Some(found), _) => found,
    };
    if found.installation == installation {
        let (_, folder) = service.execute(&system, Claim { folder: Some(found.folder) }).await?;
        if folder == Some(found.folder) {
            return Ok(());
        }
        if own.is_none() {
            // Another instance has claimed its folder at the same moment. The folder of this one is not used.
            files.forget_identity().await?;
        }
        let own = folder.map(|folder| Identity { installation, folder });
        return Err(files.foreign(own, Some(found)).into());
    }
    Err(files.foreign(own, Some(found)).into())
}

/// Compares the folder of a command that only reads it, such as `corridor verify`.
pub async fn compare(service: &Service) -> Result<()> {
    let ids = service
        .db()
        .read(|tx| Ok::<_, crate::workflow::WorkflowError>(store::files_identity::find(tx)?))
        .await?;
    let Some((installation, Some(folder))) = ids else { return Ok(()) };
    let own = Some(Identity { installation, folder });
    match service.files().identity().await? {
        found if found == own => Ok(()),
        found => Err(service.files().foreign(own, found).into()),
    }
}

/// Sets the ids that are not set yet. Returns what is set now: of the installation and of its folder.
#[derive(Clone, Copy, Debug)]
struct Claim {
    folder: Option<Uuid>,
}

impl Command for Claim {
    type Subject = Installation;
    type Output = (Uuid, Option<Uuid>);

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Self::Output> {
        if store::files_identity::find(ctx.tx)?.is_none() {
            store::files_identity::begin(ctx.tx, random::id())?;
        }
        if let Some(folder) = self.folder {
            store::files_identity::set_folder(ctx.tx, folder)?;
        }
        let ids = store::files_identity::find(ctx.tx)?;
        ids.ok_or_else(|| store::StoreError::Broken("the ids of the files were not stored".to_owned()).into())
    }
}
