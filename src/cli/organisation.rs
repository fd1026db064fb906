//! `corridor organisation create`: creates an authority, a sponsor or a verifier.

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::actor::{Actor, OrganisationKind},
    workflow::people::create_organisation::CreateOrganisation,
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an organisation
    Create(Create),
}

#[derive(Debug, ClapArgs)]
struct Create {
    /// Its code: lower-case letters, digits and hyphens
    #[arg(long)]
    code: String,
    /// Its name
    #[arg(long)]
    name: String,
    /// authority, sponsor or verifier
    #[arg(long)]
    kind: OrganisationKind,
    /// The country it belongs to (ISO 3166-1 alpha-2)
    #[arg(long, value_name = "CC")]
    territory: Option<String>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let Verb::Create(Create { code, name, kind, territory }) = args.verb;
    let new = CreateOrganisation { code, name, kind, territory };
    let created = context.service().await?.execute(&Actor::operator(), new).await?;
    let value = json!({ "id": created.id, "code": created.code, "kind": created.kind });
    context.print(format!("Organisation {} created.", created.code), &value)?;
    Ok(ExitCode::SUCCESS)
}
