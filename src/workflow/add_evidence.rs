//! Add an uploaded document to a case.

use crate::{
    digest,
    domain::{
        actor::Actor,
        event::Facts,
        evidence::{Evidence, MOST_FILES, MediaType},
        field_error::FieldError,
        ids::EvidenceId,
        lifecycle::Action,
        refusal::Forbidden,
    },
    random,
    store::{self, files::Files},
    workflow::{
        Result, Service, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Saves a file and adds it to a case. If it cannot be added, the file is removed again.
pub async fn receive(service: &Service, actor: &Actor, case: SeenCase, file: Received) -> Result<Evidence> {
    let file = save(service, file).await?;
    let storage_name = file.storage_name.clone();
    let added = service.execute(actor, AddEvidence { file }.on(case)).await;
    if added.is_err() {
        discard(service, &storage_name);
    }
    added
}

/// Saves a file in the data folder, under a random name.
pub async fn save(service: &Service, file: Received) -> Result<Uploaded> {
    let Received { kind, file_name, media_type, contents, sha256 } = file;
    let bytes = i32::try_from(contents.len());
    let bytes = bytes.map_err(|_| WorkflowError::Internal("a file is too long".to_owned()))?;
    let storage_name = in_background(service, move |files| files.save(&contents)).await?;
    Ok(Uploaded { kind, file_name, media_type, bytes, sha256, storage_name })
}

/// Removes a saved file that no case has.
pub fn discard(service: &Service, storage_name: &str) {
    if let Err(leftover) = service.files().remove(storage_name) {
        tracing::warn!(%leftover, "cannot remove the file of a refused upload");
    }
}

/// Uses the data folder on a thread that may block.
pub(super) async fn in_background<T: Send + 'static>(
    service: &Service,
    work: impl FnOnce(Files) -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let files = service.files().clone();
    let done = tokio::task::spawn_blocking(move || work(files)).await;
    let done = done.map_err(|error| WorkflowError::Internal(error.to_string()))?;
    done.map_err(|error| WorkflowError::Internal(error.to_string()))
}

/// A file as it was received.
pub struct Received {
    kind: String,
    file_name: String,
    media_type: MediaType,
    contents: Vec<u8>,
    sha256: Vec<u8>,
}

impl Received {
    /// A file and its declared kind.
    pub fn new(kind: String, file_name: String, media_type: MediaType, contents: Vec<u8>) -> Self {
        let sha256 = digest::sha256(&contents);
        Self { kind, file_name, media_type, contents, sha256 }
    }

    /// What distinguishes uploads: kind, name and hash of the bytes.
    pub fn identity(&self) -> [&[u8]; 3] {
        [self.kind.as_bytes(), self.file_name.as_bytes(), &self.sha256]
    }
}

/// A file that is already in the data folder.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Uploaded {
    pub kind: String,
    pub file_name: String,
    pub media_type: MediaType,
    pub bytes: i32,
    pub sha256: Vec<u8>,
    pub storage_name: String,
}

/// Adds the document.
#[derive(Clone, Debug)]
pub struct AddEvidence {
    /// What was uploaded.
    pub file: Uploaded,
}

impl CaseCommand for AddEvidence {
    type Output = Evidence;

    fn action(&self) -> Action {
        Action::AddEvidence
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Evidence> {
        let file = self.file.clone();
        let kinds = || dossier.programme.evidence.iter().map(|kind| &kind.kind);
        if !kinds().any(|kind| *kind == file.kind) {
            return Err(WorkflowError::Invalid(vec![FieldError::unknown_code("/kind", kinds())]));
        }
        if store::evidence::of_case(ctx.tx, dossier.case.id)?.len() >= MOST_FILES {
            return Err(WorkflowError::field("/file", "too_many_files"));
        }
        let document = Evidence {
            id: EvidenceId(random::id()),
            application: dossier.case.id,
            kind: file.kind,
            file_name: file.file_name,
            media_type: file.media_type,
            bytes: file.bytes,
            sha256: file.sha256,
            storage_name: file.storage_name,
            uploaded_by: ctx.actor.identity.id().ok_or(Forbidden::Role)?,
            uploaded_at: ctx.now,
        };
        store::evidence::insert(ctx.tx, &document)?;
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = CaseStep { facts, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)?;
        Ok(document)
    }
}
