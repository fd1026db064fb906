//! Cursors: the position in a listing, opaque to the caller (base64url of JSON). A cursor holds a key and not an
//! offset, so new rows shift nothing.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use crate::{domain::field_error::FieldError, web::Problem};

/// Encodes a key as a cursor.
pub fn encode(key: &impl Serialize) -> Option<String> {
    serde_json::to_vec(key).ok().map(|json| BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// Decodes a cursor. One that this service did not make is a fault of `/cursor`.
pub fn decode<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let key = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|json| serde_json::from_slice(&json).ok());
    key.map(Some).ok_or_else(|| Problem::invalid(vec![FieldError::new("/cursor", "not_a_cursor")]))
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
