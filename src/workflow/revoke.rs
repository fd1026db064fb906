//! Revoke an authorization.

use crate::{
    domain::{
        case::Dossier,
        lifecycle::{Action, AuthorizationState},
    },
    workflow::{
        Result,
        case_command::CaseCommand,
        entrance::Context,
        refuse::Reasons,
        subject::{Permitted, SeenCase},
        transition::{self, AuthorizationStep},
    },
};

/// Revokes the authorization. Its place is free again, unless the traveller has used it.
#[derive(Clone, Debug, Default)]
pub struct Revoke {
    /// Why.
    pub reasons: Reasons,
}

impl CaseCommand for Revoke {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Revoke
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let (facts, words) = self.reasons.checked(&dossier.programme)?;
        let step = AuthorizationStep {
            facts,
            words,
            ..AuthorizationStep::to(AuthorizationState::Revoked, &dossier)
        };
        transition::apply(ctx, dossier, step)
    }
}
