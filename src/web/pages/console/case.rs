//! `/console/cases/{id}`: everything that an officer needs for a decision, and the forms to decide.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        delivery::DeliveryState,
        evidence::Evidence,
        finding::Finding,
        ids::{AccountId, ApplicationId, EvidenceId},
        lifecycle::Action,
    },
    web::{
        Problem, Service, actions, documents,
        extract::{CurrentActor, EmptyForm, Form, Query},
        fields::Fields,
        pages::{
            Faults, Page,
            form_lines::{self, FormSection},
            redirect_to, render, render_as, words,
        },
    },
    workflow::{
        WorkflowError,
        entrance::Context,
        history::{Position, ShowHistory},
        outbox::{ListedMessage, ShowMessages},
        people::list_people::ListOfficers,
        read_evidence::ReadEvidence,
        show_case::{CaseView, ShowCase},
        subject::SeenCase,
        view_document::{DocumentShown, ShowDocument},
    },
};

mod moments;

use moments::Moment;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/console/cases/{id}").get(show))
        .service(web::resource("/console/cases/{id}/actions").post(take_action))
        .service(web::resource("/console/cases/{id}/document").post(show_document))
        .service(web::resource("/console/cases/{id}/evidence/{evidence}").get(read));
}

/// The number of history lines that the page shows.
const MAX_LINES: i64 = 300;

/// A form that was sent and is shown again with its faults.
#[derive(Default)]
struct SentForm {
    /// Which form: the action, or the finding's id.
    form: String,
    fields: Fields,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "pages/console/case.html")]
struct CasePage {
    page: Page,
    home: String,
    now: Timestamp,
    view: CaseView,
    sections: Vec<FormSection>,
    moments: Vec<Moment>,
    /// The messages that could not be delivered.
    undelivered: Vec<ListedMessage>,
    officers: Vec<(AccountId, String)>,
    document: Option<DocumentShown>,
    done: Option<String>,
    sent: SentForm,
}

impl CasePage {
    fn dossier(&self) -> &Dossier {
        &self.view.dossier
    }

    fn faults(&self) -> &Faults {
        &self.sent.faults
    }

    fn name(&self) -> String {
        let case = &self.view.dossier.case;
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let applicant = &case.form.applicant;
        let names = (text(&applicant.family_name), text(&applicant.given_names));
        words::traveller(self.page.t, &names.0, &names.1, case.state)
    }

    fn may(&self, action: Action) -> bool {
        self.view.available_actions.contains(&action)
    }

    fn may_decide(&self) -> bool {
        self.view
            .available_actions
            .iter()
            .any(|action| !matches!(action, Action::Note | Action::ViewDocument))
    }

    /// Why an officer of this stage cannot endorse the case now.
    fn obstacle(&self) -> Option<String> {
        let (dossier, may_refuse) = (&self.view.dossier, self.may(Action::Refuse));
        let reviews = may_refuse || self.may(Action::Claim);
        if dossier.case.assignee.is_some() && !may_refuse && self.view.may_view_document {
            return Some(self.page.t.get("problem-claimed_by_another.detail"));
        }
        let is_blocked = reviews && dossier.blocking_findings().next().is_some();
        is_blocked.then(|| self.page.t.get("problem-blocking_finding.detail"))
    }

    fn direction(&self) -> String {
        words::direction(self.page.t, &self.view.dossier.case.direction)
    }

    fn category(&self) -> String {
        words::category(self.page.t, &self.view.dossier.programme, &self.view.dossier.case.category)
    }

    fn stage(&self) -> Option<String> {
        let stage = self.view.dossier.case.stage.as_deref()?;
        Some(words::stage(self.page.t, &self.view.dossier.programme, stage))
    }

    fn authority(&self) -> Option<&str> {
        let authority = self.view.dossier.current_authority()?;
        Some(authority.name.in_language(self.page.t.language.as_str()))
    }

    fn checklist(&self) -> Vec<&str> {
        let stage =
            self.view.dossier.case.stage.as_deref().and_then(|s| self.view.dossier.programme.stage(s));
        let language = self.page.t.language.as_str();
        stage
            .map(|stage| stage.checklist.iter().map(|t| t.in_language(language)).collect())
            .unwrap_or_default()
    }

    fn grounds(&self) -> Vec<(&str, &str)> {
        let language = self.page.t.language.as_str();
        self.view
            .dossier
            .programme
            .grounds
            .iter()
            .map(|g| (g.code.as_str(), g.text.in_language(language)))
            .collect()
    }

    fn document_kind(&self, document: &Evidence) -> String {
        words::evidence(self.page.t, &self.view.dossier.programme, &document.kind)
    }

    fn bytes(&self, document: &Evidence) -> String {
        words::bytes(document.bytes)
    }

    fn may_resolve(&self, finding: &Finding) -> bool {
        self.may(Action::ResolveFinding) && finding.is_open() && self.dossier().is_for_current_stage(finding)
    }

    fn subject(&self, finding: &Finding) -> String {
        let programme = &self.view.dossier.programme;
        let Some(subject) = finding.noticed.subject.as_deref() else { return String::new() };
        let language = self.page.t.language.as_str();
        if let Some(declaration) = programme.declarations.iter().find(|d| d.code == subject) {
            return declaration.text.in_language(language).to_owned();
        }
        let field = self.page.t.try_get(&super::super::faults::label_key(subject));
        field.unwrap_or_else(|| words::evidence(self.page.t, programme, subject))
    }

    /// A message that could not be delivered: which, when, why.
    fn undelivered_line(&self, message: &ListedMessage) -> String {
        let t = self.page.t;
        let line = t.with_two(
            "undelivered-line",
            ("kind", words::message(t, &message.message)),
            ("at", t.instant(message.at)),
        );
        format!("{line} {}", words::delivery_failure(t, message))
    }

    /// The deadline of the case, and whether it has passed.
    fn due(&self) -> Option<(String, bool)> {
        let due = self.view.stage_due_at().or(self.view.respond_by())?;
        Some((self.page.t.instant(due), due < self.now))
    }

    /// Whether this form is shown again with its faults.
    fn is_shown_again(&self, form: &str) -> bool {
        self.sent.form == form
    }

    /// The value of a field in a form that is shown again.
    fn sent_value(&self, form: &str, name: &str) -> &str {
        self.sent.fields.get(name).filter(|_| self.is_shown_again(form)).unwrap_or_default()
    }

    fn is_ticked(&self, form: &str, ground: &str) -> bool {
        self.is_shown_again(form) && self.sent.fields.all("ground").any(|ticked| ticked == ground)
    }

    fn questions(&self) -> Vec<&str> {
        let is_shown_again = self.is_shown_again(Action::RequestInformation.as_str());
        let asked =
            self.sent.fields.all("question").filter(|question| is_shown_again && !question.is_empty());
        let mut questions: Vec<&str> = asked.collect();
        questions.resize(questions.len().max(3), "");
        questions
    }

    fn fault_of(&self, form: &str, pointer: &str) -> Option<&str> {
        self.sent.faults.at(pointer).filter(|_| self.is_shown_again(form))
    }

    /// The default deadline for an answer, from the programme.
    fn default_respond_by(&self) -> String {
        let days = self.view.dossier.programme.rules.respond_days;
        let due = crate::domain::calendar::days_after(self.now, days);
        let dossier = self.dossier();
        dossier.programme.day_in(dossier.home(), due).to_string()
    }
}

/// Loads the data of the page in one read transaction.
async fn load(
    page: Page,
    service: &Service,
    actor: &Actor,
    id: ApplicationId,
    sent: SentForm,
) -> Result<CasePage, Problem> {
    let queries = move |ctx: &mut Context<'_, '_>| {
        let view = ctx.query(&ShowCase { case: id })?;
        let lines =
            ctx.query(&ShowHistory { case: id, after: Position::BEGINNING, at_most: MAX_LINES })?.lines;
        let mut undelivered = ctx.query(&ShowMessages { case: id })?;
        undelivered.retain(|message| message.state == DeliveryState::Dead);
        let may_assign = view.available_actions.contains(&Action::Assign);
        let officers = if may_assign { ctx.query(&ListOfficers)? } else { Vec::new() };
        Ok((view, lines, undelivered, officers))
    };
    let (view, lines, undelivered, officers) = service.read(actor, queries).await?;
    Ok(CasePage {
        home: format!("/console/cases/{id}"),
        now: service.now(),
        sections: form_lines::sections(page.t, &view.dossier.case.form, &view.dossier.programme),
        moments: moments::of(page.t, &view.dossier, &lines),
        undelivered,
        officers,
        document: None,
        done: None,
        sent,
        page,
        view,
    })
}

#[derive(Deserialize)]
struct DoneQuery {
    done: Option<String>,
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    query: Query<DoneQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let mut page = load(page, &service, &actor.0, *id, SentForm::default()).await?;
    page.done = query.0.done.filter(|done| done.parse::<Action>().is_ok());
    render(&page)
}

/// The number is shown once, in the answer to this form, and the access is recorded.
async fn show_document(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    _: Form<EmptyForm>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let shown = service.query_recorded(&actor.0, ShowDocument { case: *id }).await?;
    let mut page = load(page, &service, &actor.0, *id, SentForm::default()).await?;
    page.document = Some(shown);
    render(&page)
}

async fn read(
    actor: CurrentActor,
    path: web::Path<(ApplicationId, EvidenceId)>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (case, evidence) = path.into_inner();
    documents::send(&service, &actor.0, ReadEvidence { case, evidence }).await
}

async fn take_action(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let case = SeenCase { id: *id, version: fields.version() };
    match actions::execute(&service, &actor.0, case, actions::read(&fields)).await {
        Ok(action) => Ok(redirect_to(format!("/console/cases/{id}?done={action}"))),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            let form = fields.get("finding").or(fields.get("action")).unwrap_or_default().to_owned();
            let page = load(page, &service, &actor.0, *id, SentForm { form, fields, faults }).await?;
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
