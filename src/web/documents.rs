//! Upload and download of documents, shared by pages and API. The type of a file is detected from its contents.

use actix_multipart::Field;
use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{
        self, Charset, ContentDisposition, ContentEncoding, DispositionParam, DispositionType, ExtendedValue,
    },
    web::BytesMut,
};
use futures_util::{StreamExt, stream, stream::Fuse};

use super::{
    Code, Problem, Service,
    extract::{
        Upload,
        upload::{next_chunk, read_whole},
    },
};
use crate::{
    domain::{
        actor::Actor,
        evidence::{self, Evidence, MediaType},
        field_error::FieldError,
        limits::{FILE_BYTES, MEGABYTE},
    },
    workflow::{
        WorkflowError,
        add_evidence::{self, Uploaded},
        read_evidence::{self, ReadEvidence},
        subject::SeenCase,
    },
};

/// Reads the fields `kind` and `file` and adds the file to the case. If anything fails, the file is removed.
pub async fn receive(
    service: &Service,
    actor: &Actor,
    case: SeenCase,
    upload: Upload,
) -> Result<Evidence, Problem> {
    Ok(add_evidence::receive(service, actor, case, read(service, upload).await?).await?)
}

/// Reads the fields `kind` and `file`. The file is written while it arrives. If anything is faulty, it is removed.
pub async fn read(service: &Service, mut upload: Upload) -> Result<Uploaded, Problem> {
    let mut fields = Fields::default();
    match fields.read(service, &mut upload).await {
        Ok(()) => {}
        Err(problem) => {
            fields.cancel().await;
            return Err(problem);
        }
    }
    let mut faults = Vec::new();
    let kind = fields.kind.take().filter(|kind| !kind.is_empty());
    if kind.is_none() {
        faults.push(FieldError::new("/kind", "required"));
    }
    match (kind, fields.file.take()) {
        (Some(kind), Some(Ok(File { name, media_type, written }))) => {
            Ok(written.finish(kind, name, media_type).await?)
        }
        (_, file) => {
            match file {
                None => faults.push(FieldError::new("/file", "required")),
                Some(Err(code)) => faults.push(FieldError::new("/file", code)),
                Some(Ok(file)) => file.written.cancel().await,
            }
            Err(Problem::invalid(faults))
        }
    }
}

/// The fields of an upload as far as they were read.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    /// The file, or the code of its fault.
    file: Option<Result<File, &'static str>>,
}

/// A file that was read to its end.
struct File {
    name: String,
    media_type: MediaType,
    written: add_evidence::Upload,
}

/// This many bytes show the type of a file.
const BEGINNING: usize = 4096;

impl Fields {
    async fn read(&mut self, service: &Service, upload: &mut Upload) -> Result<(), Problem> {
        while let Some(field) = upload.next().await? {
            match field.name() {
                Some("kind") => {
                    self.kind = Some(String::from_utf8_lossy(&read_whole(field, 64).await?).into_owned());
                }
                Some("file") if self.file.is_some() => {
                    return Err(Problem::invalid(vec![FieldError::new("/file", "used_twice")]));
                }
                Some("file") => self.file = Some(read_file(service, field).await?),
                other => {
                    let pointer = format!("/{}", other.unwrap_or_default());
                    return Err(Problem::invalid(vec![FieldError::new(pointer, "unknown_field")]));
                }
            }
        }
        Ok(())
    }

    async fn cancel(self) {
        if let Some(Ok(file)) = self.file {
            file.written.cancel().await;
        }
    }
}

/// Reads the field `file`. Nothing is written of a file that is not taken.
async fn read_file(service: &Service, field: Field) -> Result<Result<File, &'static str>, Problem> {
    let name = field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default();
    let name = evidence::tidy_file_name(name);
    let mut field = field.fuse();
    let mut beginning = BytesMut::new();
    while beginning.len() < BEGINNING
        && let Some(chunk) = next_chunk(&mut field).await?
    {
        beginning.extend_from_slice(&chunk);
    }
    if beginning.is_empty() {
        // Browsers send this if no file was chosen.
        return Ok(Err(if name == "document" { "required" } else { "empty_file" }));
    }
    let Some(media_type) = media_type_of(&beginning) else {
        skip(field, beginning.len()).await?;
        return Ok(Err("not_a_paper"));
    };
    let mut written = add_evidence::Upload::begin(service).await?;
    match write(&mut written, &beginning, field).await {
        Ok(()) => Ok(Ok(File { name, media_type, written })),
        Err(problem) => {
            written.cancel().await;
            Err(problem)
        }
    }
}

async fn write(
    file: &mut add_evidence::Upload,
    beginning: &[u8],
    mut field: Fuse<Field>,
) -> Result<(), Problem> {
    file.write(beginning).await?;
    while let Some(chunk) = next_chunk(&mut field).await? {
        if file.bytes() + chunk.len() as u64 > FILE_BYTES as u64 {
            return Err(too_large());
        }
        file.write(&chunk).await?;
    }
    Ok(())
}

/// Reads the rest of a field of which `read` bytes were read, because the next field begins after it.
async fn skip(mut field: Fuse<Field>, mut read: usize) -> Result<(), Problem> {
    while let Some(chunk) = next_chunk(&mut field).await? {
        read += chunk.len();
        if read > FILE_BYTES {
            return Err(too_large());
        }
    }
    Ok(())
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge)
        .because("upload-too-large", vec![("megabytes", (FILE_BYTES as i64 / MEGABYTE).to_string())])
}

/// PDF, JPEG or PNG, by content.
fn media_type_of(bytes: &[u8]) -> Option<MediaType> {
    infer::get(bytes).and_then(|kind| kind.mime_type().parse().ok())
}

/// Sends a document as a download that no browser executes. The bytes are sent as they are read and checked. If a later
/// part of the file turns out to be damaged, the connection ends before the answer is complete.
pub async fn send(service: &Service, actor: &Actor, which: ReadEvidence) -> Result<HttpResponse, Problem> {
    let opened = read_evidence::open(service, actor, which).await?;
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: opened.document.file_name.clone().into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    let length = u64::try_from(opened.document.bytes).unwrap_or_default();
    let media_type = opened.document.media_type;
    let bytes = stream::try_unfold(opened, |mut opened| async move {
        Ok::<_, WorkflowError>(opened.next().await?.map(|bytes| (bytes, opened)))
    });
    let answer = HttpResponse::Ok()
        .content_type(media_type.as_str())
        .insert_header(disposition)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        // It is compressed already, and the length tells the receiver whether it is complete.
        .insert_header(ContentEncoding::Identity)
        .body(SizedStream::new(length, bytes));
    Ok(answer)
}
