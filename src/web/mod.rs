//! Pages for people, an API for programs. This module translates; use cases decide.
//!
//! A handler gets `service: web::Data<Service>` and what the extractors of [`extract`] made of the request, calls
//! `service.execute(…)` or `service.query(…)`, and answers a template or JSON. Every failure is a [`Problem`].

pub mod actions;
pub mod api;
pub mod assets;
pub mod csrf;
pub mod cursor;
pub mod extract;
pub mod fields;
pub mod form_input;
mod headers;
mod health;
pub mod language;
mod logs;
pub mod pages;
pub mod papers;
pub mod problem;
mod reader;
mod request_body;
mod server;
pub mod session;
pub mod signed_in;
mod site;
pub mod terms;

pub use problem::{Code, Problem};
pub use server::{GRACE_SECONDS, serve};
pub use site::Site;

pub use crate::workflow::Service;
