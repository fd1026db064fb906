//! `corridor demo`: the service on a temporary database with made-up cases. Everything is deleted when it stops.

use std::{fs, path::PathBuf, process::ExitCode};

use serde_json::json;

use super::{CliError, Context, serve};
use crate::{
    config::Settings,
    demo::{self, ACCOUNTS, PASSWORD},
    password, private, random,
    service::{self, DemoMail},
    store::NewKey,
};

pub(super) async fn run(context: &Context) -> Result<ExitCode, CliError> {
    let signals = serve::Signals::watch()?;
    let folder = Folder::make()?;
    let settings = Settings {
        database_url: Some(format!("sqlite://{}", folder.0.join("corridor.db").display())),
        data_dir: folder.0.clone(),
        secret_file: None,
        files_url: None,
        smtp_url: None,
        ..context.settings.clone()
    };
    eprintln!("Making up the demo's cases …");
    fill(&settings, context).await?;
    let running = service::start(settings, context.clock.clone(), DemoMail::Shown).await?;
    let address = running.public_url.to_string();
    context.print(guide(&address), &json!({
        "address": address, "listen": running.address, "password": PASSWORD,
        "accounts": ACCOUNTS.iter().map(|each| json!({ "email": each.email, "try": each.to_try })).collect::<Vec<_>>(),
    }))?;
    serve::until_stopped(running, signals).await
}

/// Fills the database before the service starts, so the notifier finds a full outbox.
async fn fill(settings: &Settings, context: &Context) -> Result<(), CliError> {
    let failed = |e: demo::DemoError| CliError::Failed(e.to_string());
    let hash = password::hash(PASSWORD.to_owned()).await;
    let hash = hash.map_err(|error| CliError::Failed(error.to_string()))?;
    let own = Context { settings: settings.clone(), clock: context.clock.clone(), json: false };
    demo::fill(&own.service_with(NewKey::Make).await?, &hash).await.map_err(failed)
}

/// The address, the accounts, and what to try.
fn guide(address: &str) -> String {
    let widest = ACCOUNTS.iter().map(|each| each.email.len()).max().unwrap_or_default();
    let mut text =
        format!("\nCorridor is at {address}\n\nSign in with any of these; the password is: {PASSWORD}\n\n");
    for each in ACCOUNTS {
        text.push_str(&format!("  {:widest$}  {}\n", each.email, each.to_try));
    }
    text.push_str(&format!("\nMessages: {address}demo/mail   API: {address}api/docs   End: Ctrl-C\n"));
    text
}

/// A temporary folder; dropping it deletes the folder.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, CliError> {
        let folder = std::env::temp_dir().join(format!("corridor-demo-{}", random::id()));
        let failed =
            |e: std::io::Error| CliError::Failed(format!("{} cannot be made: {e}", folder.display()));
        private::make_folder(&folder).map_err(failed)?;
        Ok(Self(folder.clone()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
