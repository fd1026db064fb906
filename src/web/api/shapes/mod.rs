//! The JSON of the API's answers: typed, so that the description at `/api/v1/openapi.json` is what is sent.

pub mod application;
pub mod batch;
pub mod event;
pub mod form;
pub mod programme;

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a listing. Ask again with `?cursor=<next_cursor>`; null says that this was the last page.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}
