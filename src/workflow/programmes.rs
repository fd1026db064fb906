//! The programmes, for everybody to read.

use std::sync::Arc;

use crate::{
    domain::programme::Programme,
    store::{self, Tx},
    workflow::WorkflowError,
};

/// The newest version of every programme.
pub fn list_programmes(tx: &mut Tx<'_>) -> Result<Vec<Arc<Programme>>, WorkflowError> {
    Ok(store::programme::all_newest(tx)?)
}

/// The newest version of a programme.
pub fn show_programme(tx: &mut Tx<'_>, code: &str) -> Result<Arc<Programme>, WorkflowError> {
    store::programme::newest(tx, code)?.ok_or(WorkflowError::NotFound)
}
