//! What belongs to a step of an authorization: its row, its event, and the step of its application, which follows.

use jiff::civil::Date;

use super::{CaseStep, Step, application, chain};
use crate::{
    domain::{
        case::Dossier,
        event::{Facts, Words},
        lifecycle::{Action, AuthorizationState, State},
        quota::Place,
    },
    store::{self, StoreError},
    workflow::{Result, WorkflowError, entrance::Context},
};

/// What a use case has decided for an authorization.
#[derive(Clone, Debug)]
pub struct AuthorizationStep {
    /// The state afterwards.
    pub to: AuthorizationState,
    /// What its application occupies afterwards.
    pub place: Place,
    /// The day of the first entry.
    pub entered_on: Option<Date>,
    /// For the histories, without the person.
    pub facts: Facts,
    /// For the history of the application, sealed.
    pub words: Words,
}

impl AuthorizationStep {
    /// A step to this state. The place is free then, unless the traveller has used it.
    pub fn to(state: AuthorizationState, dossier: &Dossier) -> Self {
        let place = if dossier.has_entered() { Place::Taken } else { Place::None };
        Self { to: state, place, entered_on: None, facts: Facts::default(), words: Words::default() }
    }
}

impl Step for AuthorizationStep {
    type State = AuthorizationState;
    type Loaded = Dossier;

    fn from(dossier: &Dossier) -> Option<AuthorizationState> {
        dossier.authorization.as_ref().map(|authorization| authorization.state)
    }

    fn to(&self) -> AuthorizationState {
        self.to
    }

    fn carry_out(self, ctx: &mut Context<'_, '_>, mut dossier: Dossier, action: Action) -> Result<Dossier> {
        let before = dossier.authorization.take().ok_or(WorkflowError::NotFound)?;
        let mut after = before.clone();
        let mut events = Vec::from_iter(chain::begin_of_authorization(ctx, &mut after)?);
        after.state = self.to;
        after.version += 1;
        after.ended_at = self.to.is_final().then_some(ctx.now);
        after.entered_on = before.entered_on.or(self.entered_on);
        let facts = Facts { crossed_on: self.entered_on, ..self.facts.clone() };
        events.push(chain::extend_authorization(ctx, &mut after, action, Some(before.state), facts)?);
        if !store::authorization::update(ctx.tx, &after, &before)? {
            return Err(StoreError::Raced.into());
        }
        store::authorization_event::append(ctx.tx, &events)?;
        dossier.authorization = Some(after);
        self.move_application(ctx, dossier, action)
    }
}

impl AuthorizationStep {
    /// Moves the application into the state that follows from its authorization. A border crossing only adds an event
    /// to its history.
    fn move_application(
        self,
        ctx: &mut Context<'_, '_>,
        mut dossier: Dossier,
        action: Action,
    ) -> Result<Dossier> {
        let authorization = dossier.authorization.as_ref().map(|held| held.number.clone());
        let facts = Facts { authorization, ..self.facts };
        if matches!(action, Action::RecordEntry | Action::RecordExit) {
            application::record(ctx, &mut dossier, action, facts)?;
            return Ok(dossier);
        }
        let state = State::following(self.to);
        let (place, words) = (self.place, self.words);
        let step = match state == dossier.case.state {
            true => CaseStep { facts, words, ..CaseStep::stay(&dossier) },
            false => CaseStep { place, facts, words, ..CaseStep::end(state) },
        };
        step.carry_out(ctx, dossier, action)
    }
}
