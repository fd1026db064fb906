//! Stylesheet, icons and scripts, embedded in the binary. Their address contains a hash of their contents, so browsers
//! may cache them forever.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ETag, EntityTag, Header, IfNoneMatch},
    web,
};
use rust_embed::RustEmbed;

use super::{Code, Problem};
use crate::digest::hex;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/assets/{hash}/{name:.*}").get(asset));
    config.service(web::resource("/favicon.ico").get(favicon));
}

/// The address of an asset: `assets::url("corridor.css")`.
pub fn url(name: &str) -> String {
    match Assets::get(name) {
        Some(file) => format!("/assets/{}/{name}", hash(&file)),
        None => {
            tracing::error!(name, "an asset is missing");
            format!("/assets/missing/{name}")
        }
    }
}

fn hash(file: &rust_embed::EmbeddedFile) -> String {
    hex(&file.metadata.sha256_hash()[..8])
}

async fn asset(request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (requested, name) = path.into_inner();
    let file = Assets::get(&name).ok_or_else(|| Problem::new(Code::NotFound))?;
    let hash = hash(&file);
    // After an update, an old page may still ask for the old contents. Send the new contents, but do not let the
    // browser cache them under the old address.
    let cache_control = if requested == hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = EntityTag::new_strong(hash);
    let is_known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
        Err(_) => false,
    };
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag)).insert_header((header::CACHE_CONTROL, cache_control));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response.content_type(file.metadata.mimetype()).body(file.data.into_owned()))
}

async fn favicon() -> HttpResponse {
    HttpResponse::MovedPermanently()
        .insert_header((header::LOCATION, url("icon.svg")))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .finish()
}
