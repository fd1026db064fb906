//! API clients: programs that act for an organisation.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    account::ORGANISATION,
    connection::AnyConnection,
    journal::{self, By},
    schema::{api_clients, organisations},
    tx::Subject,
    types::At,
};
use crate::{
    digest,
    domain::{
        actor::{Actor, Membership, OrganisationKind, Scope},
        ids::{ClientId, OrganisationId},
        journal::{JournalAction, JournalEntry, JournalKind, JournalValue},
    },
};

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiClient {
    /// Its id.
    pub id: ClientId,
    /// Its name at the token endpoint.
    pub client_id: String,
    /// Its display name.
    pub name: String,
    /// The scopes that it may request.
    pub scopes: Vec<Scope>,
    /// The organisation for which it acts.
    pub organisation: Membership,
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
}

impl ApiClient {
    /// The client as an actor with some of its scopes.
    pub fn actor(self, scopes: Vec<Scope>) -> Actor {
        let granted = scopes.into_iter().filter(|scope| self.scopes.contains(scope)).collect();
        Actor::client(self.id, self.organisation, granted)
    }

    /// Recognises its secret. An access token carries it, so that a new secret ends the tokens of the old one.
    pub fn secret_mark(&self) -> String {
        let mut mark = digest::hex(&digest::sha256(&self.secret_hash));
        mark.truncate(16);
        mark
    }

    /// The codes of its scopes, as stored.
    fn scope_codes(&self) -> String {
        let mut codes: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    }

    /// Its entry in the journal.
    fn journal_entry(&self) -> JournalEntry {
        let Self { id, client_id, name, scopes: _, organisation, secret_hash, disabled_at } = self;
        JournalEntry {
            kind: JournalKind::Client,
            subject: id.to_string(),
            organisation: Some(organisation.id),
            values: vec![
                JournalValue::plain("client_id", Some(client_id.as_str())),
                JournalValue::plain("name", Some(name.as_str())),
                JournalValue::plain("organisation", Some(organisation.code.as_str())),
                JournalValue::plain("scopes", Some(self.scope_codes())),
                // The secret is 256 random bits, and this is the hash of its hash.
                JournalValue::plain("secret_digest", Some(digest::hex(&digest::sha256(secret_hash)))),
                JournalValue::time("disabled_at", *disabled_at),
            ],
        }
    }
}

#[derive(Queryable)]
struct Row {
    id: ClientId,
    client_id: String,
    secret_hash: Vec<u8>,
    name: String,
    _organisation_id: OrganisationId,
    scopes: String,
    _created_at: At,
    disabled_at: Option<At>,
}

type OrganisationColumns = (OrganisationId, String, OrganisationKind, Option<String>);

fn into_client((row, (id, code, kind, territory)): (Row, OrganisationColumns)) -> ApiClient {
    ApiClient {
        id: row.id,
        client_id: row.client_id,
        name: row.name,
        // A scope that this version does not know gives no rights.
        scopes: row.scopes.split(' ').filter_map(|code| code.parse().ok()).collect(),
        organisation: Membership { id, code, kind, territory },
        secret_hash: row.secret_hash,
        disabled_at: row.disabled_at.map(|at| at.0),
    }
}

/// The client with this `client_id`, if it is not disabled.
pub fn by_client_id(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<ApiClient>, StoreError> {
    let found: Option<(Row, OrganisationColumns)> = api_clients::table
        .inner_join(organisations::table)
        .filter(api_clients::client_id.eq(client_id).and(api_clients::disabled_at.is_null()))
        .select((api_clients::all_columns, ORGANISATION))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(into_client))
}

/// The client with this `client_id`, disabled or not, locked until the transaction ends.
pub fn by_client_id_for_update(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<ApiClient>, StoreError> {
    // PostgreSQL's texts cannot contain NUL, so there is no such client.
    if client_id.contains('\0') {
        return Ok(None);
    }
    // SQLite needs no lock: it has one writer.
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let row = api_clients::table.filter(api_clients::client_id.eq(client_id)).select(api_clients::id);
        let _: Option<ClientId> = row.for_no_key_update().first(conn).optional()?;
    }
    let found: Option<(Row, OrganisationColumns)> = api_clients::table
        .inner_join(organisations::table)
        .filter(api_clients::client_id.eq(client_id))
        .select((api_clients::all_columns, ORGANISATION))
        .first(tx.conn()?)
        .optional()?;
    Ok(found.map(into_client))
}

/// Clients by `client_id`, after `after`.
pub fn list(tx: &mut Tx<'_>, after: Option<&str>, at_most: i64) -> Result<Vec<ApiClient>, StoreError> {
    let mut query = api_clients::table
        .inner_join(organisations::table)
        .select((api_clients::all_columns, ORGANISATION))
        .order(api_clients::client_id)
        .limit(at_most)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(api_clients::client_id.gt(after.to_owned()));
    }
    let rows: Vec<(Row, OrganisationColumns)> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(into_client).collect())
}

/// Changes a client, with its line in the journal. `before` is the client as this transaction has locked it.
pub fn update(
    tx: &mut Tx<'_>,
    before: &ApiClient,
    client: &ApiClient,
    action: JournalAction,
    by: By<'_>,
) -> Result<(), StoreError> {
    diesel::update(api_clients::table.find(before.id))
        .set((
            api_clients::secret_hash.eq(&client.secret_hash),
            api_clients::disabled_at.eq(client.disabled_at.map(At)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    journal::record(tx, action, by, &[before.journal_entry()], &client.journal_entry())
}

/// Adds a client, with its line in the journal.
pub fn insert(tx: &mut Tx<'_>, client: &ApiClient, by: By<'_>) -> Result<(), StoreError> {
    diesel::insert_into(api_clients::table)
        .values((
            api_clients::id.eq(client.id),
            api_clients::client_id.eq(&client.client_id),
            api_clients::secret_hash.eq(&client.secret_hash),
            api_clients::name.eq(&client.name),
            api_clients::organisation_id.eq(client.organisation.id),
            api_clients::scopes.eq(client.scope_codes()),
            api_clients::created_at.eq(At(by.at)),
            api_clients::disabled_at.eq(client.disabled_at.map(At)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    journal::record(tx, JournalAction::Create, by, &[], &client.journal_entry())
}

/// The journal's entries of the next clients, in the order of their ids.
pub(super) fn journal_entries(
    tx: &mut Tx<'_>,
    after: Option<ClientId>,
    at_most: i64,
) -> Result<Vec<Vec<JournalEntry>>, StoreError> {
    let mut query = api_clients::table
        .inner_join(organisations::table)
        .select((api_clients::all_columns, ORGANISATION))
        .order(api_clients::id)
        .limit(at_most)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(api_clients::id.gt(after));
    }
    let rows: Vec<(Row, OrganisationColumns)> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(|row| vec![into_client(row).journal_entry()]).collect())
}
