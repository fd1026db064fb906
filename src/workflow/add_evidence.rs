//! Add an uploaded document to a case. The file is written while it arrives ([`Upload`]); then [`AddEvidence`] records
//! it. Until then its name is among the files to remove, so that a file without a case is always removed.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        actor::Actor,
        event::Facts,
        evidence::{Evidence, MediaType},
        field_error::FieldError,
        ids::EvidenceId,
        lifecycle::Action,
        limits::{BYTES_OF_CASE, FILES_OF_CASE, MEGABYTE, Used},
        policy::Operation,
        refusal::Forbidden,
    },
    keyring::FileKey,
    random,
    store::{
        self,
        files::{NewFile, Written},
    },
    workflow::{
        Result, Service, WorkflowError,
        case_command::CaseCommand,
        day_limits,
        entrance::{Command, Context},
        erase_case,
        subject::{Installation, Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// How long an upload may take until its document is added.
const TIME: SignedDuration = SignedDuration::from_hours(1);

/// Adds a written file to a case. If it cannot be added, the file is removed again. After [`WorkflowError::Unavailable`]
/// only the scheduler may remove it, when its time is over: the document may have been added, or may be added later.
pub async fn receive(service: &Service, actor: &Actor, case: SeenCase, file: Uploaded) -> Result<Evidence> {
    let storage_name = file.storage_name.clone();
    let added = service.execute(actor, AddEvidence { file }.on(case)).await;
    if added.as_ref().is_err_and(|error| !matches!(error, WorkflowError::Unavailable(_))) {
        discard(service, storage_name).await;
    }
    added
}

/// Removes a written file that no case has, and none will have. If that fails, the scheduler does it later.
pub async fn discard(service: &Service, storage_name: String) {
    if let Err(leftover) = erase_case::remove_file(service, storage_name).await {
        tracing::warn!(%leftover, "cannot remove the file of a refused upload; the scheduler will");
    }
}

/// A file that is being uploaded.
pub struct Upload {
    service: Service,
    file: NewFile,
    add_before: Timestamp,
}

impl Upload {
    /// Begins an upload.
    pub async fn begin(service: &Service) -> Result<Self> {
        let file = service.files().create()?;
        let add_before = service.now().checked_add(TIME).unwrap_or(Timestamp::MAX);
        let register = RegisterUpload { storage_name: file.name().to_owned(), add_before };
        service.execute(&Actor::system(), register).await?;
        Ok(Self { service: service.clone(), file, add_before })
    }

    /// Writes the next bytes.
    pub async fn write(&mut self, data: &[u8]) -> Result<()> {
        Ok(self.file.write(data).await?)
    }

    /// The number of bytes so far.
    pub const fn bytes(&self) -> u64 {
        self.file.bytes()
    }

    /// Ends the file.
    pub async fn finish(self, kind: String, file_name: String, media_type: MediaType) -> Result<Uploaded> {
        let add_before = self.add_before;
        let Written { name: storage_name, key, bytes, sha256 } = self.written().await?;
        let bytes = i32::try_from(bytes);
        let bytes = bytes.map_err(|_| WorkflowError::Internal("a file is too long".to_owned()))?;
        Ok(Uploaded { kind, file_name, media_type, bytes, sha256, storage_name, key, add_before })
    }

    /// Ends the file, without what makes it a document.
    pub async fn written(self) -> Result<Written> {
        let storage_name = self.file.name().to_owned();
        match self.file.finish().await {
            Ok(written) => Ok(written),
            Err(error) => {
                discard(&self.service, storage_name).await;
                Err(error.into())
            }
        }
    }

    /// Abandons the upload. The parts that were written are removed.
    pub async fn cancel(self) {
        let storage_name = self.file.name().to_owned();
        self.file.abandon().await;
        discard(&self.service, storage_name).await;
    }
}

/// Adds the file of an upload to the files to remove. It is removed unless it is added to a case in time.
#[derive(Clone, Debug)]
struct RegisterUpload {
    storage_name: String,
    add_before: Timestamp,
}

impl Command for RegisterUpload {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::files_to_remove::add_upload(ctx.tx, &self.storage_name, self.add_before)?)
    }
}

/// A file that was written and is not in a case yet.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Uploaded {
    pub kind: String,
    pub file_name: String,
    pub media_type: MediaType,
    pub bytes: i32,
    pub sha256: Vec<u8>,
    pub storage_name: String,
    /// The key that the file is sealed under.
    pub key: FileKey,
    /// After this time it is removed.
    pub add_before: Timestamp,
}

impl Uploaded {
    /// What distinguishes uploads: kind, name and hash of the bytes.
    pub fn identity(&self) -> [&[u8]; 3] {
        [self.kind.as_bytes(), self.file_name.as_bytes(), &self.sha256]
    }
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
        let uploaded_by = ctx.actor.identity.id().ok_or(Forbidden::Role)?;
        if store::evidence::of_case(ctx.tx, dossier.case.id)?.len() >= FILES_OF_CASE {
            return Err(WorkflowError::field("/file", "too_many_files"));
        }
        if ctx.now >= file.add_before {
            return Err(WorkflowError::TooSlow);
        }
        count_upload(ctx, &dossier, file.bytes)?;
        store::files_to_remove::delete(ctx.tx, std::slice::from_ref(&file.storage_name))?;
        let mut document = Evidence {
            id: EvidenceId(random::id()),
            application: dossier.case.id,
            kind: file.kind,
            file_name: file.file_name,
            media_type: file.media_type,
            bytes: file.bytes,
            sha256: file.sha256,
            storage_name: file.storage_name,
            uploaded_by,
            uploaded_at: ctx.now,
            key_sealed: None,
        };
        document.key_sealed = Some(store::evidence::seal_key(ctx.tx, &document, &file.key)?);
        store::evidence::insert(ctx.tx, &document)?;
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = CaseStep { facts, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)?;
        Ok(document)
    }
}

/// Counts an upload, unless the case has reached its limit, or the person or the organisation. Removed documents count
/// too.
fn count_upload(ctx: &mut Context<'_, '_>, dossier: &Permitted<SeenCase>, bytes: i32) -> Result<()> {
    let of_case = store::evidence::bytes_of_case(ctx.tx, dossier.case.id)?;
    if of_case + i64::from(bytes) > BYTES_OF_CASE {
        let fault = FieldError::new("/file", "case_storage_full").with("megabytes", BYTES_OF_CASE / MEGABYTE);
        return Err(WorkflowError::Invalid(vec![fault]));
    }
    day_limits::count(ctx, Used { documents: 1, bytes: i64::from(bytes), ..Used::default() })
}
