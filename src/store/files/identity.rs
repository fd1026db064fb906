//! Which database the uploaded files belong to. The folder or bucket holds a small file with the id of the installation
//! and of the folder; the database holds both too. So two instances on one database with different folders are noticed,
//! and so are two databases with one folder.

use std::str::FromStr;

use object_store::{ObjectStoreExt, PutMode, PutPayload, path::Path};
use uuid::Uuid;

use super::{Files, FilesError};
use crate::random;

/// The name of the file.
const NAME: &str = "corridor-files";

/// The first line of the file.
const FORMAT: &str = "These are the uploaded files of one Corridor database. Keep this file with them.";

/// Which database the files belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The id of the installation: of the database.
    pub installation: Uuid,
    /// The id of the folder or bucket.
    pub folder: Uuid,
}

impl Files {
    /// What the folder or bucket says; none if it was not used yet.
    pub async fn identity(&self) -> Result<Option<Identity>, FilesError> {
        let found = match self.store()?.get(&self.identity_path()).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| self.0.unusable(&error))?,
        };
        let bytes = found.bytes().await.map_err(|error| self.0.unusable(&error))?;
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        text.parse().map(Some).map_err(|()| self.0.unusable(&format!("its file {NAME} cannot be read")))
    }

    /// Writes a new identity of this installation; another instance may be faster. Returns what is there.
    pub async fn identify(&self, installation: Uuid) -> Result<Identity, FilesError> {
        let identity = Identity { installation, folder: random::id() };
        let payload = PutPayload::from(identity.to_string());
        let written = self.store()?.put_opts(&self.identity_path(), payload, PutMode::Create.into()).await;
        match written {
            Ok(_) => Ok(identity),
            Err(object_store::Error::AlreadyExists { .. }) => self
                .identity()
                .await?
                .ok_or_else(|| self.0.unusable(&format!("its file {NAME} appears and disappears"))),
            Err(error) => Err(self.0.unusable(&error)),
        }
    }

    /// Removes the identity again.
    pub async fn forget_identity(&self) -> Result<(), FilesError> {
        self.store()?.delete(&self.identity_path()).await.map_err(|error| self.0.unusable(&error))
    }

    /// The error of files that are not those of this database. `own` is the identity that they would have; none if this
    /// database has no files yet.
    pub fn foreign(&self, own: Option<Identity>, found: Option<Identity>) -> FilesError {
        let place = &self.0;
        let what = match found {
            None => {
                "does not say that it has the uploaded files of this database, which were elsewhere before"
            }
            Some(_) => "has the uploaded files of another database",
        };
        let remedy = match own {
            None => format!(
                "name an empty folder or bucket; or, if these are the right files, remove the file {NAME} there"
            ),
            Some(own) => format!(
                "name the folder or bucket that every instance uses; or, if these are the right files, put this into \
                 the file {NAME} there: installation {}, folder {}, each on a line of its own",
                own.installation, own.folder
            ),
        };
        FilesError::Foreign(format!("{place} {what}; {remedy}"))
    }

    fn identity_path(&self) -> Path {
        self.0.prefix().clone().join(NAME)
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{FORMAT}\ninstallation {}\nfolder {}", self.installation, self.folder)
    }
}

impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let id = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|id| id.trim().parse().ok()).ok_or(())
        };
        Ok(Self { installation: id("installation")?, folder: id("folder")? })
    }
}
