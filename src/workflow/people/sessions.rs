//! The person's own sessions: list them, end one, end all.

/// A session, as listed.
pub use crate::store::session::Session;
use crate::{
    domain::{ids::AccountId, policy::Operation, refusal::Forbidden},
    store,
    workflow::{
        Result,
        entrance::{Command, Context, Query},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// The sessions of the person, the one that was used last first.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the field says it")]
pub struct ListSessions {
    pub at_most: i64,
}

impl Query for ListSessions {
    type Subject = Installation;
    type Output = Vec<Session>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Session>> {
        let own = ctx.actor.account().ok_or(Forbidden::Role)?;
        Ok(store::session::of_account(ctx.tx, own, ctx.now, self.at_most)?)
    }
}

/// Ends one of the person's sessions. It may have ended already.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// The hash of its token.
    pub token_hash: Vec<u8>,
}

impl Command for EndSession {
    type Subject = Installation;
    type Output = AccountId;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn security_event(&self, of: &AccountId) -> Option<SecurityEvent> {
        SecurityEvent::new("session_ended", of)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<AccountId> {
        let own = ctx.actor.account().ok_or(Forbidden::Role)?;
        store::session::close_of(ctx.tx, own, &self.token_hash)?;
        Ok(own)
    }
}

/// Ends every session of the person, this one too.
#[derive(Clone, Copy, Debug)]
pub struct SignOutEverywhere;

impl Command for SignOutEverywhere {
    type Subject = Installation;
    type Output = AccountId;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn security_event(&self, ended: &AccountId) -> Option<SecurityEvent> {
        SecurityEvent::new("signed_out_everywhere", ended)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<AccountId> {
        let own = ctx.actor.account().ok_or(Forbidden::Role)?;
        store::session::close_all(ctx.tx, own)?;
        Ok(own)
    }
}
