//! The programmes that this process has read. A version of a programme never changes, so each is parsed once.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::domain::programme::Programme;

/// Versions of programmes, by code and version.
#[derive(Default)]
pub(super) struct ProgrammeCache(RwLock<HashMap<(String, i32), Arc<Programme>>>);

impl ProgrammeCache {
    pub fn get(&self, code: &str, version: i32) -> Option<Arc<Programme>> {
        let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        cached.get(&(code.to_owned(), version)).cloned()
    }

    pub fn insert(&self, code: &str, version: i32, programme: Arc<Programme>) {
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        cached.insert((code.to_owned(), version), programme);
    }
}
