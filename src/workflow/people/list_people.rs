//! Accounts, organisations and API clients for administrators, officers for supervisors.

/// An account, an API client and an organisation, as listed.
pub use crate::store::{account::Account, api_client::ApiClient, organisation::Organisation};
use crate::{
    domain::{ids::AccountId, policy::Operation, refusal::Forbidden},
    store,
    workflow::{
        Result, WorkflowError,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// Accounts by address.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ListAccounts {
    /// After this address.
    pub after: Option<String>,
    pub at_most: i64,
}

impl Query for ListAccounts {
    type Subject = Installation;
    type Output = Vec<Account>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListAccounts, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Account>> {
        Ok(store::account::list(ctx.tx, self.after.as_deref(), self.at_most)?)
    }
}

/// One account.
#[derive(Clone, Debug)]
pub enum FindAccount {
    /// The account with this id.
    ById(AccountId),
    /// The account with this address.
    ByEmail(String),
}

impl Query for FindAccount {
    type Subject = Installation;
    type Output = Account;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListAccounts, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Account> {
        let found = match self {
            Self::ById(id) => store::account::by_id(ctx.tx, *id)?,
            Self::ByEmail(email) => store::account::by_email(ctx.tx, email)?,
        };
        found.ok_or(WorkflowError::NotFound)
    }
}

/// Organisations by code.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ListOrganisations {
    /// After this code.
    pub after: Option<String>,
    pub at_most: i64,
}

impl Query for ListOrganisations {
    type Subject = Installation;
    type Output = Vec<Organisation>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListOrganisations, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Organisation>> {
        Ok(store::organisation::list(ctx.tx, self.after.as_deref(), self.at_most)?)
    }
}

/// API clients by `client_id`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ListClients {
    /// After this `client_id`.
    pub after: Option<String>,
    pub at_most: i64,
}

impl Query for ListClients {
    type Subject = Installation;
    type Output = Vec<ApiClient>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListClients, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<ApiClient>> {
        Ok(store::api_client::list(ctx.tx, self.after.as_deref(), self.at_most)?)
    }
}

/// The officers to whom a supervisor can assign a case: those of the same authority.
#[derive(Clone, Copy, Debug)]
pub struct ListOfficers;

impl Query for ListOfficers {
    type Subject = Installation;
    type Output = Vec<(AccountId, String)>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListOfficers, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<(AccountId, String)>> {
        let own = ctx.actor.organisation_id().ok_or(Forbidden::Role)?;
        Ok(store::account::officers_of(ctx.tx, own)?)
    }
}
