//! Cursors: the position in a listing. A cursor holds a key and not an offset, so new rows shift nothing. It is sealed, so
//! that nobody learns a position from it or makes one up, and opens only for the same reader, in the same listing with the
//! same filters.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::{Ready, ready};
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use crate::{
    domain::{actor::Actor, field_error::FieldError},
    web::Problem,
    workflow::{Service, WorkflowError},
};

/// The cursors of a listing, as one reader sees it.
pub struct Cursors<'a> {
    service: &'a Service,
    /// The reader, and the listing with its filters.
    bound_to: String,
}

impl<'a> Cursors<'a> {
    /// The cursors of this listing. A page names it by its address without a cursor, the API by a [`Listing`].
    pub fn of(service: &'a Service, reader: &Actor, listing: &str) -> Self {
        let reader = &reader.identity;
        let id = reader.id().map(|id| id.to_string()).unwrap_or_default();
        Self { service, bound_to: format!("{} {id} {listing}", reader.kind()) }
    }

    /// The cursor of the page that begins after this key; none if there is no such page.
    pub fn seal(&self, key: Option<&impl Serialize>) -> Result<Option<String>, Problem> {
        let Some(key) = key else { return Ok(None) };
        let key = serde_json::to_vec(key).map_err(|error| WorkflowError::Internal(error.to_string()))?;
        let sealed = self.service.keys().seal_cursor(&self.bound_to, &key);
        let sealed = sealed.map_err(|error| WorkflowError::Internal(error.to_string()))?;
        Ok(Some(BASE64_URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Drops the line that was read only to see whether there is another page. Returns the cursor of that page.
    pub fn cut<T, K: Serialize>(
        &self,
        lines: &mut Vec<T>,
        most: usize,
        key: impl Fn(&T) -> K,
    ) -> Result<Option<String>, Problem> {
        let is_more = lines.len() > most;
        lines.truncate(most);
        self.seal(lines.last().filter(|_| is_more).map(key).as_ref())
    }

    /// The key of a cursor. Anything else than a cursor of this listing is a fault of `/cursor`.
    pub fn open<T: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<T>, Problem> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = sealed.and_then(|sealed| self.service.keys().open_cursor(&self.bound_to, &sealed).ok());
        let key = key.and_then(|key| serde_json::from_slice(&key).ok());
        key.map(Some).ok_or_else(|| Problem::invalid(vec![FieldError::new("/cursor", "not_a_cursor")]))
    }
}

/// A listing of the API: its path with every filter of the request, in whatever order they came.
pub struct Listing(
    /// As text.
    pub String,
);

impl FromRequest for Listing {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(listing(request.path(), request.query_string()))))
    }
}

fn listing(path: &str, query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut filters: Vec<_> = pairs.filter(|(name, _)| !matches!(&**name, "cursor" | "limit")).collect();
    filters.sort();
    format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(filters).finish())
}

/// Reads `?limit=`: 1 to 200, default 50.
pub fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked {
        None => Ok(50),
        Some(limit @ 1..=200) => Ok(limit),
        Some(_) => {
            let fault = FieldError::new("/limit", "out_of_range").with("least", 1).with("most", 200);
            Err(Problem::invalid(vec![fault]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_its_path_and_its_filters() {
        let one = listing("/api/v1/batches", "state=open&programme=cn-kz&limit=2");
        assert_eq!(one, "/api/v1/batches?programme=cn-kz&state=open");
        assert_eq!(listing("/api/v1/batches", "cursor=x&programme=cn%2Dkz&state=open"), one);
        assert_ne!(listing("/api/v1/batches", "programme=cn-kz"), one);
        assert_ne!(listing("/api/v1/batches", "programme=cn-kz%26state%3Dopen"), one);
    }
}
