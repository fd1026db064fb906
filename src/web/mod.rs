//! Pages for people and an API for programs. This module translates HTTP; the use cases decide.
//!
//! A handler takes `service: web::Data<Service>` and values from the extractors of [`extract`], calls
//! `service.execute(…)` or `service.query(…)`, and returns a template or JSON. Every failure is a [`Problem`].

pub mod actions;
pub mod api;
pub mod assets;
mod connections;
pub mod csrf;
pub mod cursor;
mod deadline;
mod device;
pub mod documents;
pub mod extract;
pub mod fields;
pub mod form_input;
mod headers;
mod health;
mod json;
pub mod language;
mod logs;
mod memory;
mod network;
mod pace;
pub mod pages;
pub mod problem;
mod reader;
mod request_body;
mod server;
pub mod session;
pub mod signed_in;
mod site;
pub mod terms;

pub use connections::Connections;
pub use problem::{Code, Problem};
pub use server::{GRACE_SECONDS, serve};
pub use site::Site;

pub use crate::workflow::Service;
