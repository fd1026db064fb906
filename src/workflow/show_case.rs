//! One case, as far as the actor may see it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    domain::{
        authorization::Authorization,
        batch::Batch,
        case::{Appeal, Dossier},
        finding::Finding,
        form::{self, Applicant, Form},
        ids::ApplicationId,
        lifecycle::{Action, State},
        policy::{self, Operation, Subject},
    },
    store::{self, evidence::Documents},
    workflow::{
        Result, WorkflowError,
        entrance::{Context, Query},
        subject::Permitted,
    },
};

/// A case with everything that page and API show.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case; the passport number is masked if the actor may not see it.
    pub dossier: Dossier,
    /// Its batch.
    pub batch: Arc<Batch>,
    /// Its documents.
    pub evidence: Documents,
    /// The findings that are addressed to the actor: officers see them all, the case's own people none.
    pub findings: Vec<Finding>,
    /// What was issued.
    pub authorization: Option<Authorization>,
    /// What the actor may do now.
    pub available_actions: Vec<Action>,
    /// Its place in the line, if it waits; none before the draw of a ballot.
    pub place_in_line: Option<u32>,
    /// The officer's name, for officers.
    pub assignee_name: Option<String>,
    /// Whether the actor is of the case's own side.
    pub is_own: bool,
    /// Whether the actor sees reference and name only: its organisation is asked to sponsor the case.
    pub shows_name_only: bool,
    /// Whether the actor may ask to see the full document number ([`super::view_document`]).
    pub may_view_document: bool,
}

impl CaseView {
    /// Whether the form can be changed now, by this actor.
    pub fn is_editable(&self) -> bool {
        self.available_actions.contains(&Action::Edit)
    }

    /// Whether the sponsor that the form names has accepted; none if it names none.
    pub fn sponsorship(&self) -> Option<&'static str> {
        let request = self.dossier.sponsorship.as_ref().map(|request| request.state.as_str());
        request.or_else(|| self.dossier.case.sponsor.as_ref().map(|_| "accepted"))
    }

    /// When the current stage is due.
    pub fn stage_due_at(&self) -> Option<Timestamp> {
        self.dossier.case.due_at.filter(|_| self.dossier.case.state == State::InReview)
    }

    /// To whom and until when the applicant can appeal at this time.
    pub fn appeal(&self, now: Timestamp) -> Option<Appeal<'_>> {
        let decided_at = match self.dossier.case.state {
            State::Revoked => self.authorization.as_ref().and_then(|authorization| authorization.ended_at),
            _ => self.dossier.case.decided_at,
        };
        self.dossier.appeal(decided_at?).filter(|appeal| now < appeal.until)
    }

    /// Until when an answer is awaited.
    pub fn respond_by(&self) -> Option<Timestamp> {
        self.dossier.case.due_at.filter(|_| self.dossier.case.state == State::InformationRequested)
    }
}

/// Shows the case.
#[derive(Clone, Copy, Debug)]
pub struct ShowCase {
    /// Which.
    pub case: ApplicationId,
}

impl Query for ShowCase {
    type Subject = ApplicationId;
    type Output = CaseView;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowCase, self.case)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<ApplicationId>) -> Result<CaseView> {
        view_of(ctx, dossier.into_inner())
    }
}

/// What the actor sees of a case that it may see.
pub fn view_of(ctx: &mut Context<'_, '_>, mut dossier: Dossier) -> Result<CaseView> {
    let (id, actor) = (dossier.case.id, ctx.actor);
    let shows_name_only = !policy::reads(actor, &dossier);
    let batch = store::batch::by_id(ctx.tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
    let is_own = policy::is_side(&dossier, actor);
    let findings = if is_own { Vec::new() } else { dossier.findings.clone() };
    let available_actions = policy::available_actions(&dossier, actor);
    if shows_name_only {
        return name_only(ctx, dossier, available_actions);
    }
    let place_in_line = match dossier.case.state {
        State::Waitlisted => store::waitlist::place_in_line(ctx.tx, &dossier.case, &batch)?,
        _ => None,
    };
    let assignee_name = match dossier.case.assignee {
        Some(officer) if !is_own => {
            store::event::names_of(ctx.tx, &[officer.0])?.into_iter().map(|(_, name)| name).next()
        }
        _ => None,
    };
    let shows_document = policy::permit(Operation::ShowDocument, actor, Subject::Case(&dossier)).is_ok();
    let may_view_document = !is_own && shows_document;
    if !is_own {
        mask(&mut dossier);
    }
    let authorization = if !dossier.case.state.is_past_approval() {
        None
    } else if dossier.authorization.is_some() {
        dossier.authorization.clone()
    } else {
        store::authorization::of_case(ctx.tx, id)?
    };
    Ok(CaseView {
        evidence: store::evidence::of_case(ctx.tx, id)?,
        authorization,
        dossier,
        batch,
        findings,
        available_actions,
        place_in_line,
        assignee_name,
        is_own,
        shows_name_only,
        may_view_document,
    })
}

/// What a sponsor sees that has not accepted the case: its reference, and who applies.
fn name_only(
    ctx: &mut Context<'_, '_>,
    mut dossier: Dossier,
    available_actions: Vec<Action>,
) -> Result<CaseView> {
    let case = &mut dossier.case;
    let Applicant { family_name, given_names, native_name, .. } = case.form.applicant.clone();
    let applicant = Applicant { family_name, given_names, native_name, ..Applicant::default() };
    case.form = Arc::new(Form { applicant, ..Form::default() });
    (case.stage, case.assignee, case.due_at) = (None, None, None);
    (case.submitted_at, case.decided_at) = (None, None);
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    Ok(CaseView {
        dossier,
        batch,
        evidence: Documents::default(),
        findings: Vec::new(),
        authorization: None,
        available_actions,
        place_in_line: None,
        assignee_name: None,
        is_own: false,
        shows_name_only: true,
        may_view_document: false,
    })
}

/// Officers too see the number masked until they ask for it, so that every view is recorded.
fn mask(dossier: &mut Dossier) {
    let document = &mut Arc::make_mut(&mut dossier.case.form).travel_document;
    document.number = document.number.as_deref().map(form::masked);
    document.mrz = None;
}
