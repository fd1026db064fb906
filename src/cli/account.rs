//! `corridor account create|list|change|disable|enable`: the accounts of people.

use std::{io::Read, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use serde_json::{Value, json};

use super::{CliError, Context};
use crate::{
    domain::actor::{Actor, Role},
    password,
    workflow::{
        Service, WorkflowError,
        people::{
            change_roles::ChangeRoles,
            create_account::{CreateAccount, CreatedAccount, FirstLink},
            disable_account::DisableAccount,
            list_people::{Account, FindAccount, ListAccounts},
            request_link,
        },
    },
};

/// Accounts read at a time.
const AT_ONCE: i64 = 200;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create an account; without a password, print a one-time link to choose it
    Create(Create),
    /// List all accounts
    List,
    /// Change the roles or the organisation of an account
    Change(Change),
    /// Lock an account: its sessions end, and the cases that it has claimed return to the queue
    Disable(Email),
    /// Unlock an account
    Enable(Email),
}

#[derive(Debug, ClapArgs)]
struct Email {
    /// The account's e-mail address
    email: String,
}

#[derive(Debug, ClapArgs)]
struct Change {
    /// The account's e-mail address
    email: String,
    /// The new roles; may be repeated. Without it the roles do not change
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    /// The code of the new organisation; "" for none. Without it the organisation does not change
    #[arg(long, value_name = "CODE")]
    organisation: Option<String>,
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
    match args.verb {
        Verb::Create(new) => create(context, new).await?,
        Verb::List => list(context).await?,
        Verb::Change(change) => self::change(context, change).await?,
        Verb::Disable(Email { email }) => set_disabled(context, email, true).await?,
        Verb::Enable(Email { email }) => set_disabled(context, email, false).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(context: &Context, new: Create) -> Result<(), CliError> {
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
    context.print(words, &json!({ "id": account.id, "email": account.email, "link": link }))
}

async fn list(context: &Context) -> Result<(), CliError> {
    let (service, mut accounts, mut after) = (context.service().await?, Vec::new(), None);
    loop {
        let piece = ListAccounts { after, at_most: AT_ONCE };
        let piece = service.query(&Actor::operator(), piece).await?;
        after = piece.last().map(|last| last.email.clone());
        if after.is_none() {
            break;
        }
        accounts.extend(piece);
    }
    let mut lines = vec![format!("{:<40}  {:<11}  {:<16}  roles", "address", "state", "organisation")];
    lines.extend(accounts.iter().map(|account| {
        let (own, roles) = (organisation(account).unwrap_or("-"), roles(account).join(", "));
        format!("{:<40}  {:<11}  {own:<16}  {roles}", account.email, state(account))
    }));
    context.print(lines.join("\n"), &accounts.iter().map(as_json).collect::<Vec<_>>())
}

fn as_json(account: &Account) -> Value {
    json!({
        "id": account.id, "email": account.email, "name": account.name, "roles": roles(account),
        "organisation": organisation(account), "state": state(account),
    })
}

fn roles(account: &Account) -> Vec<&'static str> {
    account.roles.iter().map(|role| role.as_str()).collect()
}

fn organisation(account: &Account) -> Option<&str> {
    account.organisation.as_ref().map(|own| own.code.as_str())
}

const fn state(account: &Account) -> &'static str {
    match (account.disabled_at, account.confirmed_at) {
        (Some(_), _) => "disabled",
        (None, None) => "unconfirmed",
        (None, Some(_)) => "active",
    }
}

async fn change(context: &Context, change: Change) -> Result<(), CliError> {
    let Change { email, roles, organisation } = change;
    if roles.is_empty() && organisation.is_none() {
        return Err(CliError::Usage("give --role, --organisation or both".to_owned()));
    }
    let (service, operator) = (context.service().await?, Actor::operator());
    let change = ChangeRoles {
        account: find(&service, email).await?.id,
        roles: Some(roles).filter(|roles| !roles.is_empty()),
        organisation: organisation.map(|code| Some(code).filter(|code| !code.is_empty())),
    };
    let changed = service.execute(&operator, change).await?;
    context.print(format!("Account {} changed.", changed.email), &as_json(&changed))
}

async fn set_disabled(context: &Context, email: String, disabled: bool) -> Result<(), CliError> {
    let service = context.service().await?;
    let account = find(&service, email).await?;
    service.execute(&Actor::operator(), DisableAccount { account: account.id, disabled }).await?;
    let state = if disabled { "locked" } else { "unlocked" };
    let words = format!("Account {} {state}.", account.email);
    context.print(words, &json!({ "id": account.id, "email": account.email, "disabled": disabled }))
}

async fn find(service: &Service, email: String) -> Result<Account, CliError> {
    let nobody = format!("there is no account with the address {email}");
    service.query(&Actor::operator(), FindAccount::ByEmail(email)).await.map_err(|error| match error {
        WorkflowError::NotFound => CliError::Failed(nobody),
        error => error.into(),
    })
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
