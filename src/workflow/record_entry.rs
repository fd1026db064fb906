//! Record that the traveller has entered on the authorization.

use jiff::civil::Date;

use crate::{
    domain::{
        authorization::{Authorization, AuthorizationState},
        calendar,
        event::Facts,
        lifecycle::Action,
        policy::Operation,
        refusal::Conflict,
    },
    store,
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        subject::{AuthorizationNumber, Permitted},
        transition,
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

    fn operation(&self) -> Operation {
        Operation::Act(Action::RecordEntry)
    }

    fn subject(&self) -> AuthorizationNumber {
        AuthorizationNumber(self.number.clone())
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        on: Permitted<AuthorizationNumber>,
    ) -> Result<Authorization, WorkflowError> {
        let (mut dossier, found) = on.into_inner();
        if found.state != AuthorizationState::Valid {
            return Err(Conflict::ActionNotAllowed.into());
        }
        if found.entered_on.is_some() {
            return Err(Conflict::AlreadyEntered.into());
        }
        if self.on < found.valid_from || self.on > found.valid_until || self.on > calendar::day_of(ctx.now) {
            return Err(WorkflowError::field("/on", "impossible_date"));
        }
        store::authorization::set_entered(ctx.tx, &found, self.on)?;
        let facts = Facts { authorization: Some(self.number.clone()), ..Facts::default() };
        transition::record(ctx, &mut dossier.case, Action::RecordEntry, facts)?;
        Ok(Authorization { entered_on: Some(self.on), ..found })
    }
}
