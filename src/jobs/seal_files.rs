//! Seals the files that earlier versions stored without sealing them. An upgrade starts this job. Reading and writing
//! files takes long, so it is done before the transaction of the slice, which then only records the new names and keys.
//! The plain files are removed after it.

use std::{sync::Arc, time::Instant};

use super::{Slice, Worked, progress, unreadable_cursor};
use crate::{
    domain::{
        actor::Actor,
        evidence::Evidence,
        ids::{ApplicationId, JobId},
        job::Job,
        policy::Operation,
    },
    store::{
        self,
        files::{Contents, Written},
    },
    workflow::{
        Service, WorkflowError, add_evidence,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
    },
};

/// The number of files in one slice.
const FILES: i64 = 8;

/// A plain file, the documents that have it, and its sealed copy; or why there is none.
type Copied = (Vec<Evidence>, Result<Written, String>);

/// The shortest name of a file.
const SHORTEST_NAME: usize = 32;

/// Fails if the cursor is not the name of a file.
pub(super) fn check_cursor(job: &Job) -> Result<(), WorkflowError> {
    match &job.cursor {
        Some(cursor) if cursor.len() < SHORTEST_NAME => Err(unreadable_cursor(job, "it names no file")),
        _ => Ok(()),
    }
}

/// Seals the next files, in the order of their names. The cursor is the last of them.
pub(super) async fn work(service: &Service, job: Job) -> Result<Worked, WorkflowError> {
    let after = job.cursor.unwrap_or_default();
    let plain = service.query(&Actor::system(), ListPlain { after: after.clone() }).await?;
    let mut copied = Vec::with_capacity(plain.len());
    for documents in plain {
        let copy = match documents.first() {
            Some(document) => copy(service, document).await,
            None => continue,
        };
        copied.push((documents, copy?));
    }
    let record = RecordCopies { job: job.id, after, copied: Arc::new(copied) };
    service.execute(&Actor::system(), record).await
}

/// Writes the sealed copy of a plain file. A file that is lost stays as it is; `corridor verify` reports it.
async fn copy(service: &Service, document: &Evidence) -> Result<Result<Written, String>, WorkflowError> {
    let plain = Contents::Plain(document.sha256.clone());
    let mut stream = match service.files().read(&document.storage_name, plain).await {
        Err(error) if error.is_lost() => return Ok(Err(error.to_string())),
        stream => stream?,
    };
    let mut upload = add_evidence::Upload::begin(service).await?;
    loop {
        let written = match stream.next().await {
            Ok(None) => return upload.written().await.map(Ok),
            Ok(Some(bytes)) => upload.write(&bytes).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = written {
            upload.cancel().await;
            return Err(error);
        }
    }
}

/// Lists the next plain files with the documents that have them.
#[derive(Clone, Debug)]
struct ListPlain {
    after: String,
}

impl Query for ListPlain {
    type Subject = Installation;
    type Output = Vec<Vec<Evidence>>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        _: Permitted<Installation>,
    ) -> Result<Self::Output, WorkflowError> {
        Ok(store::evidence::plain(ctx.tx, &self.after, FILES)?)
    }
}

/// Records the sealed copies, unless another instance was faster.
#[derive(Clone)]
struct RecordCopies {
    job: JobId,
    after: String,
    copied: Arc<Vec<Copied>>,
}

impl Command for RecordCopies {
    type Subject = Installation;
    type Output = Worked;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Worked, WorkflowError> {
        let begun = Instant::now();
        let job = store::job::claim(ctx.tx, self.job)?;
        let job = job.filter(|job| job.cursor.as_deref().unwrap_or_default() == self.after);
        let Some(job) = job else { return Ok(Worked::Nothing) };
        let last = self.copied.last().and_then(|(documents, _)| documents.first());
        let mut slice = Slice {
            done: self.copied.len(),
            cursor: last.map(|document| document.storage_name.clone()).or_else(|| job.cursor.clone()),
            is_last: self.copied.is_empty(),
            ..Slice::default()
        };
        for (documents, copy) in self.copied.iter() {
            match copy {
                Ok(copy) => record(ctx, documents, copy, &mut slice.skipped)?,
                Err(error) => {
                    slice.skipped.extend(documents.iter().map(|lost| (lost.application, error.clone())))
                }
            }
        }
        progress(ctx, job, begun, slice)
    }
}

/// Gives the documents the copy. The plain file is removed when nobody has it any more.
fn record(
    ctx: &mut Context<'_, '_>,
    documents: &[Evidence],
    copy: &Written,
    skipped: &mut Vec<(ApplicationId, String)>,
) -> Result<(), WorkflowError> {
    let mut is_used = false;
    for document in documents {
        if document.sha256 == copy.sha256 {
            is_used |= store::evidence::set_sealed_file(ctx.tx, document, &copy.name, &copy.key)?;
        } else {
            skipped.push((document.application, "its file has not the recorded hash".to_owned()));
        }
    }
    if !store::files_to_remove::keep(ctx.tx, &copy.name, ctx.now)? {
        // The process was suspended, and the copy may be removed. The next attempt makes another.
        return Err(WorkflowError::TooSlow);
    }
    let plain = documents.first().map(|document| document.storage_name.as_str()).unwrap_or_default();
    match is_used {
        // The cases were erased meanwhile.
        false => store::files_to_remove::add(ctx.tx, &copy.name, ctx.now)?,
        true if store::evidence::has_plain(ctx.tx, plain)? => {}
        true => store::files_to_remove::add(ctx.tx, plain, ctx.now)?,
    }
    Ok(())
}
