//! Upload and download of documents, shared by pages and API. The type of a file is detected from its contents.

use actix_web::{
    HttpResponse,
    http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
};

use super::{
    Code, Problem, Service,
    extract::{Upload, upload::read_whole},
};
use crate::{
    domain::{
        actor::Actor,
        evidence::{self, Evidence, MOST_BYTES, MediaType},
        field_error::FieldError,
    },
    workflow::{
        add_evidence::{self, Received},
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
    Ok(add_evidence::receive(service, actor, case, read(upload).await?).await?)
}

/// Reads the fields `kind` and `file`.
pub async fn read(mut upload: Upload) -> Result<Received, Problem> {
    let (mut kind, mut file) = (None, None);
    while let Some(field) = upload.next().await? {
        match field.name() {
            Some("kind") => kind = Some(String::from_utf8_lossy(&read_whole(field, 64).await?).into_owned()),
            Some("file") => {
                let name =
                    field.content_disposition().and_then(|d| d.get_filename()).unwrap_or_default().to_owned();
                let bytes = read_whole(field, MOST_BYTES).await.map_err(|problem| match problem.code {
                    Code::TooLarge => problem.because("upload-too-large", vec![("megabytes", "10".into())]),
                    _ => problem,
                })?;
                file = Some((evidence::tidy_file_name(&name), bytes));
            }
            other => {
                let pointer = format!("/{}", other.unwrap_or_default());
                return Err(Problem::invalid(vec![FieldError::new(pointer, "unknown_field")]));
            }
        }
    }
    let mut faults = Vec::new();
    if kind.as_deref().is_none_or(str::is_empty) {
        faults.push(FieldError::new("/kind", "required"));
    }
    let media_type = match &file {
        None => Err(FieldError::new("/file", "required")),
        // Browsers send this if no file was chosen.
        Some((name, bytes)) if bytes.is_empty() && name == "document" => {
            Err(FieldError::new("/file", "required"))
        }
        Some((_, bytes)) if bytes.is_empty() => Err(FieldError::new("/file", "empty_file")),
        Some((_, bytes)) => media_type_of(bytes).ok_or_else(|| FieldError::new("/file", "not_a_paper")),
    };
    let (kind, (file_name, bytes), media_type) = match (kind, file, media_type, faults.is_empty()) {
        (Some(kind), Some(file), Ok(media_type), true) => (kind, file, media_type),
        (_, _, media_type, _) => {
            faults.extend(media_type.err());
            return Err(Problem::invalid(faults));
        }
    };
    Ok(Received::new(kind, file_name, media_type, bytes.to_vec()))
}

/// PDF, JPEG or PNG, by content.
fn media_type_of(bytes: &[u8]) -> Option<MediaType> {
    infer::get(bytes).and_then(|kind| kind.mime_type().parse().ok())
}

/// Sends a document as a download that no browser executes.
pub async fn send(service: &Service, actor: &Actor, which: ReadEvidence) -> Result<HttpResponse, Problem> {
    let (document, contents) = read_evidence::contents(service, actor, which).await?;
    let name = ExtendedValue {
        charset: Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: document.file_name.into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::FilenameExt(name)],
    };
    let answer = HttpResponse::Ok()
        .content_type(document.media_type.as_str())
        .insert_header(disposition)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .body(contents);
    Ok(answer)
}
