//! Everything that somebody can want of a case, tried in a transaction that is never kept.

use corridor::{
    chance,
    domain::{
        actor::Actor,
        evidence::MediaType,
        ids::{ApplicationId, EvidenceId},
    },
    store::{StoreError, Transient, Tx},
    web::{actions, form_input},
    workflow::{
        WorkflowError,
        act::{self, Act},
        add_evidence::{self, Uploaded},
        dossier::Target,
        edit, history, read_evidence, remove_evidence, show_case, view_document,
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{Case, Person, World};

/// One wish.
#[derive(Clone)]
pub enum Deed {
    See,
    ReadHistory,
    ReadPaper(EvidenceId),
    ViewDocument,
    Edit,
    AddPaper,
    RemovePaper(EvidenceId),
    Act(Act),
}

impl Deed {
    /// Every wish there is, by its name, fit for a case with this paper and this finding.
    pub fn all(paper: &str, finding: Option<&str>, officer: &Person) -> Vec<(&'static str, Self)> {
        let paper: EvidenceId = paper.parse().unwrap();
        let mut deeds = vec![
            ("see", Self::See),
            ("read_history", Self::ReadHistory),
            ("read_paper", Self::ReadPaper(paper)),
            ("view_document", Self::ViewDocument),
            ("edit", Self::Edit),
            ("add_evidence", Self::AddPaper),
            ("remove_evidence", Self::RemovePaper(paper)),
        ];
        let finding = finding.unwrap_or("01890000-0000-7000-8000-000000000000");
        for (name, more) in [
            ("submit", json!({})),
            ("claim", json!({})),
            ("unclaim", json!({})),
            ("assign", json!({ "assignee": officer.id.0 })),
            ("endorse", json!({})),
            ("request_information", json!({ "questions": ["Why?"] })),
            ("respond", json!({ "answers": ["Because."] })),
            ("resolve_finding", json!({ "finding": finding, "note": "Seen." })),
            ("refuse", json!({ "grounds": ["security"], "message": "No." })),
            ("withdraw", json!({})),
            ("surrender", json!({})),
            ("revoke", json!({ "grounds": ["security"], "message": "No." })),
        ] {
            let mut wish: Value = more;
            wish["action"] = json!(name);
            deeds.push((name, Self::Act(actions::read(&wish).unwrap())));
        }
        deeds
    }

    fn try_out(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        case: ApplicationId,
        now: Timestamp,
    ) -> Result<(), WorkflowError> {
        let target = Target { case, seen_version: None };
        match self {
            Self::See => show_case::show_case(tx, actor, case).map(drop),
            Self::ReadHistory => history::history(tx, actor, case, 0, 10).map(drop),
            Self::ReadPaper(paper) => read_evidence::read_evidence(tx, actor, case, *paper).map(drop),
            Self::ViewDocument => view_document::view_document(tx, actor, case, now).map(drop),
            Self::Edit => {
                let promotion = form_input::read_change(&json!({ "employment": { "position": "Director" } }));
                edit::edit(tx, actor, target, &promotion, now).map(drop)
            }
            Self::AddPaper => add_evidence::add_evidence(tx, actor, target, &another_paper(), now).map(drop),
            Self::RemovePaper(paper) => {
                remove_evidence::remove_evidence(tx, actor, target, *paper, now).map(drop)
            }
            Self::Act(wish) => act::act(tx, actor, target, wish.clone(), now).map(drop),
        }
    }
}

fn another_paper() -> Uploaded {
    Uploaded {
        kind: "other".into(),
        file_name: "paper.pdf".into(),
        media_type: MediaType::Pdf,
        bytes: 1,
        sha256: vec![0; 32],
        storage_name: chance::fresh_id().simple().to_string(),
    }
}

/// What would come of a person's wish: `yes`, `unseen` (the person may not know of it), or the reason why not.
pub async fn outcome(world: &World, person: &Person, case: &Case, deed: Deed) -> String {
    let (actor, id) = (person.actor.clone(), case.id());
    let now = world.now();
    tried(world, move |tx| deed.try_out(tx, &actor, id, now)).await
}

/// The same of any use case.
pub async fn tried(
    world: &World,
    wish: impl Fn(&mut Tx<'_>) -> Result<(), WorkflowError> + Send + 'static,
) -> String {
    let result: Result<(), Undone> = world.db().write(move |tx| Err(Undone(wish(tx)))).await;
    match result.unwrap_err().0 {
        Ok(()) => "yes".into(),
        Err(WorkflowError::NotFound) => "unseen".into(),
        Err(WorkflowError::Forbidden(because)) => because.to_string(),
        Err(WorkflowError::Conflict(because)) => format!("({because})"),
        Err(WorkflowError::ActionNotAllowed { .. }) => "(action_not_allowed)".into(),
        Err(other) => panic!("{other:?}"),
    }
}

/// What came of a wish whose transaction is rolled back.
#[derive(Debug)]
struct Undone(Result<(), WorkflowError>);

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self(Err(error.into()))
    }
}

impl Transient for Undone {
    fn is_transient(&self) -> bool {
        matches!(&self.0, Err(error) if error.is_transient())
    }
}
