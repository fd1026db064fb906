//! `/console/programmes/{code}`: a read-only view of a programme: authorities, required documents, rules, grounds.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::{
    domain::programme::{Programme, Stage},
    web::{
        Problem, Service,
        extract::CurrentActor,
        pages::{Page, render, words},
    },
    workflow::programmes::ShowProgramme,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/console/programmes/{code}").get(show));
}

#[derive(Template)]
#[template(path = "pages/console/programme.html")]
struct ProgrammePage {
    page: Page,
    programme: Arc<Programme>,
}

impl ProgrammePage {
    /// Each direction of a stage with its authority.
    fn authorities(&self, stage: &Stage) -> Vec<(String, String)> {
        let t = self.page.t;
        let desk = |(direction, code): (&String, &String)| {
            (words::direction(t, direction), words::authority(t, &self.programme, code))
        };
        stage.authority.iter().map(desk).collect()
    }

    fn rules(&self) -> Vec<(String, String)> {
        let (t, rules) = (self.page.t, &self.programme.rules);
        vec![
            (t.get("rule-min-age"), rules.min_age_years.to_string()),
            (t.get("rule-passport-months"), rules.passport_valid_months_after_leaving.to_string()),
            (t.get("rule-max-stay"), rules.max_stay_days.to_string()),
            (t.get("rule-after-leaving"), rules.days_after_leaving.to_string()),
            (t.get("rule-respond-days"), rules.respond_days.to_string()),
            (t.get("rule-appeal-days"), rules.appeal_days.to_string()),
        ]
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    code: web::Path<String>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let query = ShowProgramme { code: code.into_inner() };
    render(&ProgrammePage { page, programme: service.query(&actor.0, query).await? })
}
