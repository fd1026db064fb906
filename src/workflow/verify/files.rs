//! The invariant of uploaded files: each document has its file, and the file has the hash that was recorded.

use super::Break;
use crate::{
    digest::Sha256,
    domain::{evidence::Evidence, ids::EvidenceId},
    keyring::KeyError,
    store::{
        self, StoreError,
        files::{Contents, Files, FilesError},
    },
    workflow::{Result, Service, WorkflowError, claim_files},
};

/// Documents read at a time.
const CHUNK: i64 = 200;

/// What was checked and what was found.
#[derive(Clone, Debug, Default)]
pub struct FilesReport {
    /// What does not hold.
    pub breaks: Vec<Break>,
    /// The number of checked documents, also of removed ones.
    pub documents: usize,
}

/// Reads every file and compares it with its document. Memory holds one piece of a file. Calls `tell` with the number of
/// documents so far.
pub async fn verify_files(service: &Service, mut tell: impl FnMut(usize)) -> Result<FilesReport> {
    claim_files::compare(service).await?;
    let mut report = FilesReport::default();
    let mut after: Option<EvidenceId> = None;
    loop {
        let next = service.db().read(move |tx| {
            let documents = store::evidence::with_file(tx, after, CHUNK)?;
            let contents = documents.iter().map(|document| store::evidence::contents(tx, document)).collect();
            let contents: Vec<Result<Contents, StoreError>> = contents;
            Ok::<_, WorkflowError>(documents.into_iter().zip(contents).collect::<Vec<_>>())
        });
        let next = next.await?;
        let Some((last, _)) = next.last() else { return Ok(report) };
        after = Some(last.id);
        for (document, contents) in next {
            report.documents += 1;
            let fault = match contents {
                Ok(contents) => fault(service.files(), &document, contents).await?,
                Err(StoreError::Sealed(error)) => Some(unreadable(&error)),
                Err(error) => return Err(error.into()),
            };
            if let Some((rule, detail)) = fault
                && is_unchanged(service, &document).await?
            {
                let subject = format!("document {} of case {}", document.id, document.application);
                report.breaks.push(Break { rule, subject, detail });
            }
            tell(report.documents);
        }
    }
}

type Fault = (&'static str, String);

fn unreadable(error: &KeyError) -> Fault {
    ("file_unreadable", format!("the key of its file does not open: {error}"))
}

async fn fault(files: &Files, document: &Evidence, contents: Contents) -> Result<Option<Fault>> {
    let (mut hash, mut bytes) = (Sha256::default(), 0);
    let read = async {
        let mut stream = files.read(&document.storage_name, contents).await?;
        while let Some(piece) = stream.next().await? {
            hash.add(&piece);
            bytes += piece.len();
        }
        Ok(())
    };
    Ok(match read.await {
        Err(FilesError::Missing(_)) => Some(("file_missing", "its file is missing".to_owned())),
        Err(FilesError::Damaged(_)) => Some(("file_differs", "its file was changed or cut off".to_owned())),
        Err(error) => return Err(error.into()),
        Ok(()) if hash.finish() != document.sha256 => {
            Some(("file_differs", "its file has not the recorded hash".to_owned()))
        }
        Ok(()) if usize::try_from(document.bytes) != Ok(bytes) => {
            Some(("file_differs", format!("its file has {bytes} bytes, and {} are recorded", document.bytes)))
        }
        Ok(()) => None,
    })
}

/// Whether the document is as it was read. The service may run, erase its case, or seal its file.
async fn is_unchanged(service: &Service, document: &Evidence) -> Result<bool> {
    let id = document.id;
    let now = service.db().read(move |tx| Ok::<_, WorkflowError>(store::evidence::by_id(tx, id)?)).await?;
    Ok(now.as_ref() == Some(document))
}
