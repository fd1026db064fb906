//! `/applications/{id}`: the tasks of a draft; after submission the status, the next step and the history.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;

use super::super::{Faults, Page, form_lines, redirect_to, render, render_as, words};
use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        evidence::Evidence,
        field_error::FieldError,
        form::SECTIONS,
        ids::ApplicationId,
        lifecycle::{Action, AuthorizationState, State},
        typed,
    },
    web::{
        Problem, Service, actions,
        extract::{CurrentActor, Form, Query},
        fields::Fields,
    },
    workflow::{
        WorkflowError,
        case_command::CaseAction,
        check_draft::CheckDraft,
        entrance::Context,
        history::{HistoryLine, Position, ShowHistory},
        outbox::{ListedMessage, ShowMessages},
        show_case::{CaseView, ShowCase},
        subject::SeenCase,
    },
};

mod status;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/applications/{id}").get(show))
        .service(web::resource("/applications/{id}/actions").post(take_action));
}

/// The number of history lines that the page shows; in practice no case has more.
const MAX_LINES: i64 = 200;

/// The data of the page.
struct CaseDetails {
    view: CaseView,
    lines: Vec<HistoryLine>,
    missing: Vec<FieldError>,
    messages: Vec<ListedMessage>,
    now: Timestamp,
}

/// The page as its reader sees it.
enum Opened {
    /// The reader's own case.
    Own(Box<CaseDetails>),
    /// Another page shows the case to this reader.
    Elsewhere(String),
}

async fn load(service: &Service, actor: &Actor, case: ApplicationId) -> Result<Opened, Problem> {
    let queries = move |ctx: &mut Context<'_, '_>| {
        let view = ctx.query(&ShowCase { case })?;
        if view.shows_name_only {
            return Ok(Opened::Elsewhere(super::sponsorships::ADDRESS.to_owned()));
        }
        // An officer has followed a link that was meant for the applicant.
        if !view.is_own {
            return Ok(Opened::Elsewhere(format!("/console/cases/{case}")));
        }
        let lines =
            ctx.query(&ShowHistory { case, after: Position::BEGINNING, at_most: MAX_LINES })?.into_events();
        let missing = if view.is_editable() { ctx.query(&CheckDraft { case })? } else { Vec::new() };
        let messages = ctx.query(&ShowMessages { case })?;
        Ok(Opened::Own(Box::new(CaseDetails { view, lines, missing, messages, now: ctx.now })))
    };
    Ok(service.read(actor, queries).await?)
}

/// A section of the draft: name, address, whether it is complete, whether it was started.
struct Task {
    name: String,
    address: String,
    is_done: bool,
    is_begun: bool,
}

fn tasks(page: &Page, details: &CaseDetails) -> Vec<Task> {
    let home = super::address(details.view.dossier.case.id);
    let form = &details.view.dossier.case.form;
    let has_faults =
        |section: &str| details.missing.iter().any(|fault| fault.pointer.split('/').nth(1) == Some(section));
    let mut tasks: Vec<Task> = SECTIONS
        .iter()
        .map(|section| Task {
            name: page.t.get(&format!("section-{section}")),
            address: format!("{home}/section/{section}"),
            is_done: !has_faults(section),
            is_begun: form.is_begun(section),
        })
        .collect();
    tasks.push(Task {
        name: page.t.get("section-evidence"),
        address: format!("{home}/evidence"),
        is_done: !has_faults("evidence"),
        is_begun: !details.view.evidence.is_empty(),
    });
    tasks
}

#[derive(Template)]
#[template(path = "pages/applicant/case.html")]
struct CasePage {
    page: Page,
    home: String,
    name: String,
    view: CaseView,
    tasks: Vec<Task>,
    /// The key of the last action, for the success message.
    done: Option<String>,
    next: Vec<String>,
    /// A line for each message that could not be delivered.
    undelivered: Vec<String>,
    questions: Vec<String>,
    answers: Vec<String>,
    sections: Vec<form_lines::FormSection>,
    timeline: Vec<status::Moment>,
    faults: Faults,
}

impl CasePage {
    fn new(
        page: Page,
        details: CaseDetails,
        done: Option<String>,
        faults: Faults,
        answers: Vec<String>,
    ) -> Self {
        let dossier = &details.view.dossier;
        let page = page.by_default_in_zone(dossier.programme.zone_name(dossier.home()));
        let t = page.t;
        let (case, programme) = (&dossier.case, &dossier.programme);
        let applicant = &case.form.applicant;
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let names = (text(&applicant.family_name), text(&applicant.given_names));
        let is_open = details.view.is_editable();
        Self {
            home: super::address(case.id),
            name: words::traveller(t, &names.0, &names.1, case.state),
            tasks: if is_open { tasks(&page, &details) } else { Vec::new() },
            done,
            next: status::next(t, &details.view, details.now),
            undelivered: status::undelivered(t, &details.messages),
            questions: status::open_questions(&details.view, &details.lines),
            answers,
            sections: form_lines::sections(t, &case.form, programme),
            timeline: status::timeline(t, &details.view.dossier, &details.lines),
            faults,
            page,
            view: details.view,
        }
    }

    fn dossier(&self) -> &Dossier {
        &self.view.dossier
    }

    fn is(&self, state: State) -> bool {
        self.view.dossier.case.state == state
    }

    fn may(&self, action: Action) -> bool {
        self.view.available_actions.contains(&action)
    }

    fn direction(&self) -> String {
        words::direction(self.page.t, &self.view.dossier.case.direction)
    }

    fn category(&self) -> String {
        words::category(self.page.t, &self.view.dossier.programme, &self.view.dossier.case.category)
    }

    fn programme(&self) -> &str {
        self.view.dossier.programme.name.in_language(self.page.t.language.as_str())
    }

    fn document_kind(&self, document: &Evidence) -> String {
        words::evidence(self.page.t, &self.view.dossier.programme, &document.kind)
    }

    fn progress(&self) -> String {
        let done = self.tasks.iter().filter(|task| task.is_done).count();
        self.page.t.with_two("tasks-done", ("done", done), ("all", self.tasks.len()))
    }

    fn answer(&self, index: &usize) -> &str {
        self.answers.get(*index).map_or("", String::as_str)
    }

    fn answer_fault(&self, index: &usize) -> Option<&str> {
        self.faults.at(&format!("/answers/{index}"))
    }

    /// Issuer and number of the passport.
    fn passport(&self) -> String {
        let document = &self.view.dossier.case.form.travel_document;
        let issuer = document.issuer.as_deref().map(|code| self.page.t.country(code)).unwrap_or_default();
        format!("{issuer} {}", document.number.as_deref().unwrap_or_default())
    }

    fn entry_conditions(&self) -> Vec<&str> {
        let language = self.page.t.language.as_str();
        self.view.dossier.programme.entry_conditions.iter().map(|c| c.text.in_language(language)).collect()
    }
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
    let details = match load(&service, &actor.0, *id).await? {
        Opened::Own(details) => *details,
        Opened::Elsewhere(address) => return Ok(redirect_to(address)),
    };
    let done = query.0.done.filter(|done| done.parse::<Action>().is_ok());
    render(&CasePage::new(page, details, done, Faults::none(), Vec::new()))
}

async fn take_action(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: *id, version: form.0.version() };
    let answers: Vec<String> = form.0.all("answer").map(str::to_owned).collect();
    let action = actions::read(&form.0).and_then(|action| with_every_answer(action, &answers));
    match actions::execute(&service, &actor.0, case, action).await {
        Ok(action) => Ok(redirect_to(format!("{}?done={action}", super::address(*id)))),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            let Opened::Own(details) = load(&service, &actor.0, *id).await? else {
                return Err(WorkflowError::NotFound.into());
            };
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &CasePage::new(page, *details, None, faults, answers))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page has a field for each question; every one must be answered.
fn with_every_answer(action: CaseAction, answers: &[String]) -> Result<CaseAction, Vec<FieldError>> {
    let blank = answers.iter().enumerate().filter(|(_, answer)| typed::is_blank(answer));
    let faults: Vec<_> =
        blank.map(|(index, _)| FieldError::new(format!("/answers/{index}"), "required")).collect();
    if matches!(action, CaseAction::Respond(_)) && !faults.is_empty() { Err(faults) } else { Ok(action) }
}
