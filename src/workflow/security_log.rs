//! The security log (target `corridor::security`): who signed in, who was refused, and who changed accounts, clients,
//! organisations, batches and programmes, each with the network of the client. It names people by their ids alone.
//! `docs/operating.md` lists its lines.

use uuid::Uuid;

use crate::{
    domain::{actor::Actor, limits::AttemptLimit, policy::Operation, refusal::Forbidden},
    store::api_client::ApiClient,
};

tokio::task_local! {
    /// The network of the client whose request this task answers.
    static NETWORK: String;
}

/// Does the work of a request from this network: every line that it writes says so. Commands of the operator and of the
/// clock come from no network.
pub async fn from_network<F: Future>(network: String, work: F) -> F::Output {
    NETWORK.scope(network, work).await
}

fn network() -> Option<String> {
    NETWORK.try_with(Clone::clone).ok()
}

/// What a command has done, for the security log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvent {
    /// Such as `signed_in`.
    pub event: &'static str,
    /// The id of the account, message or batch, or the code of the client, organisation or programme.
    pub subject: String,
}

impl SecurityEvent {
    /// This happened to this subject.
    pub fn new(event: &'static str, subject: impl ToString) -> Option<Self> {
        Some(Self { event, subject: subject.to_string() })
    }
}

/// Something was done.
pub(super) fn done(actor: &Actor, events: &[SecurityEvent]) {
    for SecurityEvent { event, subject } in events {
        tracing::info!(
            target: "corridor::security",
            event,
            subject,
            actor = actor.identity.kind(),
            id = id_of(actor),
            network = network(),
            "a security event"
        );
    }
}

/// A program has shown its secret and gets an access token.
pub fn token_issued(client: &ApiClient) {
    let actor = Actor::client(client.id, client.organisation.clone(), Vec::new());
    done(&actor, &[SecurityEvent { event: "token_issued", subject: client.client_id.clone() }]);
}

/// A right was refused.
pub(super) fn right_refused(actor: &Actor, operation: Operation, because: Forbidden) {
    tracing::warn!(
        target: "corridor::security",
        event = "right_refused",
        actor = actor.identity.kind(),
        id = id_of(actor),
        operation = operation.as_str(),
        reason = because.as_str(),
        network = network(),
        "a right was refused"
    );
}

/// A limit was reached: too many passwords, secrets or mails.
pub(super) fn limited(actor: &Actor, limit: AttemptLimit) {
    tracing::warn!(
        target: "corridor::security",
        event = "too_many_attempts",
        actor = actor.identity.kind(),
        id = id_of(actor),
        limit = limit.as_str(),
        network = network(),
        "there were too many attempts"
    );
}

/// A password or a secret was wrong, or its owner is locked. `subject` is the id of the account or the `client_id` of the
/// client, if there is one: what a stranger has typed is never logged.
pub(super) fn sign_in_refused(event: &'static str, subject: Option<String>) {
    tracing::warn!(target: "corridor::security", event, subject, network = network(), "a sign-in was refused");
}

fn id_of(actor: &Actor) -> Option<tracing::field::DisplayValue<Uuid>> {
    actor.identity.id().map(tracing::field::display)
}
