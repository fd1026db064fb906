//! Show the full number of the travel document. Every view by somebody who is not on the case's own side is recorded.

use uuid::Uuid;

use crate::{
    domain::{access::Access, ids::ApplicationId, policy::Operation},
    workflow::{Result, access::RecordedQuery, entrance::Context, subject::Permitted},
};

/// The full number and the machine-readable zone.
#[derive(Clone, Debug)]
pub struct DocumentShown {
    /// The number.
    pub number: Option<String>,
    /// The zone, if it was given.
    pub mrz: Option<String>,
}

/// Shows the number to an officer who works on the case. The case's own people see it in their form.
#[derive(Clone, Copy, Debug)]
pub struct ShowDocument {
    /// The case.
    pub case: ApplicationId,
}

impl RecordedQuery for ShowDocument {
    type Output = DocumentShown;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowDocument, self.case)
    }

    fn access(&self) -> (Access, Uuid) {
        (Access::Document, self.case.0)
    }

    fn run(&self, _: &mut Context<'_, '_>, on: Permitted<ApplicationId>) -> Result<DocumentShown> {
        let document = on.into_inner().case.form.travel_document.clone();
        Ok(DocumentShown { number: document.number, mrz: document.mrz })
    }
}
