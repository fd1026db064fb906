//! `corridor client create`: creates an API client and prints its secret once.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::actor::{Actor, Scope},
    workflow::people::create_client::CreateClient,
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an API client; print client_id and client_secret once, as JSON
    Create(Create),
}

#[derive(Debug, ClapArgs)]
struct Create {
    /// The program's name, as shown in histories
    #[arg(long)]
    name: String,
    /// The code of the organisation it acts for
    #[arg(long, value_name = "CODE")]
    organisation: String,
    /// Its scopes, separated by spaces: "applications:read applications:write reviews:write …"
    #[arg(long, value_name = "SCOPES")]
    scope: String,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let Verb::Create(new) = args.verb;
    let mut scopes = Vec::new();
    for code in new.scope.split_whitespace() {
        let known = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
        let scope = code.parse::<Scope>();
        scopes.push(scope.map_err(|_| CliError::Usage(format!("--scope: {code} is none of {known}")))?);
    }
    let new = CreateClient { name: new.name, organisation: new.organisation, scopes };
    let created = context.service().await?.execute(&Actor::operator(), new).await?;
    context.print_json(&json!({ "client_id": created.client_id, "client_secret": created.client_secret }))?;
    Ok(ExitCode::SUCCESS)
}
