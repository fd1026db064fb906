//! Show the full number of the travel document. Every look is an event.

use crate::{
    domain::{
        event::Facts,
        lifecycle::Action,
        policy::{self, Operation},
    },
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        subject::{Permitted, SeenCase},
        transition,
    },
};

/// The full number and the machine-readable zone.
#[derive(Clone, Debug)]
pub struct DocumentShown {
    /// The number.
    pub number: Option<String>,
    /// The zone, if it was given.
    pub mrz: Option<String>,
}

/// Shows the number to an officer who works on the case, and records it. The case's own people see it in their form,
/// which leaves no event.
#[derive(Clone, Copy, Debug)]
pub struct ShowDocument {
    /// The case.
    pub case: SeenCase,
}

impl Command for ShowDocument {
    type Subject = SeenCase;
    type Output = DocumentShown;

    fn operation(&self) -> Operation {
        Operation::ShowDocument
    }

    fn subject(&self) -> SeenCase {
        self.case
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        on: Permitted<SeenCase>,
    ) -> Result<DocumentShown, WorkflowError> {
        let mut dossier = on.into_inner();
        if !policy::is_side(&dossier, ctx.actor) {
            transition::record(ctx, &mut dossier.case, Action::ViewDocument, Facts::default())?;
        }
        let document = dossier.case.form.travel_document;
        Ok(DocumentShown { number: document.number, mrz: document.mrz })
    }
}
