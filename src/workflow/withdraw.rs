//! Withdraw a case before a decision.

use crate::{
    domain::{
        case::Dossier,
        event::Words,
        lifecycle::{Action, State},
    },
    workflow::{
        Result,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Withdraws the case; a held place goes to the next in line.
#[derive(Clone, Debug, Default)]
pub struct Withdraw {
    /// For the history.
    pub message: Option<String>,
}

impl CaseCommand for Withdraw {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Withdraw
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let words = Words { message: self.message.clone(), ..Words::default() };
        transition::apply(ctx, dossier, CaseStep { words, ..CaseStep::end(State::Withdrawn) })
    }
}
