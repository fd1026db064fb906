//! Many cases at once, for storms: brought to the last stage by use cases, some in one transaction.

use corridor::{
    domain::{actor::Role, evidence::MediaType},
    web::form_input,
    workflow::{
        WorkflowError,
        act::{Act, act},
        add_evidence::{self, Uploaded},
        create,
        dossier::Target,
    },
};

use super::{Batch, Case, PAPERS, World, cases::STAGES};

/// Cases that share a transaction.
const TOGETHER: usize = 25;

impl World {
    /// So many cases that want the last endorsement.
    pub async fn crowd_at_the_last_stage(&self, batch: &Batch, count: usize) -> Vec<Case> {
        let number = self.next_number();
        let email = |name: &str| format!("{name}-{number}@crowd.example");
        let sponsor = self.person(&email("sponsor"), &[Role::Sponsor], Some("steppe")).await.actor;
        let officers = [
            self.officer(&email("nomination"), "cn-mofcom").await.actor,
            self.officer(&email("health"), "kz-moh").await.actor,
        ];
        let forms: Vec<_> = (0..count).map(|index| self.form(batch, &format!("Guest{index}"))).collect();
        let mut cases = Vec::new();
        for forms in forms.chunks(TOGETHER) {
            let (sponsor, officers, forms, now) =
                (sponsor.clone(), officers.clone(), forms.to_vec(), self.now());
            let made: Result<Vec<_>, WorkflowError> = self
                .db()
                .write(move |tx| {
                    let mut ids = Vec::new();
                    for form in &forms {
                        let draft = form_input::read_new(form, "en");
                        let id = create::create(tx, &sponsor, &draft, now)?.case.id;
                        let target = Target { case: id, seen_version: None };
                        for kind in PAPERS {
                            add_evidence::add_evidence(tx, &sponsor, target, &paper(kind), now)?;
                        }
                        act(tx, &sponsor, target, Act::Submit, now)?;
                        for officer in &officers {
                            act(tx, officer, target, Act::Endorse { note: None }, now)?;
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

/// A paper whose file nobody will read.
pub fn paper(kind: &str) -> Uploaded {
    Uploaded {
        kind: kind.to_owned(),
        file_name: "paper.pdf".to_owned(),
        media_type: MediaType::Pdf,
        bytes: 1,
        sha256: vec![0; 32],
        storage_name: corridor::chance::token(),
    }
}
