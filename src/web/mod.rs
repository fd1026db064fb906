//! The doors: pages for people, an API for programs. Doors translate; use cases decide.
//!
//! A handler gets `service: web::Data<Service>`, what the extractors of [`extract`] made of the request, calls one
//! use case in `service.db.write(…)` or `.read(…)`, and answers a template or JSON. Every failure is a [`Problem`].

pub mod actions;
pub mod api;
pub mod assets;
pub mod csrf;
pub mod cursor;
pub mod extract;
pub mod form_input;
mod headers;
mod health;
pub mod language;
pub mod logs;
pub mod pages;
pub mod papers;
pub mod problem;
mod reader;
mod request_body;
pub mod server;
pub mod session;
pub mod terms;
pub mod visitor;

pub use problem::{Code, Problem};
pub use server::Service;
