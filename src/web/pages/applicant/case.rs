//! `/applications/{id}`: the tasks of a draft; after submission the status, the next step and the history.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::super::{Faults, Page, form_lines, go_to, render, render_as, words};
use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        evidence::Evidence,
        field_error::FieldError,
        form::SECTIONS,
        ids::ApplicationId,
        lifecycle::{Action, AuthorizationState, State},
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
        show_case::{CaseView, ShowCase},
        subject::SeenCase,
    },
};

mod status;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/applications/{id}").get(show))
        .service(web::resource("/applications/{id}/actions").post(take));
}

/// The number of history lines that the page shows; in practice no case has more.
const LINES: i64 = 200;

/// The data of the page.
struct Seen {
    view: CaseView,
    lines: Vec<HistoryLine>,
    lacking: Vec<FieldError>,
}

async fn see(service: &Service, actor: &Actor, case: ApplicationId) -> Result<Option<Seen>, Problem> {
    let queries = move |ctx: &mut Context<'_, '_>| {
        let view = ctx.query(&ShowCase { case })?;
        if !view.is_own {
            return Ok(None);
        }
        let lines =
            ctx.query(&ShowHistory { case, after: Position::BEGINNING, at_most: LINES })?.into_events();
        let lacking = if view.is_editable() { ctx.query(&CheckDraft { case })? } else { Vec::new() };
        Ok(Some(Seen { view, lines, lacking }))
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

fn tasks(page: &Page, seen: &Seen) -> Vec<Task> {
    let home = super::address(seen.view.dossier.case.id);
    let form = &seen.view.dossier.case.form;
    let lacks =
        |section: &str| seen.lacking.iter().any(|fault| fault.pointer.split('/').nth(1) == Some(section));
    let mut tasks: Vec<Task> = SECTIONS
        .iter()
        .map(|section| Task {
            name: page.t.get(&format!("section-{section}")),
            address: format!("{home}/section/{section}"),
            is_done: !lacks(section),
            is_begun: form.is_begun(section),
        })
        .collect();
    tasks.push(Task {
        name: page.t.get("section-evidence"),
        address: format!("{home}/evidence"),
        is_done: !lacks("evidence"),
        is_begun: !seen.view.evidence.is_empty(),
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
    questions: Vec<String>,
    answers: Vec<String>,
    sections: Vec<form_lines::FormSection>,
    timeline: Vec<status::Moment>,
    faults: Faults,
}

impl CasePage {
    fn new(page: Page, seen: Seen, done: Option<String>, faults: Faults, answers: Vec<String>) -> Self {
        let t = page.t;
        let (case, programme) = (&seen.view.dossier.case, &seen.view.dossier.programme);
        let applicant = &case.form.applicant;
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let names = (text(&applicant.family_name), text(&applicant.given_names));
        let is_open = seen.view.is_editable();
        Self {
            home: super::address(case.id),
            name: words::traveller(t, &names.0, &names.1, case.state),
            tasks: if is_open { tasks(&page, &seen) } else { Vec::new() },
            done,
            next: status::next(t, &seen.view),
            questions: status::open_questions(&seen.view, &seen.lines),
            answers,
            sections: form_lines::sections(t, &case.form, programme),
            timeline: status::timeline(t, &seen.view.dossier, &seen.lines),
            faults,
            page,
            view: seen.view,
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

    fn paper(&self, document: &Evidence) -> String {
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
struct Done {
    done: Option<String>,
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    query: Query<Done>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let Some(seen) = see(&service, &actor.0, *id).await? else {
        // An officer has followed a link that was meant for the applicant.
        return Ok(go_to(format!("/console/cases/{id}")));
    };
    let done = query.0.done.filter(|done| done.parse::<Action>().is_ok());
    render(&CasePage::new(page, seen, done, Faults::none(), Vec::new()))
}

async fn take(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: *id, version: form.0.version() };
    let answers: Vec<String> = form.0.all("answer").map(str::to_owned).collect();
    let asked = actions::read(&form.0).and_then(|action| with_every_answer(action, &answers));
    match actions::take(&service, &actor.0, case, asked).await {
        Ok(action) => Ok(go_to(format!("{}?done={action}", super::address(*id)))),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            let seen = see(&service, &actor.0, *id).await?.ok_or(WorkflowError::NotFound)?;
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &CasePage::new(page, seen, None, faults, answers))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page has a field for each question; every one must be answered.
fn with_every_answer(action: CaseAction, answers: &[String]) -> Result<CaseAction, Vec<FieldError>> {
    let blank = answers.iter().enumerate().filter(|(_, answer)| answer.trim().is_empty());
    let faults: Vec<_> =
        blank.map(|(index, _)| FieldError::new(format!("/answers/{index}"), "required")).collect();
    if matches!(action, CaseAction::Respond(_)) && !faults.is_empty() { Err(faults) } else { Ok(action) }
}
