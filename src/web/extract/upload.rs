//! Multipart forms. The first field is the form token; the handler reads the others.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    web::{Bytes, BytesMut},
};
use futures_util::{Stream, StreamExt, future::LocalBoxFuture};

use crate::web::{Code, Problem, csrf, memory, request_body};

/// A multipart form of one of our pages, with a checked token.
pub struct Upload(Multipart);

/// A token is shorter than this.
const TOKEN_LIMIT: usize = 200;
/// An upload is written while it arrives. This is what it takes meanwhile, however large it is.
const MEMORY: usize = 512 * 1024;

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let mut upload = Self::unchecked(&request, payload).await?;
            let token = match upload.next().await? {
                Some(field) if field.name() == Some(csrf::FIELD) => {
                    let bytes = read_whole(field, TOKEN_LIMIT).await?;
                    String::from_utf8(bytes.to_vec()).ok()
                }
                _ => None,
            };
            csrf::check(&request, token.as_deref())?;
            Ok(upload)
        })
    }
}

impl Upload {
    /// A multipart body without a form token. For the API: its callers send a bearer token, which no browser sends on
    /// its own.
    pub async fn unchecked(request: &HttpRequest, payload: Payload) -> Result<Self, Problem> {
        if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        memory::reserve(request, MEMORY).await?;
        Ok(Self(Multipart::new(request.headers(), payload)))
    }

    /// The next field. Its name and file name come from the client.
    pub async fn next(&mut self) -> Result<Option<Field>, Problem> {
        self.0.next().await.transpose().map_err(unreadable)
    }
}

/// The next bytes of a field; none at its end. A field may not be asked again after it, unless it is fused.
pub async fn next_chunk(
    field: &mut (impl Stream<Item = Result<Bytes, MultipartError>> + Unpin),
) -> Result<Option<Bytes>, Problem> {
    field.next().await.transpose().map_err(unreadable)
}

/// Reads the whole field, or fails with `too_large` after `limit` bytes.
pub async fn read_whole(mut field: Field, limit: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = next_chunk(&mut field).await? {
        if bytes.len() + chunk.len() > limit {
            return Err(Problem::new(Code::TooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn unreadable(error: MultipartError) -> Problem {
    match error {
        MultipartError::Payload(error) => request_body::unreadable(&error),
        error => Problem::new(Code::BadRequest).caused_by(error),
    }
}
