//! `/console`: the queue: my cases, unclaimed cases, the earliest deadline first.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use jiff::Timestamp;

use super::filters::{Filters, QueueQuery, Tab};
use crate::{
    domain::{actor::Actor, batch::Batch, lifecycle::State, programme::Programme},
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Query},
        pages::{Page, render, words},
    },
    workflow::{
        WorkflowError,
        entrance::Context,
        list_cases::{Among, BatchesToChoose, CaseLine, CasePage, CountCases, ListCases, Sort, Wanted},
        programmes::ListProgrammes,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/console").get(show));
}

const PAGE_SIZE: usize = 30;
/// A tab shows counts up to this number, and "more" beyond it.
const COUNT_LIMIT: usize = 100;

/// A view of the queue.
struct TabItem {
    name: String,
    count: Option<String>,
    href: String,
    is_here: bool,
}

/// An option of a filter.
struct Choice {
    value: String,
    label: String,
}

/// A filter as a drop-down list.
struct Filter {
    name: &'static str,
    label: String,
    chosen: String,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "pages/console/queue.html")]
struct QueuePage {
    page: Page,
    now: Timestamp,
    tab: String,
    q: String,
    tabs: Vec<TabItem>,
    filters: Vec<Filter>,
    is_narrowed: bool,
    all_of_tab: String,
    lines: Vec<CaseLine>,
    programmes: Vec<Arc<Programme>>,
    first: Option<String>,
    next: Option<String>,
}

impl QueuePage {
    fn programme(&self, code: &str) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.code == code).map(Arc::as_ref)
    }

    fn traveller(&self, line: &CaseLine) -> String {
        words::traveller(self.page.t, &line.family_name, &line.given_names, line.state)
    }

    fn stage(&self, line: &CaseLine) -> String {
        match (&line.stage, self.programme(&line.programme)) {
            (Some(stage), Some(programme)) => words::stage(self.page.t, programme, stage),
            _ => String::new(),
        }
    }

    fn category(&self, line: &CaseLine) -> String {
        self.programme(&line.programme)
            .map_or_else(|| line.category.clone(), |p| words::category(self.page.t, p, &line.category))
    }

    fn is_overdue(&self, line: &CaseLine) -> bool {
        matches!(line.state, State::InReview | State::InformationRequested)
            && line.due_at.is_some_and(|due| due < self.now)
    }

    fn due(&self, line: &CaseLine) -> Option<String> {
        let waits = matches!(line.state, State::InReview | State::InformationRequested);
        line.due_at.filter(|_| waits).map(|due| self.page.t.day_of(due))
    }
}

/// The data of the page, loaded in one read transaction.
struct QueueContents {
    filters: Filters,
    cases: CasePage,
    /// The number of cases of each tab. None during a search: counting all matches of a frequent name is slow.
    counts: Option<Vec<usize>>,
    batches: Vec<Batch>,
    programmes: Vec<Arc<Programme>>,
}

async fn load(service: &Service, actor: &Actor, filters: Filters) -> Result<QueueContents, Problem> {
    let queries = move |ctx: &mut Context<'_, '_>| {
        let mut filters = filters.clone();
        let counts = if filters.q.is_none() { Some(counts(ctx, &filters)?) } else { None };
        if !filters.is_tab_asked {
            let first = counts.as_ref().map(|counts| counts.iter().position(|count| *count > 0));
            filters.tab = match first {
                None => Tab::All,
                Some(first) => first.map_or(filters.tab, |first| Tab::of(ctx.actor)[first]),
            };
        }
        let wanted = filters.wanted(filters.tab, ctx.actor);
        Ok(QueueContents {
            cases: ctx.query(&ListCases { among: Among::Queue, wanted, at_most: PAGE_SIZE })?,
            counts,
            batches: ctx.query(&BatchesToChoose)?,
            programmes: ctx.query(&ListProgrammes)?,
            filters,
        })
    };
    Ok(service.read(actor, queries).await?)
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<QueueQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let filters = Filters::read(&service, &actor.0, &query.0)?;
    let found = load(&service, &actor.0, filters).await?;
    let filters = &found.filters;
    let listing = filters.address(&[]);
    let next = Cursors::of(&service, &actor.0, &listing).seal(found.cases.next.as_ref())?;
    render(&QueuePage {
        now: service.now(),
        tab: filters.tab.to_string(),
        q: filters.q.clone().unwrap_or_default(),
        tabs: tabs(&page, &actor.0, filters, found.counts.as_deref()),
        is_narrowed: !filters.set().is_empty(),
        all_of_tab: format!("/console?tab={}", filters.tab),
        first: filters.after.map(|_| filters.address(&[])),
        next: next.map(|key| filters.address(&[("after", Some(&key))])),
        filters: choices(&page, filters, &found),
        lines: found.cases.lines,
        programmes: found.programmes,
        page,
    })
}

fn counts(ctx: &mut Context<'_, '_>, filters: &Filters) -> Result<Vec<usize>, WorkflowError> {
    let actor = ctx.actor;
    let count = |tab: &Tab| {
        let wanted = Wanted { after: None, ..filters.wanted(*tab, actor) };
        ctx.query(&CountCases { wanted, at_most: COUNT_LIMIT })
    };
    Tab::of(actor).iter().map(count).collect()
}

fn tabs(page: &Page, actor: &Actor, filters: &Filters, counts: Option<&[usize]>) -> Vec<TabItem> {
    let words = |count: usize| match count {
        COUNT_LIMIT.. => format!("{}+", COUNT_LIMIT - 1),
        fewer => fewer.to_string(),
    };
    let item = |(number, tab): (usize, &Tab)| TabItem {
        name: page.t.get(&format!("queue-tab-{tab}")),
        count: counts.and_then(|counts| counts.get(number)).map(|count| words(*count)),
        href: filters.address(&[("tab", Some(tab.as_str()))]),
        is_here: *tab == filters.tab,
    };
    Tab::of(actor).iter().enumerate().map(item).collect()
}

fn choices(page: &Page, filters: &Filters, found: &QueueContents) -> Vec<Filter> {
    let t = page.t;
    let choice = |value: &str, label: String| Choice { value: value.to_owned(), label };
    let batches = found.batches.iter().map(|batch| choice(&batch.id.to_string(), batch.name.clone()));
    let mut directions = Vec::new();
    let mut stages: Vec<Choice> = Vec::new();
    for programme in &found.programmes {
        directions.extend(programme.directions.iter().map(|code| choice(code, words::direction(t, code))));
        for stage in &programme.stages {
            if !stages.iter().any(|known| known.value == stage.code) {
                stages.push(choice(&stage.code, words::stage(t, programme, &stage.code)));
            }
        }
    }
    let states = State::ALL.iter().filter(|state| **state != State::Draft);
    let states = states.map(|state| choice(state.as_str(), t.get(&format!("state-{state}"))));
    let sorts = Sort::ALL.iter().map(|sort| choice(sort.as_str(), t.get(&format!("queue-sort-{sort}"))));
    let filter = |name, label: &str, chosen: Option<String>, choices: Vec<Choice>| Filter {
        name,
        label: t.get(label),
        chosen: chosen.unwrap_or_default(),
        choices,
    };
    let mut all = vec![
        filter("batch", "field-batch", filters.batch.map(|id| id.to_string()), batches.collect()),
        filter("stage", "queue-stage", filters.stage.clone(), stages),
        filter("direction", "field-direction", filters.direction.clone(), directions),
    ];
    if filters.tab == Tab::All {
        all.push(filter(
            "state",
            "people-state",
            filters.state.map(|state| state.to_string()),
            states.collect(),
        ));
    }
    // Search results are ordered by name.
    if filters.q.is_none() {
        all.push(filter("sort", "queue-sort", Some(filters.sort.to_string()), sorts.collect()));
    }
    all
}
