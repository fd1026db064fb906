//! Look at the full number of the travel document. Every look is an event.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        event::Facts,
        ids::ApplicationId,
        lifecycle::{self, Action},
        refusal::Forbidden,
    },
    store::{self, Tx},
    workflow::{WorkflowError, dossier, transition},
};

/// The full number and the machine-readable zone.
#[derive(Clone, Debug)]
pub struct DocumentShown {
    /// The number.
    pub number: Option<String>,
    /// The zone, if it was given.
    pub mrz: Option<String>,
}

/// Shows the number to an officer who works on the case, and records it. Its own people see it in their form, which
/// leaves no event.
pub fn view_document(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ApplicationId,
    now: Timestamp,
) -> Result<DocumentShown, WorkflowError> {
    let case = store::application::by_id_for_update(tx, id)?.ok_or(WorkflowError::NotFound)?;
    let mut dossier = dossier::complete(tx, case)?;
    if !dossier.is_visible_to(actor) {
        return Err(WorkflowError::NotFound);
    }
    if !dossier.may_see_document_number(actor) {
        return Err(Forbidden::NotYourStage.into());
    }
    if !lifecycle::is_side(&dossier, actor) {
        transition::record(tx, &mut dossier.case, Action::ViewDocument, Facts::default(), actor, now)?;
    }
    let document = dossier.case.form.travel_document;
    Ok(DocumentShown { number: document.number, mrz: document.mrz })
}
