//! `corridor account create`: creates an account, with a password or with a one-time link to choose one.

use std::{io::Read, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::actor::{Actor, Role},
    password,
    workflow::people::{
        create_account::{CreateAccount, CreatedAccount, FirstLink},
        request_link,
    },
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an account; without a password, print a one-time link to choose it
    Create(Create),
}

#[derive(Debug, ClapArgs)]
struct Create {
    /// The e-mail address to sign in with
    #[arg(long)]
    email: String,
    /// The person's role: applicant, sponsor, officer, supervisor, batch_manager, auditor, administrator or verifier;
    /// may be repeated
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// The code of the person's organisation
    #[arg(long, value_name = "CODE")]
    organisation: Option<String>,
    /// The person's name
    #[arg(long)]
    name: Option<String>,
    /// The language of pages and messages: en, zh, ru or kk
    #[arg(long, default_value = "en")]
    language: crate::domain::language::Language,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let Verb::Create(new) = args.verb;
    let password_hash = if new.password_stdin { Some(read_password(&new.email).await?) } else { None };
    let new = CreateAccount {
        email: new.email,
        name: new.name,
        roles: new.roles,
        organisation: new.organisation,
        language: new.language.to_string(),
        password_hash,
        link: FirstLink::Shown,
    };
    let service = context.service().await?;
    let CreatedAccount { account, link_token } = service.execute(&Actor::operator(), new).await?;
    let address = context.settings.public_address();
    let link = link_token.map(|token| format!("{address}{}", request_link::path(&token)));
    let words = match &link {
        Some(link) => {
            format!("Account {} created. Choose the password within 24 hours:\n{link}", account.email)
        }
        None => format!("Account {} created.", account.email),
    };
    context.print(words, &json!({ "id": account.id, "email": account.email, "link": link }))?;
    Ok(ExitCode::SUCCESS)
}

async fn read_password(email: &str) -> Result<String, CliError> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|e| CliError::Failed(format!("the password cannot be read from standard input: {e}")))?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    if let Some(fault) = password::fault(&text, email) {
        return Err(CliError::of_faults(&[fault]));
    }
    password::hash(text).await.map_err(|error| CliError::Failed(error.to_string()))
}
