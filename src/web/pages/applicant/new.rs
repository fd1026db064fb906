//! `/applications/new`: choose batch, direction and category. Then the draft is created and the form starts.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        actor::Actor, form::Form as ApplicationForm, ids::BatchId, lifecycle::BatchState,
        programme::Programme,
    },
    web::{
        Problem, Service,
        extract::{CurrentActor, Form, Query},
        fields::Fields as FormFields,
        pages::{
            Faults, Page,
            controls::{Choice, Control, Input},
            redirect_to, render, render_as, words,
        },
    },
    workflow::{
        WorkflowError,
        batch_overview::{BatchView, ListBatches},
        create::CreateCase,
        entrance::Context,
        programmes::ListProgrammes,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/applications/new").get(show).post(create));
}

#[derive(Deserialize)]
struct NewQuery {
    batch: Option<BatchId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    batch: String,
    direction: String,
    category: String,
}

#[derive(Template)]
#[template(path = "pages/applicant/new.html")]
struct NewPage {
    page: Page,
    /// The open batches. The page asks for one, unless there is only one or one was chosen.
    batches: Vec<(BatchView, Arc<Programme>)>,
    chosen: Option<(BatchView, Arc<Programme>)>,
    controls: Vec<Control>,
    faults: Faults,
}

impl NewPage {
    fn travel_window(&self, view: &BatchView) -> String {
        words::travel_window(self.page.t, &view.batch)
    }
}

async fn show(
    page: Page,
    _: CurrentActor,
    query: Query<NewQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    render(&new_page(page, query.0.batch, &FormFields::default(), Faults::none(), &service).await?)
}

async fn new_page(
    page: Page,
    chosen: Option<BatchId>,
    values: &FormFields,
    faults: Faults,
    service: &Service,
) -> Result<NewPage, Problem> {
    let mut batches = open_batches(service).await?;
    let only = (batches.len() == 1).then_some(0);
    let position = batches.iter().position(|(view, _)| Some(view.batch.id) == chosen).or(only);
    let chosen = position.map(|position| batches.swap_remove(position));
    let controls = match &chosen {
        Some((_, programme)) => terms(&page, programme, values, &faults),
        None => Vec::new(),
    };
    Ok(NewPage { page, batches, chosen, controls, faults })
}

/// The batches that accept applications, with their programmes.
async fn open_batches(service: &Service) -> Result<Vec<(BatchView, Arc<Programme>)>, Problem> {
    let open = ListBatches { state: Some(BatchState::Open), at_most: 100, ..ListBatches::default() };
    let both = move |ctx: &mut Context<'_, '_>| Ok((ctx.query(&ListProgrammes)?, ctx.query(&open)?));
    let (programmes, mut views) = service.read(&Actor::anonymous(), both).await?;
    views.retain(|view| view.batch.accepts_submissions(service.now()));
    let with_programme = |view: BatchView| {
        let programme = programmes.iter().find(|p| p.code == view.batch.programme)?;
        Some((view, Arc::clone(programme)))
    };
    Ok(views.into_iter().filter_map(with_programme).collect())
}

/// Direction and category.
fn terms(page: &Page, programme: &Programme, values: &FormFields, faults: &Faults) -> Vec<Control> {
    let (t, language) = (page.t, page.t.language.as_str());
    let directions = programme.directions.iter().map(|code| Choice {
        value: code.clone(),
        label: words::direction(t, code),
        hint: String::new(),
    });
    let categories = programme.categories.iter().map(|category| Choice {
        value: category.code.clone(),
        label: category.name.in_language(language).to_owned(),
        hint: category.description.in_language(language).to_owned(),
    });
    let control = |pointer| Control::new(t, pointer, Input::Radios, values, faults);
    vec![
        control("/direction").with_choices(directions.collect()),
        control("/category").with_choices(categories.collect()),
    ]
}

async fn create(
    page: Page,
    actor: CurrentActor,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let batch: Option<BatchId> = fields.batch.parse().ok();
    let new = CreateCase {
        batch: batch.unwrap_or(BatchId(uuid::Uuid::nil())),
        direction: fields.direction.clone(),
        category: fields.category.clone(),
        language: page.t.language.to_string(),
        form: ApplicationForm::default(),
        faults: Vec::new(),
    };
    match service.execute(&actor.0, new).await {
        Ok(dossier) => Ok(redirect_to(super::address(dossier.case.id))),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            let values =
                FormFields::from_iter([("direction", fields.direction), ("category", fields.category)]);
            let page = new_page(page, batch, &values, faults, &service).await?;
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
