//! Who may do what: every command and query, and the parties that may. This is the only place that answers it; pages,
//! API, command line and scheduler ask through `workflow/entrance.rs`.
//!
//! The tables of the lifecycles list the actions on a case, an authorization or a batch, with the parties. The table
//! `operations!` lists everything else. To add a command or query: a line in the table `operations!`.

use super::{
    actor::{Actor, Identity, Role, Scope},
    batch::Batch,
    case::Dossier,
    ids::AccountId,
    job::{Job, JobSight},
    lifecycle::{Action, AnyRow, AuthorizationState, BatchAction, BatchState, Lifecycle, Row, State},
    party::Party,
    programme::Programme,
    refusal::Forbidden,
};

mod parties;
mod sight;

use parties::{acts_as, could_be, is_party};
pub use parties::{is_asked, is_officer_here, is_side};
pub use sight::{Sight, asked_sight, own_sight, reads, sights};

/// Nobody locks their own account or changes its roles.
pub fn refuse_own_account(actor: &Actor, account: AccountId) -> Result<(), Forbidden> {
    if actor.account() == Some(account) { Err(Forbidden::OwnAccount) } else { Ok(()) }
}

/// The parties that may, and the scopes of which a program needs one. Without scopes it needs none.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Any of these.
    pub who: &'static [Party],
    /// Any of these.
    pub scopes: &'static [Scope],
}

macro_rules! operations {
    ($($variant:ident = $name:literal, $who:expr, $scopes:expr;)+) => {
        /// A command or a query.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each variant is the use case of the same name in `workflow/`")]
        pub enum Operation {
            /// An action on a case or its authorization.
            Act(Action),
            /// An action on a batch.
            Batch(BatchAction),
            $($variant),+
        }

        impl Operation {
            /// Every operation that is no action of a lifecycle.
            pub const OTHERS: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in logs and metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Act(action) => action.as_str(),
                    Self::Batch(action) => name_of(action),
                    $(Self::$variant => $name),+
                }
            }
        }

        /// The table of everything that is no action of a lifecycle.
        const fn rule(operation: Operation) -> Rule {
            use Party::*; use Scope::*;
            const READ_CASES: &[Scope] = &[ApplicationsRead, ApplicationsWrite, ReviewsWrite, AuditRead];
            const NO_SCOPE: &[Scope] = &[];
            const PLAN_BATCHES: &[Scope] = &[BatchesWrite];
            const AUDIT: &[Scope] = &[AuditRead];
            match operation {
                // In a lifecycle each row says who may, and each party which scope it needs.
                Operation::Act(Action::Create) => Rule { who: &[], scopes: &[ApplicationsWrite] },
                Operation::Act(_) => Rule { who: &[], scopes: NO_SCOPE },
                Operation::Batch(_) => Rule { who: &[], scopes: &[BatchesWrite] },
                $(Operation::$variant => Rule { who: &$who, scopes: $scopes }),+
            }
        }
    };
}

operations! {
    //                     name                   any of these                                   any of these scopes
    // The sponsor that is asked sees little of it (`Sight::Asked`).
    ShowCase           = "show_case",           [Reader, AskedSponsor],                          READ_CASES;
    // A listing shows what `sights` lets the actor see, which may be nothing.
    ListCases          = "list_cases",          [SignedIn],                                      READ_CASES;
    // The console's listing.
    ShowQueue          = "show_queue",          [Reviewer, Auditor],                             READ_CASES;
    ShowHistory        = "show_history",        [Reader],                                        READ_CASES;
    // Which messages about the case were sent, and which could not be delivered.
    ShowMessages       = "show_messages",       [Reader],                                        READ_CASES;
    // The number and the machine-readable zone in full.
    ShowDocument       = "show_document",       [Side, OfficerHere],                             READ_CASES;
    ShowEvidence       = "show_evidence",       [Side, ReviewingOfficer, ReviewingSupervisor, Auditor], READ_CASES;
    CheckDraft         = "check_draft",         [Side],                                          READ_CASES;
    ListBatches        = "list_batches",        [Anyone],                                        NO_SCOPE;
    PlanBatches        = "plan_batches",        [AnyBatchManager],                               PLAN_BATCHES;
    // Only `sees_planned_batches` shows a planned batch.
    ShowBatch          = "show_batch",          [Anyone],                                        NO_SCOPE;
    // The others see only the limits of directions, categories and their own.
    ShowSponsorLimits  = "show_sponsor_limits", [Auditor, ProgrammeAuthority, BatchManager, Administrator], NO_SCOPE;
    ShowLedger         = "show_ledger",         [Auditor, ProgrammeAuthority],                   NO_SCOPE;
    ShowBallot         = "show_ballot",         [Anyone],                                        NO_SCOPE;
    ListProgrammes     = "list_programmes",     [Anyone],                                        NO_SCOPE;
    ShowProgramme      = "show_programme",      [Anyone],                                        NO_SCOPE;
    ApplyProgramme     = "apply_programme",     [Administrator],                                 NO_SCOPE;
    ListAccounts       = "list_accounts",       [Administrator],                                 NO_SCOPE;
    ListOrganisations  = "list_organisations",  [Administrator],                                 NO_SCOPE;
    ListOfficers       = "list_officers",       [SupervisorOfAnAuthority],                       NO_SCOPE;
    CreateAccount      = "create_account",      [Administrator],                                 NO_SCOPE;
    CreateOrganisation = "create_organisation", [Administrator],                                 NO_SCOPE;
    CreateClient       = "create_client",       [Administrator],                                 NO_SCOPE;
    ListClients        = "list_clients",        [Administrator],                                 NO_SCOPE;
    DisableClient      = "disable_client",      [Administrator],                                 NO_SCOPE;
    RotateClient       = "rotate_client",       [Administrator],                                 NO_SCOPE;
    DisableAccount     = "disable_account",     [Administrator],                                 NO_SCOPE;
    // Roles and organisation.
    ChangeRoles        = "change_roles",        [Administrator],                                 NO_SCOPE;
    ChangeAccount      = "change_account",      [AccountHolder],                                 NO_SCOPE;
    // For these, a password, a link, a session or a secret proves who acts.
    SignIn             = "sign_in",             [Anyone],                                        NO_SCOPE;
    // A listing shows what `JobSight` lets the actor see, which may be nothing.
    ListJobs           = "list_jobs",           [SignedIn],                                      NO_SCOPE;
    ShowJob            = "show_job",            [SignedIn],                                      NO_SCOPE;
    // A listing shows what `JournalSight` lets the actor see.
    ListJournal        = "list_journal",        [Auditor, Administrator],                        AUDIT;
    ListMessages       = "list_messages",       [Administrator],                                 NO_SCOPE;
    ResendMessage      = "resend_message",      [Administrator],                                 NO_SCOPE;
    // The scheduler reports the late ones.
    ListDuties         = "list_duties",         [Administrator, System],                         NO_SCOPE;
    Maintain           = "maintain",            [System],                                        NO_SCOPE;
}

const fn name_of(action: BatchAction) -> &'static str {
    match action {
        BatchAction::Create => "create_batch",
        BatchAction::Change => "change_batch",
        BatchAction::Open => "open_batch",
        BatchAction::Close => "close_batch",
        BatchAction::Draw => "draw_batch",
        BatchAction::End => "end_batch",
        BatchAction::Found => "found_batch",
        BatchAction::CloseHistory => "close_history_of_batch",
    }
}

/// What a command or query is about, as far as rights depend on it.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The installation as a whole.
    Installation,
    /// A case.
    Case(&'a Dossier),
    /// A programme.
    Programme(&'a Programme),
    /// A batch of a programme.
    Batch(&'a Batch, &'a Programme),
    /// Long work.
    Job(&'a Job),
}

impl Subject<'_> {
    /// The case, if it is one.
    pub fn dossier(&self) -> Option<&Dossier> {
        match self {
            Self::Case(dossier) => Some(dossier),
            _ => None,
        }
    }

    /// The batch, if it is one.
    pub fn batch(&self) -> Option<&Batch> {
        match self {
            Self::Batch(batch, _) => Some(batch),
            _ => None,
        }
    }

    /// The programme that it belongs to.
    pub fn programme(&self) -> Option<&Programme> {
        match self {
            Self::Installation | Self::Job(_) => None,
            Self::Case(dossier) => Some(&dossier.programme),
            Self::Programme(programme) | Self::Batch(_, programme) => Some(programme),
        }
    }
}

/// Why the table gives no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The actor may not even know of the subject.
    Hidden,
    /// This actor has no right.
    Forbidden(Forbidden),
    /// Nobody may do it in this state.
    State,
}

/// The permission for one operation. Only this module creates it, and nothing is changed without it.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    operation: Operation,
    row: Option<AnyRow>,
}

impl Permission {
    /// What was permitted.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The action, if the row of this lifecycle that permits it leads from one state to the other.
    pub fn action<S: Lifecycle>(&self, from: Option<S>, to: S) -> Option<S::Action> {
        let row = S::row(self.row.as_ref()?)?;
        row.leads(from, to).then_some(row.action)
    }
}

/// Refuses what can be refused before the subject is loaded, so that guessing an id or number reveals nothing.
pub fn admit(operation: Operation, actor: &Actor) -> Result<(), Forbidden> {
    let Rule { who, scopes } = rule(operation);
    let is_for_all = who.iter().any(|party| matches!(party, Party::Anyone | Party::AccountHolder));
    if actor.lacks_organisation() && !is_for_all {
        return Err(Forbidden::NoOrganisation);
    }
    if !scopes.is_empty() && !scopes.iter().any(|scope| actor.has_scope(*scope)) {
        return Err(Forbidden::Scope);
    }
    match operation {
        Operation::Act(action) if is_by_border(action) && !actor.has_scope(Scope::AuthorizationsVerify) => {
            Err(Forbidden::Scope)
        }
        Operation::Act(action) if is_by_border(action) => {
            acts_as(Party::Border, actor, Subject::Installation)
        }
        _ => Ok(()),
    }
}

/// The permission of `actor` for this operation on `subject` now, or why there is none.
pub fn permit(operation: Operation, actor: &Actor, subject: Subject<'_>) -> Result<Permission, Denied> {
    admit(operation, actor).map_err(Denied::Forbidden)?;
    // The border knows authorizations by their numbers, and no cases.
    let is_by_number = matches!(operation, Operation::Act(action) if is_by_border(action));
    if !is_by_number && !is_visible(actor, subject) {
        return Err(Denied::Hidden);
    }
    let row = match operation {
        Operation::Act(action) => Some(permit_action(action, actor, subject)?),
        Operation::Batch(action) => {
            // An actor without the right does not learn the state.
            let rows = BatchState::TABLE.iter().filter(|row| row.action == action);
            let who: Vec<Party> = rows.flat_map(|row| row.who.iter().copied()).collect();
            first_of(&who, |party| acts_as(party, actor, subject))?;
            let state = subject.batch().map(|batch| batch.state);
            Some(AnyRow::Batch(permitting_row(action, state, actor, subject)?))
        }
        _ => {
            first_of(rule(operation).who, |party| is_party(party, actor, subject))?;
            None
        }
    };
    Ok(Permission { operation, row })
}

/// The row that permits an action on a case or on its authorization.
fn permit_action(action: Action, actor: &Actor, subject: Subject<'_>) -> Result<AnyRow, Denied> {
    let dossier = subject.dossier();
    if is_of::<AuthorizationState>(action) {
        let authorization = dossier.and_then(|dossier| dossier.authorization.as_ref());
        let state = authorization.map(|authorization| authorization.state);
        permitting_row(action, state, actor, subject).map(AnyRow::Authorization)
    } else {
        let state = dossier.map(|dossier| dossier.case.state);
        permitting_row(action, state, actor, subject).map(AnyRow::Application)
    }
}

/// The row by which `actor` may take the action on the subject in this state.
fn permitting_row<S: Lifecycle>(
    action: S::Action,
    state: Option<S>,
    actor: &Actor,
    subject: Subject<'_>,
) -> Result<Row<S>, Denied> {
    let rows = || S::TABLE.iter().filter(move |row| row.action == action);
    if !rows().flat_map(|row| row.who).any(|party| could_be(*party, actor, subject)) {
        return Err(Denied::Forbidden(Forbidden::Role));
    }
    let row = rows().find(|row| row.begins(state)).ok_or(Denied::State)?;
    first_of(row.who, |party| acts_as(party, actor, subject))?;
    Ok(*row)
}

fn is_of<S: Lifecycle>(action: S::Action) -> bool {
    S::TABLE.iter().any(|row| row.action == action)
}

fn is_by_border(action: Action) -> bool {
    let mut rows = AuthorizationState::TABLE.iter().filter(|row| row.action == action);
    rows.any(|row| row.who.contains(&Party::Border))
}

/// Of several reasons, a missing role says least: an officer learns whose stage it is.
fn first_of(who: &[Party], is_party: impl Fn(Party) -> Result<(), Forbidden>) -> Result<(), Denied> {
    let mut because = Forbidden::Role;
    for party in who {
        match is_party(*party) {
            Ok(()) => return Ok(()),
            Err(reason) if because == Forbidden::Role => because = reason,
            Err(_) => {}
        }
    }
    Err(Denied::Forbidden(because))
}

/// Whether the actor may know of the subject.
fn is_visible(actor: &Actor, subject: Subject<'_>) -> bool {
    match subject {
        Subject::Installation | Subject::Programme(_) => true,
        Subject::Case(dossier) => sight::sees(actor, dossier),
        Subject::Job(job) => JobSight::of(actor).covers(job),
        Subject::Batch(batch, _) => batch.state != BatchState::Planned || sees_planned_batches(actor),
    }
}

/// Whether the actor may know of batches that are not open yet: those who review, run or audit them.
pub fn sees_planned_batches(actor: &Actor) -> bool {
    let roles = [Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor, Role::Administrator];
    actor.identity == Identity::System || roles.iter().any(|role| actor.is(*role))
}

/// What `actor` may do with the case and its authorization now, in the order of the tables. Actions on parts of a form
/// are left to its pages.
pub fn available_actions(dossier: &Dossier, actor: &Actor) -> Vec<Action> {
    let held = dossier.authorization.as_ref().map(|authorization| authorization.state);
    let of_authorization = AuthorizationState::TABLE.iter().filter(|row| held.is_some() && row.begins(held));
    let of_case = State::TABLE.iter().filter(|row| row.begins(Some(dossier.case.state)));
    let actions = of_authorization.map(|row| row.action).chain(of_case.map(|row| row.action));
    let subject = Subject::Case(dossier);
    let is_visible = is_visible(actor, subject);
    // The same checks as in `permit`, but the expensive one only once.
    let may_act = |action| {
        (is_visible || is_by_border(action))
            && admit(Operation::Act(action), actor).is_ok()
            && permit_action(action, actor, subject).is_ok()
    };
    let mut available: Vec<Action> = Vec::new();
    for action in actions {
        if !available.contains(&action) && may_act(action) {
            available.push(action);
        }
    }
    available.retain(|action| is_offered(dossier, actor, *action));
    available
}

/// Leaves out actions that the table allows but that make no sense for the case now.
fn is_offered(dossier: &Dossier, actor: &Actor, action: Action) -> bool {
    let mine = dossier.case.assignee.is_some() && dossier.case.assignee == actor.account();
    match action {
        Action::Claim => dossier.case.assignee.is_none() && actor.account().is_some(),
        Action::Unclaim => mine || (dossier.case.assignee.is_some() && actor.is(Role::Supervisor)),
        Action::Endorse => {
            !dossier.is_claimed_by_another(actor) && dossier.blocking_findings().next().is_none()
        }
        Action::RequestInformation | Action::Refuse => !dossier.is_claimed_by_another(actor),
        Action::ResolveFinding => {
            !dossier.is_claimed_by_another(actor)
                && dossier.findings.iter().any(|f| f.is_open() && dossier.is_for_current_stage(f))
        }
        Action::Surrender | Action::RecordEntry => !dossier.has_entered(),
        // The tables have them, but no use case implements them yet.
        Action::Suspend
        | Action::Reinstate
        | Action::Annul
        | Action::RecordExit
        | Action::ChangeDocument
        | Action::Appeal => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
