//! `corridor serve`: the service, until SIGTERM or SIGINT.

use std::{io, pin::pin, process::ExitCode};

use futures_util::future::{Either, select};
use serde_json::json;

use super::{CliError, Console};
use crate::web::server::{self, Running};

pub(super) async fn run(console: &Console) -> Result<ExitCode, CliError> {
    let running = server::start(console.settings.clone(), console.clock.clone()).await?;
    let address = running.service.public_url.to_string();
    console.print(
        format!("Corridor is at {address}"),
        &json!({ "address": address, "listen": running.address }),
    )?;
    until_stopped(running).await
}

/// Serves until the first signal, then finishes what is under way; a second signal ends it at once.
pub(super) async fn until_stopped(running: Running) -> Result<ExitCode, CliError> {
    let mut signals =
        Signals::new().map_err(|e| CliError::Failed(format!("no signals can be received: {e}")))?;
    signals.next().await;
    tracing::info!("stopping: finishing what is under way, 30 seconds at most");
    match select(pin!(running.stop()), pin!(signals.next())).await {
        Either::Left(_) => Ok(ExitCode::SUCCESS),
        Either::Right(_) => {
            tracing::warn!("stopped at once by a second signal");
            Ok(ExitCode::FAILURE)
        }
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
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

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
