//! Record that the traveller has entered on the authorization.

use jiff::civil::Date;

use crate::{
    domain::{
        authorization::Authorization, ids::ApplicationId, lifecycle::Action, policy::Operation,
        refusal::Conflict,
    },
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        subject::{AuthorizationNumber, Permitted},
        transition::{self, AuthorizationStep},
    },
};

/// Records the day of the first entry. From then on the authorization cannot be returned, and it completes instead of
/// expiring.
#[derive(Clone, Debug)]
pub struct RecordEntry {
    /// The authorization's number.
    pub number: String,
    /// The day.
    pub on: Date,
}

impl Command for RecordEntry {
    type Subject = AuthorizationNumber;
    type Output = Authorization;

    fn right(&self) -> (Operation, AuthorizationNumber) {
        (Operation::Act(Action::RecordEntry), AuthorizationNumber(self.number.clone()))
    }

    fn case_of(&self, authorization: &Authorization) -> Option<ApplicationId> {
        Some(authorization.application)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<AuthorizationNumber>) -> Result<Authorization> {
        let found = on.authorization.clone().ok_or(WorkflowError::NotFound)?;
        if found.entered_on.is_some() {
            return Err(Conflict::AlreadyEntered.into());
        }
        let today = on.programme.day_in(on.host(), ctx.now);
        if self.on < found.valid_from || self.on > found.valid_until || self.on > today {
            return Err(WorkflowError::field("/on", "impossible_date"));
        }
        let step = AuthorizationStep { entered_on: Some(self.on), ..AuthorizationStep::to(found.state, &on) };
        transition::apply(ctx, on, step)?.authorization.ok_or(WorkflowError::NotFound)
    }
}
