//! Lock or unlock an API client, or give it a new secret.

use crate::{
    digest,
    domain::{journal::JournalAction, policy::Operation},
    random,
    store::{self, Tx, api_client::ApiClient},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::create_client::ClientCredentials,
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// Locks or unlocks a client. A locked client gets no tokens, and those that it has are refused.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct DisableClient {
    pub client_id: String,
    pub disabled: bool,
}

impl Command for DisableClient {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::DisableClient, Installation)
    }

    fn security_event(&self, _: &()) -> Option<SecurityEvent> {
        let event = if self.disabled { "client_locked" } else { "client_unlocked" };
        SecurityEvent::new(event, &self.client_id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let before = locked(ctx.tx, &self.client_id)?;
        let disabled_at = self.disabled.then(|| before.disabled_at.unwrap_or(ctx.now));
        let after = ApiClient { disabled_at, ..before.clone() };
        let action = if self.disabled { JournalAction::Disable } else { JournalAction::Enable };
        Ok(store::api_client::update(ctx.tx, &before, &after, action, ctx.by())?)
    }
}

/// Gives a client a new secret. The old one and the tokens that were issued for it are refused from now on.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the field says it")]
pub struct RotateClient {
    pub client_id: String,
}

impl Command for RotateClient {
    type Subject = Installation;
    type Output = ClientCredentials;

    fn right(&self) -> (Operation, Installation) {
        (Operation::RotateClient, Installation)
    }

    fn security_event(&self, _: &ClientCredentials) -> Option<SecurityEvent> {
        SecurityEvent::new("client_secret_replaced", &self.client_id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ClientCredentials> {
        let before = locked(ctx.tx, &self.client_id)?;
        let client_secret = random::token();
        let secret_hash = digest::sha256(client_secret.as_bytes());
        let after = ApiClient { secret_hash, ..before.clone() };
        store::api_client::update(ctx.tx, &before, &after, JournalAction::RotateSecret, ctx.by())?;
        Ok(ClientCredentials { client_id: before.client_id, client_secret })
    }
}

fn locked(tx: &mut Tx<'_>, client_id: &str) -> Result<ApiClient> {
    store::api_client::by_client_id_for_update(tx, client_id)?.ok_or(WorkflowError::NotFound)
}
