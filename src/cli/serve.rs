//! `corridor serve`: runs the service until SIGTERM or SIGINT.

use std::{io, pin::pin, process::ExitCode};

use futures_util::future::{Either, select};
use serde_json::json;

use super::{CliError, Context};
use crate::service::{self, DemoMail, Running};

pub(super) async fn run(context: &Context) -> Result<ExitCode, CliError> {
    let signals = Signals::watch()?;
    let running = service::start(context.settings.clone(), context.clock.clone(), DemoMail::Hidden).await?;
    let address = running.public_url.to_string();
    let result = json!({ "address": address, "listen": running.address });
    // The service runs even if nobody reads its output.
    let _ = context.print(format!("Corridor is at {address}"), &result);
    until_stopped(running, signals).await
}

/// Runs until the first signal, then finishes running requests. A second signal stops it at once.
pub(super) async fn until_stopped(running: Running, mut signals: Signals) -> Result<ExitCode, CliError> {
    signals.next().await;
    tracing::info!("stopping: waiting at most 30 seconds for current requests");
    match select(pin!(running.stop()), pin!(signals.next())).await {
        Either::Left(_) => Ok(ExitCode::SUCCESS),
        Either::Right(_) => {
            tracing::warn!("second signal: stopping without waiting");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// SIGTERM and SIGINT. Registered before the service starts, so that an early signal is not lost.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn watch() -> Result<Self, CliError> {
        Self::new().map_err(|e| CliError::Failed(format!("no signals can be received: {e}")))
    }
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        select(pin!(self.terminate.recv()), pin!(self.interrupt.recv())).await;
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
