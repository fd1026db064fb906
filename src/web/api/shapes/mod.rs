//! The JSON of the API's answers, as types: the description at `/api/v1/openapi.json` is generated from them and cannot
//! differ from what is sent.

pub mod application;
pub mod batch;
pub mod event;
pub mod form;
pub mod journal;
pub mod programme;

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a listing. Request the next page with `?cursor=<next_cursor>`; null means that this is the last page.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The cursor of the next page.
    pub next_cursor: Option<String>,
}
