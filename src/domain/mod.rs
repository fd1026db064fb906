//! The terms, tables and rules of travel authorization. Pure: no database, HTTP, clock or random, and nothing else of
//! this project. To change a rule, change it here; everything else follows.

pub mod access;
pub mod actor;
pub mod authorization;
pub mod ballot;
pub mod batch;
pub mod calendar;
pub mod case;
pub mod clock_fault;
pub mod completeness;
pub mod delivery;
pub mod duty;
pub mod event;
pub mod evidence;
pub mod field_error;
pub mod finding;
pub mod form;
pub mod ids;
pub mod job;
pub mod journey;
pub mod language;
pub mod lifecycle;
pub mod mrz;
pub mod notification;
pub mod party;
pub mod policy;
pub mod programme;
pub mod quota;
pub mod reference;
pub mod refusal;
pub mod review;
pub mod screening;
pub mod sponsorship;
pub mod standing;
pub mod text_enum;
pub mod waitlist;
