//! Sends the published ballot in small pieces, so that a reader costs little memory. It is compressed if the client accepts
//! gzip, and the answer is 304 if the client has it already.

use std::{
    io::{self, Read},
    sync::Arc,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header::{
        self, AcceptEncoding, CacheControl, CacheDirective, ContentEncoding, ETag, Encoding, EntityTag,
        Header, IfNoneMatch,
    },
    web::Bytes,
};
use bytes::Buf;
use flate2::read::GzDecoder;
use futures_util::stream;

use crate::workflow::publish_ballot::List;

/// The length of a piece.
const PIECE: usize = 16 * 1024;
/// How long a copy may be used without asking. The list never changes.
const MAX_AGE: u32 = 24 * 60 * 60;

/// The answer to a request for the list.
pub(super) fn answer(request: &HttpRequest, list: &Arc<List>) -> HttpResponse {
    let is_compressed = takes_gzip(request);
    let tag = EntityTag::new_strong(format!("{}{}", list.sha256, if is_compressed { "-gzip" } else { "" }));
    let mut response = if has(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag.clone()))
        .insert_header(CacheControl(vec![CacheDirective::Public, CacheDirective::MaxAge(MAX_AGE)]))
        .insert_header((header::VARY, "accept-encoding"));
    if has(request, &tag) {
        return response.finish();
    }
    response.content_type("application/json");
    if is_compressed {
        response.insert_header(ContentEncoding::Gzip);
        let rest = list.gzip.clone();
        let pieces = stream::unfold(rest, |mut rest| async move {
            let piece = rest.split_to(rest.len().min(PIECE));
            (!piece.is_empty()).then_some((Ok::<_, io::Error>(piece), rest))
        });
        return response.body(SizedStream::new(list.gzip.len() as u64, pieces));
    }
    response.insert_header(ContentEncoding::Identity);
    let decoder = GzDecoder::new(list.gzip.clone().reader());
    let pieces = stream::try_unfold(decoder, |mut decoder| async move {
        let mut piece = Vec::with_capacity(PIECE);
        decoder.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        Ok::<_, io::Error>((!piece.is_empty()).then(|| (Bytes::from(piece), decoder)))
    });
    response.body(SizedStream::new(list.bytes, pieces))
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let known = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(known.iter())) == Some(Encoding::gzip())
}

/// Whether the caller has this list.
fn has(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}
