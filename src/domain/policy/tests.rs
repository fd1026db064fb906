//! The grids: for each lifecycle every state, every action, every party. What changes in them is reviewed as a diff.

use std::sync::{Arc, LazyLock};

use super::*;
use crate::domain::{
    actor::{Identity, Membership, OrganisationKind},
    authorization::Authorization,
    batch::{HoldAt, OnFull, Ordering, Terms},
    case::{Case, SponsorRef},
    ids::{AccountId, ApplicationId, BatchId, ClientId, JobId, OrganisationId},
    job::{Creator, JobState},
    programme::Programme,
    quota::Place,
    review::{Endorsement, Review},
    sponsorship::{RequestState, SponsorshipRequest},
};
use jiff::civil::date;
use uuid::Uuid;

static CN_KZ: LazyLock<Arc<Programme>> =
    LazyLock::new(|| Arc::new(toml::from_str(include_str!("../../../programmes/cn-kz.toml")).unwrap()));

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const APPLICANT: AccountId = AccountId(id(1));
const SPONSOR: OrganisationId = OrganisationId(id(100));
const ASKED: OrganisationId = OrganisationId(id(103));

/// A case from China to Kazakhstan with a sponsor, before the health authority where a state has a stage. While its
/// form can change, another sponsor is asked.
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
        form: Arc::default(),
        form_digest: Vec::new(),
        has_old_seal: false,
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
    let mut review = Review::of([]);
    review.endorse(Endorsement { stage: "nomination".into(), by: id(10) });
    let authorization = (state == State::Approved).then(|| authorization(AuthorizationState::Valid));
    Dossier {
        case,
        programme: Arc::clone(&CN_KZ),
        review,
        findings: Vec::new(),
        sponsorship: State::WRITABLE.contains(&state).then(|| SponsorshipRequest {
            sponsor: SponsorRef { id: ASKED, code: "tianshan".into(), name: "Tianshan".into() },
            state: RequestState::Requested,
        }),
        authorization,
    }
}

fn authorization(state: AuthorizationState) -> Authorization {
    Authorization {
        number: "CN-KZ-A000-0000".into(),
        application: ApplicationId(id(2)),
        state,
        valid_from: date(2026, 4, 1),
        valid_until: date(2026, 6, 30),
        issued_at: "2026-03-02T08:00:00Z".parse().unwrap(),
        ended_at: None,
        entered_on: None,
        exited_on: None,
        version: 1,
        event_seq: 1,
        event_hash: Vec::new(),
    }
}

/// A batch of the programme of China and Kazakhstan.
fn batch(state: BatchState) -> Batch {
    let terms = Terms {
        name: "Batch 1".into(),
        capacity: 10,
        limits: Vec::new(),
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: Ordering::FirstCome,
        opens_at: None,
        closes_at: None,
        travel_from: date(2026, 4, 1),
        travel_until: date(2026, 6, 30),
    };
    Batch { state, ..Batch::planned(BatchId(id(3)), "cn-kz".into(), terms) }
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
        ("a representative of a sponsor that is asked", member(7, Role::Sponsor, (103, "tianshan", Sponsor))),
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

/// A grid: for everybody, each action in each state.
fn grid<S: Lifecycle>(
    states: &[S],
    actions: &[S::Action],
    permit: impl Fn(S::Action, &Actor, S) -> Result<Permission, Denied>,
) -> String {
    let mut grid = String::from("+ may   . nobody may in this state   - may not\n");
    for (who, actor) in everybody() {
        grid.push_str(&format!("\n{who}\n"));
        for action in actions {
            let cell = |state: &S| match permit(*action, &actor, *state) {
                Ok(permission) => {
                    assert_eq!(
                        permission.operation().as_str().split('_').next(),
                        action.to_string().split('_').next()
                    );
                    '+'
                }
                Err(Denied::State) => '.',
                Err(Denied::Hidden | Denied::Forbidden(_)) => '-',
            };
            let cells: String = states.iter().map(cell).collect();
            let may = states.iter().zip(cells.chars()).filter(|(_, cell)| *cell == '+');
            let states: Vec<String> = may.map(|(state, _)| state.to_string()).collect();
            grid.push_str(format!("  {:20} {cells}  {}", action.to_string(), states.join(", ")).trim_end());
            grid.push('\n');
        }
    }
    grid
}

fn act(action: Action, actor: &Actor, dossier: &Dossier) -> Result<Permission, Denied> {
    permit(Operation::Act(action), actor, Subject::Case(dossier))
}

#[test]
fn the_whole_grid() {
    let actions: Vec<Action> = Action::ALL
        .iter()
        .copied()
        .filter(|action| is_of::<State>(*action) || is_of::<AuthorizationState>(*action))
        .collect();
    let grid = grid(State::ALL, &actions, |action, actor, state| act(action, actor, &dossier(state)));
    insta::assert_snapshot!(grid);
}

#[test]
fn the_grid_of_authorizations() {
    let actions: Vec<Action> =
        Action::ALL.iter().copied().filter(|action| is_of::<AuthorizationState>(*action)).collect();
    let grid = grid(AuthorizationState::ALL, &actions, |action, actor, state| {
        let dossier =
            Dossier { authorization: Some(authorization(state)), ..dossier(State::following(state)) };
        act(action, actor, &dossier)
    });
    insta::assert_snapshot!(grid);
}

#[test]
fn the_grid_of_batches() {
    let grid = grid(BatchState::ALL, BatchAction::ALL, |action, actor, state| {
        permit(Operation::Batch(action), actor, Subject::Batch(&batch(state), &CN_KZ))
    });
    insta::assert_snapshot!(grid);
}

/// What an operation is tried on.
fn subjects_of(operation: Operation) -> &'static [Tried] {
    use Tried::{Case, Everything, Programme};
    match operation {
        Operation::ShowCase
        | Operation::ShowHistory
        | Operation::ShowMessages
        | Operation::ShowDocument
        | Operation::ShowEvidence
        | Operation::CheckDraft => &[Case(State::Draft), Case(State::InReview), Case(State::Approved)],
        Operation::ShowBatch
        | Operation::ShowBallot
        | Operation::ShowLedger
        | Operation::ShowSponsorLimits => {
            &[Tried::Batch(BatchState::Planned), Tried::Batch(BatchState::Open)]
        }
        Operation::ShowProgramme => &[Programme],
        Operation::ShowJob => &[Tried::Job],
        _ => &[Everything],
    }
}

#[derive(Clone, Copy, Debug)]
enum Tried {
    Everything,
    Programme,
    Case(State),
    Batch(BatchState),
    /// That a batch manager of the health authority has caused.
    Job,
}

impl Tried {
    fn permit(self, operation: Operation, actor: &Actor) -> Result<Permission, Denied> {
        match self {
            Self::Everything => permit(operation, actor, Subject::Installation),
            Self::Programme => permit(operation, actor, Subject::Programme(&CN_KZ)),
            Self::Case(state) => {
                let mut dossier = dossier(state);
                dossier.case.submitted_at = dossier.case.submitted_at.filter(|_| state != State::Draft);
                permit(operation, actor, Subject::Case(&dossier))
            }
            Self::Batch(state) => permit(operation, actor, Subject::Batch(&batch(state), &CN_KZ)),
            Self::Job => permit(operation, actor, Subject::Job(&job())),
        }
    }
}

fn job() -> Job {
    Job {
        id: JobId(id(60)),
        kind: "draw".into(),
        subject: None,
        creator: Creator {
            kind: "account".into(),
            id: Some(id(61)),
            organisation: Some(OrganisationId(id(200))),
        },
        state: JobState::Running,
        done: 1,
        total: None,
        cursor: None,
        last_error: None,
        created_at: "2026-03-02T08:00:00Z".parse().unwrap(),
        started_at: None,
        finished_at: None,
    }
}

#[test]
fn the_grid_of_everything_else() {
    let mut grid = String::from("Who may do what is no action of a lifecycle, and what it is tried on.\n");
    for operation in Operation::OTHERS.iter().copied() {
        for tried in subjects_of(operation) {
            let may = |(_, actor): &&(&str, Actor)| tried.permit(operation, actor).is_ok();
            let everybody = everybody();
            let who: Vec<&str> = everybody.iter().filter(may).map(|(who, _)| *who).collect();
            let who = match who.len() {
                0 => "nobody".to_owned(),
                many if many == everybody.len() => "everybody".to_owned(),
                _ => who.join(", "),
            };
            grid.push_str(&format!("\n{operation:?} on {tried:?}\n    {who}\n"));
        }
    }
    insta::assert_snapshot!(grid);
}

#[test]
fn what_is_offered_is_allowed() {
    for state in State::ALL {
        for (who, actor) in everybody() {
            for action in available_actions(&dossier(*state), &actor) {
                assert!(act(action, &actor, &dossier(*state)).is_ok(), "{who}: {action} in {state}");
            }
        }
    }
}

#[test]
fn what_is_allowed_and_has_a_use_is_offered() {
    for state in State::ALL {
        for (who, actor) in everybody() {
            let dossier = dossier(*state);
            let of_tables =
                Action::ALL.iter().filter(|a| is_of::<State>(**a) || is_of::<AuthorizationState>(**a));
            let mut allowed: Vec<Action> =
                of_tables.copied().filter(|action| act(*action, &actor, &dossier).is_ok()).collect();
            // What begins a history is done to nothing that there is.
            allowed.retain(|action| !matches!(action, Action::Create | Action::Issue | Action::Found));
            allowed.retain(|action| is_offered(&dossier, &actor, *action));
            let mut offered = available_actions(&dossier, &actor);
            offered.sort();
            assert_eq!(offered, allowed, "{who} in {state}");
        }
    }
}
