//! Writes a checkpoint each day. It runs beside the scheduler: with a million cases it takes most of a minute, and
//! nothing else should wait for it.

use std::{path::PathBuf, time::Duration};

use tokio::sync::watch;

use crate::workflow::{Service, checkpoint};

/// How often the loop asks whether a checkpoint is due.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stopping`.
pub async fn run(service: Service, file: PathBuf, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let written = tokio::select! {
            written = checkpoint::write_if_due(&service, &file) => written,
            // Another attempt follows in the next process.
            _ = stopping.changed() => return,
        };
        match written {
            Ok(Some(written)) => {
                tracing::info!(at = %written.at, chains = written.chains, events = written.events, "a checkpoint was written")
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(code = "checkpoint_failed", %error, "a checkpoint was not written; will retry")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.changed() => {}
        }
    }
}
