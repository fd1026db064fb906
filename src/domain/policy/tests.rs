//! The whole grid: every state, every action, every party. What changes in it is reviewed as a diff.

use std::sync::{Arc, LazyLock};

use super::*;
use crate::domain::{
    actor::{Identity, Membership, OrganisationKind},
    case::{Case, Endorsement, SponsorRef},
    form::Form,
    ids::{AccountId, ApplicationId, BatchId, ClientId, OrganisationId},
    programme::Programme,
    quota::Place,
};
use uuid::Uuid;

static CN_KZ: LazyLock<Arc<Programme>> =
    LazyLock::new(|| Arc::new(toml::from_str(include_str!("../../../programmes/cn-kz.toml")).unwrap()));

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const APPLICANT: AccountId = AccountId(id(1));
const SPONSOR: OrganisationId = OrganisationId(id(100));

/// A case from China to Kazakhstan with a sponsor, before the health authority where a state has a stage.
fn dossier(state: State) -> Dossier {
    let at: jiff::Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    let has_stage = matches!(state, State::InReview | State::InformationRequested);
    let case = Case {
        id: ApplicationId(id(2)),
        reference: "CN-KZ-0000-0000".into(),
        programme: "cn-kz".into(),
        programme_version: 1,
        batch: BatchId(id(3)),
        direction: "CN-KZ".into(),
        category: "technical".into(),
        state,
        stage: has_stage.then(|| "health".to_owned()),
        assignee: None,
        applicant: Some(APPLICANT),
        sponsor: Some(SponsorRef { id: SPONSOR, code: "steppe".into(), name: "Steppe".into() }),
        creator: APPLICANT.0,
        creator_organisation: None,
        language: "en".into(),
        form: Form::default(),
        place: Place::None,
        rank: 0,
        lot: None,
        version: 1,
        event_seq: 1,
        event_hash: Vec::new(),
        created_at: at,
        updated_at: at,
        submitted_at: Some(at),
        due_at: None,
        decided_at: None,
    };
    let endorsements = vec![Endorsement { stage: "nomination".into(), by: id(10) }];
    Dossier { case, programme: Arc::clone(&CN_KZ), endorsements, findings: Vec::new(), has_entered: false }
}

fn member(number: u128, role: Role, organisation: (u128, &str, OrganisationKind)) -> Actor {
    let (of, code, kind) = organisation;
    Actor {
        identity: Identity::Account(AccountId(id(number))),
        organisation: Some(Membership {
            id: OrganisationId(id(of)),
            code: code.to_owned(),
            kind,
            territory: None,
        }),
        roles: vec![role],
        scopes: Vec::new(),
    }
}

fn alone(number: u128, role: Role) -> Actor {
    let identity = Identity::Account(AccountId(id(number)));
    Actor { identity, organisation: None, roles: vec![role], scopes: Vec::new() }
}

/// Everybody, with what they are to the case.
fn everybody() -> Vec<(&'static str, Actor)> {
    use OrganisationKind::{Authority, Sponsor, Verifier};
    let health = (200, "kz-moh", Authority);
    let program = |scopes: Vec<Scope>| {
        let own = member(30, Role::Officer, health).organisation.unwrap();
        Actor::client(ClientId(id(30)), own, scopes)
    };
    vec![
        ("the applicant", alone(1, Role::Applicant)),
        ("another applicant", alone(4, Role::Applicant)),
        ("a representative of the sponsor", member(5, Role::Sponsor, (100, "steppe", Sponsor))),
        ("a representative of another sponsor", member(6, Role::Sponsor, (101, "altai", Sponsor))),
        ("an officer of the stage's authority", member(11, Role::Officer, health)),
        ("an officer there who endorsed an earlier stage", member(10, Role::Officer, health)),
        ("an officer there who applies for this very case", {
            let roles = vec![Role::Officer, Role::Applicant];
            Actor { roles, ..member(1, Role::Officer, health) }
        }),
        ("an officer of the deciding authority", member(12, Role::Officer, (201, "kz-mfa", Authority))),
        ("an officer of the other direction", member(13, Role::Officer, (202, "cn-nhc", Authority))),
        ("a supervisor of the stage's authority", member(14, Role::Supervisor, health)),
        ("a supervisor of the deciding authority", member(15, Role::Supervisor, (201, "kz-mfa", Authority))),
        ("a batch manager", member(16, Role::BatchManager, health)),
        ("an auditor", alone(17, Role::Auditor)),
        ("an administrator", alone(18, Role::Administrator)),
        ("a verifier", member(19, Role::Verifier, (203, "khorgos", Verifier))),
        ("a program of the stage's authority that may review", program(vec![Scope::ReviewsWrite])),
        ("a program of the stage's authority that may read", program(vec![Scope::ApplicationsRead])),
        ("the clock", Actor::system()),
    ]
}

#[test]
fn the_whole_grid() {
    let mut grid = String::from("+ may   . nobody may in this state   - may not\n");
    for (who, actor) in everybody() {
        grid.push_str(&format!("\n{who}\n"));
        for action in
            Action::ALL.iter().filter(|action| lifecycle::TABLE.iter().any(|row| row.action == **action))
        {
            let cell = |state: &State| match permit_action(*action, &actor, &dossier(*state)) {
                Ok(permission) => {
                    assert_eq!(permission.action(), Some(*action));
                    '+'
                }
                Err(Denied::State) => '.',
                Err(Denied::Hidden | Denied::Forbidden(_)) => '-',
            };
            let cells: String = State::ALL.iter().map(cell).collect();
            let may = State::ALL.iter().zip(cells.chars()).filter(|(_, cell)| *cell == '+');
            let states: Vec<&str> = may.map(|(state, _)| state.as_str()).collect();
            grid.push_str(format!("  {:20} {cells}  {}", action.as_str(), states.join(", ")).trim_end());
            grid.push('\n');
        }
    }
    insta::assert_snapshot!(grid);
}

#[test]
fn what_is_offered_is_allowed() {
    for state in State::ALL {
        for (who, actor) in everybody() {
            for action in available_actions(&dossier(*state), &actor) {
                assert!(
                    permit_action(action, &actor, &dossier(*state)).is_ok(),
                    "{who}: {action} in {state}"
                );
            }
        }
    }
}
