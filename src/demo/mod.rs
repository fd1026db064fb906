//! The data of `corridor demo`: organisations, accounts, batches, and about three hundred cases in every state. All of
//! it is created through the use cases, so every invariant holds.

mod accounts;
mod documents;
mod people;
mod plan;
mod rng;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

pub use accounts::{ACCOUNTS, PASSWORD};
pub use people::Traveller;
pub use rng::Rng;

use crate::{
    domain::{
        actor::Actor,
        batch::{Dimension, HoldAt, LimitTerms, OnFull, Ordering, Terms},
        calendar,
        evidence::MediaType,
        form::{Form, Health, TravelDocument},
        ids::{ApplicationId, BatchId},
        lifecycle::Action,
        programme::Programme,
    },
    jobs::{OpenJobs, WorkSlice},
    store::{StoreError, Tx},
    workflow::{
        Service, WorkflowError,
        add_evidence::{AddEvidence, Upload, Uploaded},
        case_command::{CaseAction, CaseCommand},
        claim::Claim,
        create::CreateCase,
        create_batch::CreateBatch,
        endorse::Endorse,
        entrance::Context,
        move_batch::{BatchMove, MoveBatch},
        programmes::ShowProgramme,
        record_entry::RecordEntry,
        refuse::{Reasons, Refuse},
        request_information::RequestInformation,
        respond::Respond,
        revoke::Revoke,
        show_case::ShowCase,
        subject::{SeenBatch, SeenCase},
        submit::Submit,
        tick::{Due, ListDue},
        withdraw::Withdraw,
    },
};
use accounts::Actors;
use plan::{DemoBatch, ENTERED_DAYS_AGO, Move, Outcome, Plan};

/// Why the demo could not be created.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A use case refused: the demo's data has a fault.
    #[error("the demo's world has a fault: {0}")]
    Workflow(#[from] WorkflowError),
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::Workflow(error.into())
    }
}

/// Steps per transaction.
const PER_TRANSACTION: usize = 60;

/// Fills an empty, migrated database that already has the bundled programme.
pub async fn fill(service: &Service, password_hash: &str) -> Result<(), DemoError> {
    let (db, now) = (service.db(), service.now());
    let hash = password_hash.to_owned();
    let long_ago = now - SignedDuration::from_hours(24 * 125);
    let actors: Result<Actors, WorkflowError> = db
        .write(move |tx| accounts::create(&mut Context::new(tx, &Actor::operator(), long_ago), &hash))
        .await;
    let actors = std::sync::Arc::new(actors?);
    let batches: Result<Batches, WorkflowError> = db.write(move |tx| batches(tx, now)).await;
    let batches = batches?;
    let mut rng = Rng::new(2020);
    let plans = plan::plans(&mut rng, now);
    let mut days = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let moves = plan.moves(&mut rng, now).into_iter().filter(|(at, _)| *at < now);
        days.extend(moves.map(|(at, step)| (at, Entry::Case(index, step))));
    }
    // Once a day here; the running service does it every second.
    days.extend((0..120).map(|day| (now - SignedDuration::from_hours(24 * day), Entry::Clock)));
    days.sort_by_key(|(at, _)| *at);
    let documents = save_documents(service).await?;
    let story = std::sync::Arc::new(Story { plans, forms: forms(&mut rng, now), documents, batches, actors });
    let mut cases = BTreeMap::new();
    for piece in days.chunks(PER_TRANSACTION) {
        let (piece, known, story) = (piece.to_vec(), cases, std::sync::Arc::clone(&story));
        let done: Result<_, WorkflowError> = db
            .write(move |tx| {
                let mut cases = known.clone();
                for (at, entry) in &piece {
                    story.carry_out(tx, &mut cases, *at, *entry)?;
                }
                Ok(cases)
            })
            .await;
        cases = done?;
    }
    let closed: Result<(), WorkflowError> = db.write(move |tx| clock(tx, now)).await;
    Ok(closed?)
}

/// An entry of the demo's history.
#[derive(Clone, Copy)]
enum Entry {
    /// A step of a case.
    Case(usize, Move),
    /// The scheduler runs what is due.
    Clock,
}

#[derive(Clone, Copy)]
struct Batches {
    pilot: BatchId,
    first: BatchId,
    medical: BatchId,
}

/// The uploaded file of each kind of document.
type Documents = Vec<Uploaded>;

/// The form of each case, by its number.
type Forms = Box<dyn Fn(usize, &Plan) -> Form + Send + Sync>;

struct Story {
    plans: Vec<Plan>,
    forms: Forms,
    documents: Documents,
    batches: Batches,
    actors: std::sync::Arc<Actors>,
}

fn batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Batches, WorkflowError> {
    let day = |days: i64| calendar::day_in(&TimeZone::UTC, now).saturating_add(days.days());
    let terms = |name: &str, capacity, from: i64, until: i64| Terms {
        name: name.to_owned(),
        capacity,
        limits: Vec::new(),
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: Ordering::FirstCome,
        opens_at: None,
        closes_at: None,
        travel_from: day(from),
        travel_until: day(until),
    };
    let limit =
        |key: &str| LimitTerms { dimension: Dimension::Direction, key: key.to_owned(), capacity: 500 };
    let first = Terms { limits: vec![limit("CN-KZ"), limit("KZ-CN")], ..terms("Batch 1", 1000, 5, 150) };
    let medical = Terms {
        hold_at: HoldAt::Submission,
        ordering: Ordering::Ranked,
        ..terms("Medical experts", 8, 5, 120)
    };
    let operator = Actor::operator();
    let mut ctx = Context::new(tx, &operator, now - SignedDuration::from_hours(24 * 122));
    let mut plan = |terms: &Terms, open: bool| -> Result<BatchId, WorkflowError> {
        let new = CreateBatch { programme: "cn-kz".to_owned(), terms: terms.clone() };
        let id = ctx.execute(&new)?.id;
        if open {
            let batch = SeenBatch { id, version: None };
            ctx.execute(&MoveBatch { batch, step: BatchMove::Open })?;
        }
        Ok(id)
    };
    let batches = Batches {
        pilot: plan(&terms("Pilot", 12, -95, -10), true)?,
        medical: plan(&medical, true)?,
        first: plan(&first, true)?,
    };
    plan(&terms("Batch 2", 1000, 151, 300), false)?;
    Ok(batches)
}

/// Saves one file for each kind of document. All cases share them.
async fn save_documents(service: &Service) -> Result<Documents, DemoError> {
    let query = ShowProgramme { code: "cn-kz".to_owned() };
    let programme = service.query(&Actor::operator(), query).await?;
    let mut documents = Vec::new();
    for kind in &programme.evidence {
        let mut upload = Upload::begin(service).await?;
        upload.write(&documents::pdf(&kind.name.en, "Corridor")).await?;
        let name = format!("{}.pdf", kind.kind.replace('_', "-"));
        documents.push(upload.finish(kind.kind.clone(), name, MediaType::Pdf).await?);
    }
    Ok(documents)
}

/// The forms of the cases. The same case always gets the same form, because a transaction may be retried.
fn forms(rng: &mut Rng, now: Timestamp) -> Forms {
    let seed = rng.between(1, 1 << 40);
    Box::new(move |number, plan| {
        let number = i64::try_from(number).unwrap_or_default();
        let mut rng = Rng::new(u64::try_from(seed ^ number).unwrap_or_default());
        // Those of the pilot batch are under way on the day on which they cross the border.
        let ((earliest, latest), shortest) = match plan.batch {
            DemoBatch::Pilot => ((-80, -ENTERED_DAYS_AGO - 2), 80 - ENTERED_DAYS_AGO + 2),
            DemoBatch::First | DemoBatch::Medical => ((10, 60), 6),
        };
        let arrive =
            calendar::day_in(&TimeZone::UTC, now).saturating_add(rng.between(earliest, latest).days());
        let leave = arrive.saturating_add(rng.between(shortest, 45).days());
        let mut form =
            plan.traveller.form(&mut rng, calendar::day_in(&TimeZone::UTC, plan.begun_at), arrive, leave);
        if plan.has_symptoms {
            form.health.declarations.insert("contact_14_days".to_owned(), true);
        }
        form
    })
}

/// Runs what is due, as the scheduler does.
fn clock(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), WorkflowError> {
    let system = Actor::system();
    let mut ctx = Context::new(tx, &system, now);
    for due in ctx.query(&ListDue)? {
        match due {
            Due::Journey(check) => ctx.execute(&check)?,
            Due::Case(case) => ctx.execute(&case)?,
            Due::Batch(batch) => ctx.execute(&batch)?,
            Due::Sponsor(notice) => ctx.execute(&notice)?,
            Due::Untidy | Due::Files => {}
        }
    }
    for job in ctx.query(&OpenJobs { waiting: 0 })? {
        ctx.execute(&WorkSlice { job, at_most: 1000 })?;
    }
    Ok(())
}

impl Story {
    fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        cases: &mut BTreeMap<usize, ApplicationId>,
        at: Timestamp,
        entry: Entry,
    ) -> Result<(), WorkflowError> {
        let (index, step) = match entry {
            Entry::Clock => return clock(tx, at),
            Entry::Case(index, step) => (index, step),
        };
        let plan = &self.plans[index];
        match (step, cases.get(&index)) {
            (Move::Begin, _) => {
                cases.insert(index, self.begin(tx, index, at)?);
            }
            (Move::Take(action), Some(case)) => self.take(tx, plan, *case, action, at)?,
            (Move::Enter, Some(case)) => self.enter(tx, *case, at)?,
            (_, None) => {}
        }
        Ok(())
    }

    fn begin(&self, tx: &mut Tx<'_>, index: usize, at: Timestamp) -> Result<ApplicationId, WorkflowError> {
        let plan = &self.plans[index];
        let side = self.side(plan);
        let mut form = (self.forms)(index, plan);
        let is_draft = plan.outcome == Outcome::Ends(crate::domain::lifecycle::State::Draft);
        if is_draft {
            // This applicant has not entered the passport yet.
            form.travel_document = TravelDocument::default();
            form.health = Health::default();
        }
        let new = CreateCase {
            batch: match plan.batch {
                DemoBatch::Pilot => self.batches.pilot,
                DemoBatch::First => self.batches.first,
                DemoBatch::Medical => self.batches.medical,
            },
            direction: plan.traveller.direction.to_owned(),
            category: self.category(plan).to_owned(),
            language: plan.traveller.language.to_owned(),
            form,
            faults: Vec::new(),
        };
        let mut ctx = Context::new(tx, &side, at).without_day_limits();
        let dossier = ctx.execute(&new)?;
        let case = SeenCase::any_version(dossier.case.id);
        for paper in self.documents.iter().filter(|_| !is_draft) {
            if dossier.programme.evidence.iter().any(|kind| {
                kind.kind == paper.kind && dossier.programme.requires(kind, &dossier.case.category)
            }) {
                ctx.execute(&AddEvidence { file: paper.clone() }.on(case))?;
            }
        }
        Ok(dossier.case.id)
    }

    fn category(&self, plan: &Plan) -> &'static str {
        const CATEGORIES: [&str; 5] =
            ["technical", "key_project_expert", "business", "technical", "key_project_expert"];
        match plan.batch {
            DemoBatch::Medical => "medical_expert",
            _ => CATEGORIES[plan.traveller.family_name.len() % CATEGORIES.len()],
        }
    }

    /// The applicant, or one of the sponsors.
    fn side(&self, plan: &Plan) -> Actor {
        if let Some(email) = plan.applicant {
            return self.actors.by_email(email);
        }
        let sponsors = self.actors.sponsors();
        sponsors[plan.traveller.given_names.len() % sponsors.len()].clone()
    }

    fn take(
        &self,
        tx: &mut Tx<'_>,
        plan: &Plan,
        case: ApplicationId,
        action: Action,
        at: Timestamp,
    ) -> Result<(), WorkflowError> {
        let dossier = Context::new(tx, &Actor::system(), at).query(&ShowCase { case })?.dossier;
        let stage = dossier.case.stage.as_deref().and_then(|stage| dossier.authority_of(stage));
        let deciding = dossier.deciding_authority().map(|authority| authority.code.as_str());
        let actor = match action {
            Action::Submit | Action::Respond | Action::Withdraw => self.side(plan),
            Action::Revoke => self.actors.officer_of(deciding.unwrap_or_default()),
            _ => self.actors.officer_of(stage.unwrap_or_default()),
        };
        // A finding blocks the endorsement: the case stays at its stage.
        if action == Action::Endorse && dossier.blocking_findings().next().is_some() {
            return Ok(());
        }
        let Some(action) = with_texts(action, &dossier.programme) else { return Ok(()) };
        Context::new(tx, &actor, at).execute(&action.on(SeenCase::any_version(case)))?;
        Ok(())
    }

    fn enter(&self, tx: &mut Tx<'_>, case: ApplicationId, at: Timestamp) -> Result<(), WorkflowError> {
        let view = Context::new(tx, &Actor::system(), at).query(&ShowCase { case })?;
        let border = self.actors.by_email("verifier@demo.example");
        if let Some(authorization) = view.authorization {
            let (number, on) = (authorization.number, calendar::day_in(&TimeZone::UTC, at));
            Context::new(tx, &border, at).execute(&RecordEntry { number, on })?;
        }
        Ok(())
    }
}

/// An action with texts that fit it.
fn with_texts(action: Action, programme: &Programme) -> Option<CaseAction> {
    let reasons = |ground: &str, message: &str| Reasons {
        grounds: vec![ground.to_owned()],
        message: Some(message.to_owned()),
        note: Some("See the papers.".to_owned()),
    };
    debug_assert!(programme.ground("not_essential").is_some());
    let action = match action {
        Action::Submit => CaseAction::Submit(Submit),
        Action::Claim => CaseAction::Claim(Claim),
        Action::Endorse => CaseAction::Endorse(Endorse { note: Some("Papers and form agree.".to_owned()) }),
        Action::RequestInformation => CaseAction::RequestInformation(RequestInformation {
            questions: vec![
                "Who will be with you on the spot, and for how long?".to_owned(),
                "Please upload the page of the contract that names the term.".to_owned(),
            ],
            respond_by: None,
            note: Some("The dates of invitation and contract differ.".to_owned()),
        }),
        Action::Respond => CaseAction::Respond(Respond {
            answers: vec!["I travel alone; two local colleagues join me for the whole stay.".to_owned()],
        }),
        Action::Refuse => {
            let message = "The host confirms that the work can be done by its own staff.";
            CaseAction::Refuse(Refuse { reasons: reasons("not_essential", message) })
        }
        Action::Revoke => {
            let message = "The employer told us that you no longer work there.";
            CaseAction::Revoke(Revoke { reasons: reasons("employer_unconfirmed", message) })
        }
        Action::Withdraw => {
            CaseAction::Withdraw(Withdraw { message: Some("The journey was put off.".to_owned()) })
        }
        _ => return None,
    };
    Some(action)
}

#[cfg(test)]
mod tests;
