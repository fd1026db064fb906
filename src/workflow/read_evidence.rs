//! Read an uploaded document. Every view by somebody who is not on the case's own side is recorded.

use uuid::Uuid;

use crate::{
    domain::{
        access::Access,
        actor::Actor,
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        policy::Operation,
    },
    keyring::KeyError,
    store::{
        self, StoreError,
        files::{Contents, FilesError, Stream},
    },
    workflow::{
        Result, Service, WorkflowError, access::RecordedQuery, entrance::Context, subject::Permitted,
    },
};

/// A document that is being read.
pub struct Opened {
    /// The document.
    pub document: Evidence,
    stream: Stream,
}

/// Opens the document for an actor who may read it. Its beginning is checked when this returns.
pub async fn open(service: &Service, actor: &Actor, which: ReadEvidence) -> Result<Opened> {
    let (document, contents) = service.query_recorded(actor, which).await?;
    let opened = match contents {
        Some(contents) => service.files().read(&document.storage_name, contents).await,
        None => Err(FilesError::Damaged(document.storage_name.clone())),
    };
    match opened {
        Ok(stream) => Ok(Opened { document, stream }),
        Err(error) => {
            log_lost(&document, &error);
            Err(error.into())
        }
    }
}

impl Opened {
    /// The next bytes; none at the end. After an error, what was given is not the document.
    pub async fn next(&mut self) -> Result<Option<bytes::Bytes>> {
        self.stream.next().await.map_err(|error| {
            log_lost(&self.document, &error);
            error.into()
        })
    }
}

fn log_lost(document: &Evidence, error: &FilesError) {
    if error.is_lost() {
        let (case, document) = (document.application, document.id);
        tracing::error!(code = "document_lost", %case, %document, %error, "the file of a document is missing or damaged");
    }
}

/// The document's row, and how its file is read; none if the row does not fit the key that it has.
#[derive(Clone, Copy, Debug)]
pub struct ReadEvidence {
    /// Of this case.
    pub case: ApplicationId,
    /// Which.
    pub evidence: EvidenceId,
}

impl RecordedQuery for ReadEvidence {
    type Output = (Evidence, Option<Contents>);

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowEvidence, self.case)
    }

    fn access(&self) -> (Access, Uuid) {
        (Access::Evidence, self.evidence.0)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<ApplicationId>) -> Result<Self::Output> {
        let documents = store::evidence::of_case(ctx.tx, self.case)?;
        let document = documents.iter().find(|document| document.id == self.evidence).cloned();
        let document = document.ok_or(WorkflowError::NotFound)?;
        let contents = match store::evidence::contents(ctx.tx, &document) {
            // The row was changed, or is that of another document.
            Err(StoreError::Sealed(KeyError::Sealed(_))) => None,
            contents => Some(contents?),
        };
        Ok((document, contents))
    }
}
