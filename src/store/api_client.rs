//! API clients: programs that act for an organisation.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    account::ORGANISATION,
    schema::{api_clients, organisations},
    tx::Subject,
    types::At,
};
use crate::domain::{
    actor::{Actor, Membership, OrganisationKind, Scope},
    ids::{ClientId, OrganisationId},
};

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiClient {
    /// Its id.
    pub id: ClientId,
    /// The scopes that it may request.
    pub scopes: Vec<Scope>,
    /// The organisation for which it acts.
    pub organisation: Membership,
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
}

impl ApiClient {
    /// The client as an actor with some of its scopes.
    pub fn actor(self, scopes: Vec<Scope>) -> Actor {
        let granted = scopes.into_iter().filter(|scope| self.scopes.contains(scope)).collect();
        Actor::client(self.id, self.organisation, granted)
    }
}

type OrganisationColumns = (OrganisationId, String, OrganisationKind, Option<String>);

/// The client with this `client_id`, if it is not disabled.
pub fn by_client_id(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<ApiClient>, StoreError> {
    let found: Option<(ClientId, String, Vec<u8>, OrganisationColumns)> = api_clients::table
        .inner_join(organisations::table)
        .filter(api_clients::client_id.eq(client_id).and(api_clients::disabled_at.is_null()))
        .select((api_clients::id, api_clients::scopes, api_clients::secret_hash, ORGANISATION))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(|(id, scopes, secret_hash, (organisation, code, kind, territory))| ApiClient {
        id,
        scopes: scopes.split(' ').filter_map(|code| code.parse().ok()).collect(),
        organisation: Membership { id: organisation, code, kind, territory },
        secret_hash,
    }))
}

/// Adds a client.
pub fn insert(
    tx: &mut Tx<'_>,
    client: &ApiClient,
    client_id: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut scopes: Vec<&str> = client.scopes.iter().map(|scope| scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    diesel::insert_into(api_clients::table)
        .values((
            api_clients::id.eq(client.id),
            api_clients::client_id.eq(client_id),
            api_clients::secret_hash.eq(&client.secret_hash),
            api_clients::name.eq(name),
            api_clients::organisation_id.eq(client.organisation.id),
            api_clients::scopes.eq(scopes.join(" ")),
            api_clients::created_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}
