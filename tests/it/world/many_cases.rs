//! Many cases at once, for load tests: use cases bring them to the last stage, several in one transaction.

use corridor::{
    domain::evidence::MediaType,
    keyring::ChunkSealer,
    web::form_input,
    workflow::{
        WorkflowError,
        add_evidence::{AddEvidence, Uploaded},
        case_command::CaseCommand,
        endorse::Endorse,
        entrance::Context,
        subject::SeenCase,
        submit::Submit,
    },
};
use jiff::Timestamp;

use super::{Batch, Case, REQUIRED_EVIDENCE, World, cases::STAGES};

/// Cases per transaction.
const CASES_PER_TRANSACTION: usize = 25;

impl World {
    /// Cases that need only the last endorsement.
    pub async fn cases_at_the_last_stage(&self, batch: &Batch, count: usize) -> Vec<Case> {
        self.has_made_up_files.set(true);
        let number = self.next_number();
        let email = |name: &str| format!("{name}-{number}@load.example");
        let sponsor = self.actor_of(&self.sponsor).await;
        let officers = [
            self.officer(&email("nomination"), "cn-mofcom").await.actor,
            self.officer(&email("health"), "kz-moh").await.actor,
        ];
        let forms: Vec<_> = (0..count).map(|index| self.form(batch, &format!("Guest{index}"))).collect();
        let mut cases = Vec::new();
        for forms in forms.chunks(CASES_PER_TRANSACTION) {
            let (sponsor, officers, forms, now) =
                (sponsor.clone(), officers.clone(), forms.to_vec(), self.now());
            let made: Result<Vec<_>, WorkflowError> = self
                .db()
                .write(move |tx| {
                    let mut ids = Vec::new();
                    for form in &forms {
                        let new = form_input::read_new(form, "en");
                        let mut own = Context::new(tx, &sponsor, now);
                        let id = own.execute(&new)?.case.id;
                        let case = SeenCase::any_version(id);
                        for kind in REQUIRED_EVIDENCE {
                            own.execute(&AddEvidence { file: uploaded(kind) }.on(case))?;
                        }
                        own.execute(&Submit.on(case))?;
                        for officer in &officers {
                            Context::new(tx, officer, now).execute(&Endorse::default().on(case))?;
                        }
                        ids.push(id);
                    }
                    Ok(ids)
                })
                .await;
            cases.extend(made.unwrap().into_iter().map(|id| self.sponsored_case(id)));
        }
        assert_eq!(STAGES.len(), officers.len() + 1);
        cases
    }
}

/// An uploaded document whose file does not exist.
pub fn uploaded(kind: &str) -> Uploaded {
    Uploaded {
        kind: kind.to_owned(),
        file_name: "document.pdf".to_owned(),
        media_type: MediaType::Pdf,
        bytes: 1,
        sha256: vec![0; 32],
        storage_name: corridor::random::token(),
        key: ChunkSealer::new().unwrap().1,
        add_before: Timestamp::MAX,
    }
}
