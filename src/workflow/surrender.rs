//! Return an authorization.

use crate::{
    domain::{
        case::Dossier,
        event::Words,
        lifecycle::{Action, AuthorizationState},
        refusal::Conflict,
    },
    workflow::{
        Result,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, AuthorizationStep},
    },
};

/// Returns the authorization before the first entry; its place goes to the next in line.
#[derive(Clone, Debug, Default)]
pub struct Surrender {
    /// For the history.
    pub message: Option<String>,
}

impl CaseCommand for Surrender {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Surrender
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        if dossier.has_entered() {
            return Err(Conflict::AlreadyEntered.into());
        }
        let words = Words { message: self.message.clone(), ..Words::default() };
        let step =
            AuthorizationStep { words, ..AuthorizationStep::to(AuthorizationState::Surrendered, &dossier) };
        transition::apply(ctx, dossier, step)
    }
}
