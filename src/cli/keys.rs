//! `corridor keys list|rotate`: lists the versions of the master key, and rotates it while the service runs.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::{CliError, Context, context::show_progress};
use crate::{
    jobs,
    workflow::rotate_keys::{self, KeyUse, Overview},
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the versions of the master key and the number of values sealed under each
    List,
    /// Create a new master key, make it current and reseal everything under it; continues an interrupted rotation
    Rotate {
        /// Only add the key to the key file: with several machines, copy the file to each of them before you rotate
        #[arg(long)]
        only_add: bool,
    },
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let service = context.service().await?;
    let db = service.db();
    match args.verb {
        Verb::List => {
            let overview = db.read(rotate_keys::overview).await?;
            let in_file: Vec<String> = db.keyring().ids().iter().map(ToString::to_string).collect();
            context.print(table(&overview, &in_file), &as_json(&overview, &in_file))?;
        }
        Verb::Rotate { only_add: true } => {
            let key = db.keyring().add_key()?;
            let words = format!(
                "The key file has the new key {key}. Copy the file to every machine, then run `corridor keys rotate`."
            );
            context.print(words, &json!({ "key": key.to_string() }))?;
        }
        Verb::Rotate { only_add: false } => {
            let rotated = {
                let bar = context.progress_bar("values");
                let rotated = jobs::rotate_keys::rotate(&service, |job| show_progress(&bar, job)).await?;
                bar.finish_and_clear();
                rotated
            };
            let words = format!(
                "Master key {} is current ({} case keys, {} other values and {} document hashes moved to it{}).",
                rotated.key,
                rotated.case_keys,
                rotated.columns,
                rotated.hashes,
                if rotated.was_resumed { "; an interrupted rotation went on" } else { "" },
            );
            let value = json!({
                "job": rotated.job, "key": rotated.key.to_string(), "resumed": rotated.was_resumed, "case_keys": rotated.case_keys,
                "other_values": rotated.columns, "document_hashes": rotated.hashes, "unreadable": rotated.unreadable,
            });
            context.print(words, &value)?;
            if rotated.unreadable > 0 {
                let count = rotated.unreadable;
                return Err(CliError::Failed(format!("{count} values cannot be opened; the log names them")));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a key is needed for, besides opening the values sealed under it.
fn purposes(overview: &Overview, key: &KeyUse) -> Vec<&'static str> {
    let is_current = overview.keys.first().is_some_and(|first| first.version == key.version);
    let mut purposes = Vec::new();
    if is_current {
        purposes.extend(["case keys", "columns", "lookup", "forms", "signing"]);
    }
    if is_current || key.has_history {
        purposes.push("history");
    }
    if overview.is_resealing {
        purposes.push("cases not sealed again yet");
    }
    purposes
}

fn table(overview: &Overview, in_file: &[String]) -> String {
    let mut lines = vec![
        "version  key       since                 case keys  other values  hashes     used for".to_owned(),
    ];
    lines.extend(overview.keys.iter().map(|key| {
        let used = purposes(overview, key).join(", ");
        let missing =
            if in_file.contains(&key.version.key.to_string()) { "" } else { " (not in the key file)" };
        format!(
            "{:<7}  {}  {:<20}  {:>9}  {:>12}  {:>9}  {used}{missing}",
            key.version.number,
            key.version.key,
            key.version.activated_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            key.case_keys,
            key.columns,
            key.hashes
        )
    }));
    lines.join("\n")
}

fn as_json(overview: &Overview, in_file: &[String]) -> Value {
    let line = |key: &KeyUse| {
        let id = key.version.key.to_string();
        json!({
            "version": key.version.number, "in_key_file": in_file.contains(&id), "key": id,
            "activated_at": key.version.activated_at, "case_keys": key.case_keys, "other_values": key.columns,
            "document_hashes": key.hashes,
            "purposes": purposes(overview, key),
        })
    };
    overview.keys.iter().map(line).collect()
}
