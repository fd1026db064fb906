//! Every operation on a case, run in a transaction that is rolled back.

use corridor::{
    domain::{
        evidence::MediaType,
        ids::{ApplicationId, EvidenceId},
    },
    keyring::ChunkSealer,
    random,
    store::{StoreError, Transient, Tx},
    web::{actions, form_input},
    workflow::{
        WorkflowError,
        add_evidence::{AddEvidence, Uploaded},
        case_command::{CaseAction, CaseCommand},
        entrance::Context,
        history::{Position, ShowHistory},
        read_evidence::ReadEvidence,
        remove_evidence::RemoveEvidence,
        show_case::ShowCase,
        subject::SeenCase,
        view_document::ShowDocument,
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{Case, Person, World};

/// An operation on a case.
#[derive(Clone)]
pub enum CaseOperation {
    See,
    ReadHistory,
    ReadEvidence(EvidenceId),
    ViewDocument,
    Edit,
    AddEvidence,
    RemoveEvidence(EvidenceId),
    Act(CaseAction),
}

impl CaseOperation {
    /// Every operation with its name, for a case with this document and this finding.
    pub fn all(evidence: &str, finding: Option<&str>, officer: &Person) -> Vec<(&'static str, Self)> {
        let evidence: EvidenceId = evidence.parse().unwrap();
        let mut operations = vec![
            ("see", Self::See),
            ("read_history", Self::ReadHistory),
            ("read_evidence", Self::ReadEvidence(evidence)),
            ("view_document", Self::ViewDocument),
            ("edit", Self::Edit),
            ("add_evidence", Self::AddEvidence),
            ("remove_evidence", Self::RemoveEvidence(evidence)),
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
            ("note", json!({ "note": "Telephoned the employer." })),
            ("refuse", json!({ "grounds": ["security"], "message": "No." })),
            ("withdraw", json!({})),
            ("surrender", json!({})),
            ("revoke", json!({ "grounds": ["security"], "message": "No." })),
        ] {
            let mut body: Value = more;
            body["action"] = json!(name);
            operations.push((name, Self::Act(actions::read(&body).unwrap())));
        }
        operations
    }

    fn run(&self, ctx: &mut Context<'_, '_>, id: ApplicationId) -> Result<(), WorkflowError> {
        let case = SeenCase::any_version(id);
        match self {
            Self::See => ctx.query(&ShowCase { case: id }).map(drop),
            Self::ReadHistory => {
                ctx.query(&ShowHistory { case: id, after: Position::BEGINNING, at_most: 10 }).map(drop)
            }
            Self::ReadEvidence(evidence) => {
                ctx.query_recorded(&ReadEvidence { case: id, evidence: *evidence }).map(drop)
            }
            Self::ViewDocument => ctx.query_recorded(&ShowDocument { case: id }).map(drop),
            Self::Edit => {
                let promotion = form_input::read_change(&json!({ "employment": { "position": "Director" } }));
                ctx.execute(&promotion.on(case)).map(drop)
            }
            Self::AddEvidence => ctx.execute(&AddEvidence { file: other_document() }.on(case)).map(drop),
            Self::RemoveEvidence(evidence) => {
                ctx.execute(&RemoveEvidence { evidence: *evidence }.on(case)).map(drop)
            }
            Self::Act(action) => ctx.execute(&action.clone().on(case)).map(drop),
        }
    }
}

fn other_document() -> Uploaded {
    Uploaded {
        kind: "other".into(),
        file_name: "document.pdf".into(),
        media_type: MediaType::Pdf,
        bytes: 1,
        sha256: vec![0; 32],
        storage_name: random::id().simple().to_string(),
        key: ChunkSealer::new().unwrap().1,
        add_before: Timestamp::MAX,
    }
}

/// The result of a person's operation: `yes`, `unseen` (the case is hidden from the person), or the reason of the
/// refusal.
pub async fn outcome(world: &World, person: &Person, case: &Case, operation: CaseOperation) -> String {
    let id = case.id();
    outcome_of(world, person, move |ctx| operation.run(ctx, id)).await
}

/// The same for any use case.
pub async fn outcome_of(
    world: &World,
    person: &Person,
    operation: impl Fn(&mut Context<'_, '_>) -> Result<(), WorkflowError> + Send + 'static,
) -> String {
    let (actor, now) = (person.actor.clone(), world.now());
    let work = move |tx: &mut Tx<'_>| Err(RolledBack(operation(&mut Context::new(tx, &actor, now))));
    let result: Result<(), RolledBack> = world.db().write(work).await;
    match result.unwrap_err().0 {
        Ok(()) => "yes".into(),
        Err(WorkflowError::NotFound) => "unseen".into(),
        Err(WorkflowError::Forbidden(because)) => because.to_string(),
        Err(WorkflowError::Conflict(because)) => format!("({because})"),
        Err(WorkflowError::ActionNotAllowed { .. }) => "(action_not_allowed)".into(),
        Err(other) => panic!("{other:?}"),
    }
}

/// The result of an operation. It is an error, so that the transaction is rolled back.
#[derive(Debug)]
struct RolledBack(Result<(), WorkflowError>);

impl From<StoreError> for RolledBack {
    fn from(error: StoreError) -> Self {
        Self(Err(error.into()))
    }
}

impl Transient for RolledBack {
    fn is_transient(&self) -> bool {
        matches!(&self.0, Err(error) if error.is_transient())
    }
}
