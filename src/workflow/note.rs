//! Write a note for the other officers of the case.

use crate::{
    domain::{case::Dossier, event::Words, lifecycle::Action},
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Writes a note into the history. The case's own people do not see it.
#[derive(Clone, Debug)]
pub struct Note {
    /// What it says.
    pub note: Option<String>,
}

impl CaseCommand for Note {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Note
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        if self.note.is_none() {
            return Err(WorkflowError::field("/note", "required"));
        }
        let words = Words { note: self.note.clone(), ..Words::default() };
        let step = CaseStep { words, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)
    }
}
