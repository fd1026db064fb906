//! Listings of cases: those that this actor may see, filtered as requested.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A line of a listing; whose it is; the order, and the key of the next page.
pub use crate::store::case_list::{Assignee, CaseLine, Key, Sort};
use crate::{
    domain::{
        actor::{Actor, Role},
        batch::Batch,
        form,
        ids::BatchId,
        lifecycle::State,
        policy::{self, Operation, Sight},
        programme::Programme,
        reference, typed,
    },
    store::{
        self,
        case_list::{CaseFilter, Jurisdiction, Search, StageAt, Visible},
    },
    workflow::{
        Result,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// The filters of a listing.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are the words of the API")]
pub struct Wanted {
    pub programme: Option<String>,
    pub batch: Option<BatchId>,
    pub states: Vec<State>,
    pub stage: Option<String>,
    pub direction: Option<String>,
    pub assignee: Option<Assignee>,
    /// A sponsor's organisation code.
    pub sponsor: Option<String>,
    /// As typed: a reference, the beginning of a name, or a document's number.
    pub q: Option<String>,
    pub sort: Option<Sort>,
    pub after: Option<Key>,
    /// Officers: only what is at a stage of their own authority.
    pub at_own_stages: bool,
}

/// A page of cases, and where the next one begins.
#[derive(Clone, Debug)]
pub struct CasePage {
    /// The lines.
    pub lines: Vec<CaseLine>,
    /// The start of the next page; none if this is the last page.
    pub next: Option<Key>,
}

/// Whose cases are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// All that the actor may see.
    Visible,
    /// The same, for the console.
    Queue,
    /// Those that the actor applies with, sponsors or entered.
    Own,
    /// Cases of others that the actor's organisation is asked to sponsor.
    Asked,
}

/// At most `at_most` cases.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ListCases {
    pub among: Among,
    pub wanted: Wanted,
    pub at_most: usize,
}

impl Query for ListCases {
    type Subject = Installation;
    type Output = CasePage;

    fn right(&self) -> (Operation, Installation) {
        let operation = match self.among {
            Among::Queue => Operation::ShowQueue,
            Among::Visible | Among::Own | Among::Asked => Operation::ListCases,
        };
        (operation, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<CasePage> {
        let filter = filter(ctx, self.among, &self.wanted)?;
        let mut lines = store::case_list::list(ctx.tx, &filter, self.at_most + 1)?;
        let next = (lines.len() > self.at_most).then(|| {
            lines.truncate(self.at_most);
            lines.last().map(|line| filter.key_of(line))
        });
        mark_asked(ctx, &mut lines)?;
        Ok(CasePage { lines, next: next.flatten() })
    }
}

/// Marks the lines of which the actor may see only reference and name: its organisation is asked to sponsor them.
fn mark_asked(ctx: &mut Context<'_, '_>, lines: &mut [CaseLine]) -> Result<()> {
    let Some(Sight::Asked { sponsor }) = policy::asked_sight(ctx.actor) else { return Ok(()) };
    let unsponsored =
        lines.iter().filter(|line| line.sponsor.is_none()).map(|line| line.id).collect::<Vec<_>>();
    let own = ctx.actor.account().filter(|_| ctx.actor.is(Role::Applicant));
    let asked = store::sponsorship::asked_of_others(ctx.tx, sponsor, &unsponsored, own)?;
    for line in lines.iter_mut().filter(|line| asked.contains(&line.id)) {
        line.shows_name_only = true;
    }
    Ok(())
}

/// How many cases there are in the console, counted up to `at_most`.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct CountCases {
    pub wanted: Wanted,
    pub at_most: usize,
}

impl Query for CountCases {
    type Subject = Installation;
    type Output = usize;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ShowQueue, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<usize> {
        let filter = filter(ctx, Among::Visible, &self.wanted)?;
        Ok(store::case_list::count(ctx.tx, &filter, self.at_most)?)
    }
}

fn filter(ctx: &mut Context<'_, '_>, among: Among, wanted: &Wanted) -> Result<CaseFilter> {
    let (tx, actor) = (&mut *ctx.tx, ctx.actor);
    let sights = match among {
        Among::Visible | Among::Queue => policy::sights(actor),
        Among::Own => policy::own_sight(actor).into_iter().collect(),
        Among::Asked => policy::asked_sight(actor).into_iter().collect(),
    };
    // Nobody's own cases depend on a programme.
    let reviews = sights.iter().any(|sight| !matches!(sight, Sight::Side { .. } | Sight::Asked { .. }));
    let programmes = if reviews { store::programme::all_versions(tx)? } else { Vec::new() };
    let at_stages = if wanted.at_own_stages { own_stages(&programmes, actor) } else { Vec::new() };
    let sponsor = match &wanted.sponsor {
        Some(code) => store::organisation::by_code(tx, code)?.map(|organisation| organisation.id),
        None => None,
    };
    if (wanted.at_own_stages && at_stages.is_empty()) || (wanted.sponsor.is_some() && sponsor.is_none()) {
        return Ok(CaseFilter::of(Visible::Any(Vec::new())));
    }
    Ok(CaseFilter {
        programme: wanted.programme.clone(),
        batch: wanted.batch,
        states: wanted.states.clone(),
        at_stages,
        stage: wanted.stage.clone(),
        direction: wanted.direction.clone(),
        assignee: wanted.assignee,
        sponsor,
        search: wanted
            .q
            .as_deref()
            .filter(|q| !typed::is_blank(q))
            .map(|q| understand(typed::visible(q).trim())),
        sort: wanted.sort.unwrap_or(Sort::Updated),
        after: wanted.after,
        ..CaseFilter::of(Visible::Any(
            sights.iter().filter_map(|sight| visible(&programmes, sight)).collect(),
        ))
    })
}

/// The cases of one sight, as the store finds them. What exists for the service alone is not listed.
fn visible(programmes: &[Arc<Programme>], sight: &Sight) -> Option<Visible> {
    match sight {
        Sight::Side { account, organisation } => {
            Some(Visible::Side { account: *account, organisation: *organisation })
        }
        Sight::Asked { sponsor } => Some(Visible::Asked(*sponsor)),
        Sight::Reviewed { authority } => {
            let reviews = |programme: &Programme, direction: &str| {
                programme.stages.iter().any(|stage| stage.authority.get(direction) == Some(authority))
            };
            Some(Visible::Reviewed(jurisdictions(programmes, reviews)))
        }
        Sight::Submitted => Some(Visible::Reviewed(jurisdictions(programmes, |_, _| true))),
        Sight::Everything => None,
    }
}

/// Each programme in each direction in which some version of it is reviewed, with the stages of those versions.
fn jurisdictions(
    programmes: &[Arc<Programme>],
    is_reviewed: impl Fn(&Programme, &str) -> bool,
) -> Vec<Jurisdiction> {
    type StagesAndVersions<'a> = (BTreeSet<&'a str>, Vec<i32>);
    let mut found: BTreeMap<(&str, &str), StagesAndVersions<'_>> = BTreeMap::new();
    for programme in programmes {
        for direction in programme.directions.iter().filter(|direction| is_reviewed(programme, direction)) {
            let (stages, versions) = found.entry((&programme.code, direction)).or_default();
            stages.extend(programme.stages.iter().map(|stage| stage.code.as_str()));
            versions.push(programme.version);
        }
    }
    let jurisdiction = |((programme, direction), (stages, versions)): (_, (BTreeSet<&str>, Vec<i32>))| {
        let (programme, direction): (&str, &str) = (programme, direction);
        Jurisdiction {
            programme: programme.to_owned(),
            direction: direction.to_owned(),
            stages: stages.into_iter().map(str::to_owned).collect(),
            versions: some_of(programmes, programme, versions),
        }
    };
    found.into_iter().map(jurisdiction).collect()
}

/// Every stage of the actor's authority, in each direction and version.
fn own_stages(programmes: &[Arc<Programme>], actor: &Actor) -> Vec<StageAt> {
    let Some(own) = &actor.organisation else { return Vec::new() };
    let mut found: BTreeMap<(&str, &str, &str), Vec<i32>> = BTreeMap::new();
    for programme in programmes {
        for stage in &programme.stages {
            for (direction, _) in stage.authority.iter().filter(|(_, code)| **code == own.code) {
                let at = (programme.code.as_str(), direction.as_str(), stage.code.as_str());
                found.entry(at).or_default().push(programme.version);
            }
        }
    }
    let at = |((programme, direction, stage), versions): ((&str, &str, &str), Vec<i32>)| StageAt {
        programme: programme.to_owned(),
        direction: direction.to_owned(),
        stage: stage.to_owned(),
        versions: some_of(programmes, programme, versions),
    };
    found.into_iter().map(at).collect()
}

/// None if these are all versions of the programme: then a listing need not filter by version.
fn some_of(programmes: &[Arc<Programme>], code: &str, versions: Vec<i32>) -> Option<Vec<i32>> {
    let all = programmes.iter().filter(|programme| programme.code == code).count();
    (versions.len() < all).then_some(versions)
}

/// A reference, if its check character fits; else the beginning of a name, or a number that any country may have
/// put on a passport.
fn understand(typed: &str) -> Search {
    if let Some(reference) = reference::tidy(typed) {
        return Search::Reference(reference);
    }
    let documents = form::document_number(typed).map_or_else(Vec::new, |number| {
        rust_iso3166::ALL.iter().map(|country| format!("{} {number}", country.alpha2)).collect()
    });
    Search::Text { name: typed.to_lowercase(), documents }
}

/// The batches that a listing of cases can be narrowed by, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct BatchesToChoose;

impl Query for BatchesToChoose {
    type Subject = Installation;
    type Output = Vec<Batch>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ShowQueue, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Batch>> {
        Ok(store::batch::list(ctx.tx, &store::batch::BatchFilter::default(), 100)?)
    }
}
