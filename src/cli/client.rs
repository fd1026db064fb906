//! `corridor client create|list|disable|enable|rotate`: API clients. A secret is printed once.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::actor::{Actor, Scope},
    workflow::people::{
        change_client::{DisableClient, RotateClient},
        create_client::{ClientCredentials, CreateClient},
        list_people::{ApiClient, ListClients},
    },
};

/// Clients read at a time.
const AT_ONCE: i64 = 200;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an API client; print client_id and client_secret once, as JSON
    Create(Create),
    /// List all API clients
    List,
    /// Lock an API client: it gets no access tokens, and those that it has stop working within a second
    Disable(Id),
    /// Unlock an API client
    Enable(Id),
    /// Give an API client a new secret and print it once, as JSON; the old secret and its access tokens stop working
    Rotate(Id),
}

#[derive(Debug, ClapArgs)]
struct Id {
    /// The client_id of the API client
    #[arg(value_name = "ID")]
    client_id: String,
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
    match args.verb {
        Verb::Create(new) => create(context, new).await?,
        Verb::List => list(context).await?,
        Verb::Disable(Id { client_id }) => set_disabled(context, client_id, true).await?,
        Verb::Enable(Id { client_id }) => set_disabled(context, client_id, false).await?,
        Verb::Rotate(Id { client_id }) => {
            let service = context.service().await?;
            let rotated = service.execute(&Actor::operator(), RotateClient { client_id }).await?;
            print_credentials(context, &rotated)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(context: &Context, new: Create) -> Result<(), CliError> {
    let mut scopes = Vec::new();
    for code in new.scope.split_whitespace() {
        let known = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
        let scope = code.parse::<Scope>();
        scopes.push(scope.map_err(|_| CliError::Usage(format!("--scope: {code} is none of {known}")))?);
    }
    let new = CreateClient { name: new.name, organisation: new.organisation, scopes };
    let created = context.service().await?.execute(&Actor::operator(), new).await?;
    print_credentials(context, &created)
}

fn print_credentials(context: &Context, of: &ClientCredentials) -> Result<(), CliError> {
    context.print_json(&json!({ "client_id": of.client_id, "client_secret": of.client_secret }))
}

async fn set_disabled(context: &Context, client_id: String, disabled: bool) -> Result<(), CliError> {
    let change = DisableClient { client_id: client_id.clone(), disabled };
    context.service().await?.execute(&Actor::operator(), change).await?;
    let state = if disabled { "locked" } else { "unlocked" };
    let words = format!("API client {client_id} {state}.");
    context.print(words, &json!({ "client_id": client_id, "disabled": disabled }))
}

async fn list(context: &Context) -> Result<(), CliError> {
    let (service, mut clients, mut after) = (context.service().await?, Vec::new(), None);
    loop {
        let piece = ListClients { after, at_most: AT_ONCE };
        let piece = service.query(&Actor::operator(), piece).await?;
        after = piece.last().map(|last| last.client_id.clone());
        if after.is_none() {
            break;
        }
        clients.extend(piece);
    }
    let mut lines =
        vec![format!("{:<32}  {:<16}  {:<8}  scopes; name", "client_id", "organisation", "state")];
    lines.extend(clients.iter().map(|client| {
        let state = if client.disabled_at.is_some() { "disabled" } else { "active" };
        let ApiClient { client_id, name, organisation, .. } = client;
        format!(
            "{client_id:<32}  {:<16}  {state:<8}  {}; {name}",
            organisation.code,
            scopes(client).join(" ")
        )
    }));
    let as_json = |client: &ApiClient| {
        json!({
            "client_id": client.client_id, "name": client.name, "organisation": client.organisation.code,
            "scopes": scopes(client), "disabled_at": client.disabled_at,
        })
    };
    context.print(lines.join("\n"), &clients.iter().map(as_json).collect::<Vec<_>>())
}

fn scopes(client: &ApiClient) -> Vec<&'static str> {
    client.scopes.iter().map(|scope| scope.as_str()).collect()
}
