//! `corridor mail list|resend`: the messages that were abandoned or wait, without their addresses.

use std::process::ExitCode;

use clap::{ArgGroup, Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{CliError, Context};
use crate::{
    domain::{actor::Actor, delivery::DeliveryState, ids::NotificationId},
    shapes::MessageBody,
    workflow::{
        Service, WorkflowError,
        outbox::{ListMessages, ListedMessage, ResendMessage},
    },
};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List messages, the newest first: when each was abandoned or is tried next, and why the last attempt failed
    List(List),
    /// Send messages again that were abandoned, with the same Message-ID
    Resend(Resend),
}

#[derive(Debug, ClapArgs)]
struct List {
    /// Only messages that were abandoned (dead), that wait (pending), or that were sent (sent). Default: those that were
    /// abandoned, then those that wait
    #[arg(long, value_name = "STATE")]
    state: Option<DeliveryState>,
    /// The maximum number of messages for each state
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    last: u16,
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("which").required(true))]
struct Resend {
    /// The id of the message
    #[arg(group = "which")]
    id: Option<NotificationId>,
    /// Every message that was abandoned
    #[arg(long, group = "which")]
    dead: bool,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<ExitCode, CliError> {
    let service = context.service().await?;
    match args.verb {
        Verb::List(list) => {
            let states = list.state.map_or_else(|| UNDELIVERED.to_vec(), |state| vec![state]);
            let mut messages = Vec::new();
            for state in states {
                let wanted = ListMessages { state, after: None, at_most: list.last.into() };
                messages.extend(service.query(&Actor::operator(), wanted).await?);
            }
            let words = table(&messages);
            let items: Vec<MessageBody> = messages.into_iter().map(MessageBody::from).collect();
            context.print(words, &json!({ "items": items }))?;
        }
        Verb::Resend(Resend { id, .. }) => {
            let count = match id {
                Some(message) => {
                    service.execute(&Actor::operator(), ResendMessage { message }).await?;
                    1
                }
                None => resend_dead(&service).await?,
            };
            context.print(format!("Messages to be sent again: {count}."), &json!({ "resent": count }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The states of messages that nobody has got.
const UNDELIVERED: [DeliveryState; 2] = [DeliveryState::Dead, DeliveryState::Pending];

/// The number of messages that are read at once.
const AT_A_TIME: i64 = 200;

/// Sends every message again that was abandoned. Those that are abandoned meanwhile come earlier in the listing, so it ends.
async fn resend_dead(service: &Service) -> Result<usize, CliError> {
    let (mut after, mut count) = (None, 0);
    loop {
        let wanted = ListMessages { state: DeliveryState::Dead, after, at_most: AT_A_TIME };
        let dead = service.query(&Actor::operator(), wanted).await?;
        let Some(last) = dead.last() else { return Ok(count) };
        after = Some(last.place());
        for ListedMessage { id, .. } in dead {
            match service.execute(&Actor::operator(), ResendMessage { message: id }).await {
                Ok(()) => count += 1,
                // Its case was erased meanwhile.
                Err(WorkflowError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn table(messages: &[ListedMessage]) -> String {
    if messages.is_empty() {
        return "There are no such messages.".to_owned();
    }
    let mut lines = vec![format!(
        "{:<36}  {:<21}  {:<7}  {:<20}  {:>8}  {:<16}  why",
        "message", "kind", "state", "at", "attempts", "case"
    )];
    for ListedMessage { id, message, state, at, attempts, reference, failure, .. } in messages {
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let case = reference.as_deref().unwrap_or("-");
        let why =
            failure.as_ref().map_or_else(String::new, |(outcome, detail)| format!("{outcome}: {detail}"));
        lines.push(
            format!("{id}  {message:<21}  {state:<7}  {at:<20}  {attempts:>8}  {case:<16}  {why}")
                .trim_end()
                .to_owned(),
        );
    }
    lines.join("\n")
}
