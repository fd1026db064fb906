//! Cases, and what happens to one of them step by step.

use std::collections::BTreeMap;

use corridor::{
    demo::Traveller,
    domain::{
        actor::{Actor, Role},
        case::Dossier,
        finding::Severity,
        ids::{AccountId, ApplicationId},
        lifecycle::State,
    },
    workflow::{
        WorkflowError,
        act::{self, Act},
        add_evidence,
        create::{self, Create},
        dossier::{self, Target},
        edit,
        list_cases::{self, Wanted},
        refuse::Reasons,
        remove_evidence,
        request_information::RequestInformation,
        show_case, view_document,
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::{super::Batch, cast::Fill};

/// What distinguishes one case from the others.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) owner: &'static str,
    pub(super) language: Option<&'static str>,
    /// Days from now to the journey, and its length.
    pub(super) journey: (i64, i64),
    pub(super) category: &'static str,
    pub(super) has_symptoms: bool,
}

/// What most cases are.
pub(super) const USUAL: Kind = Kind {
    owner: "sponsor@steppe.example",
    language: None,
    journey: (40, 20),
    category: "technical",
    has_symptoms: false,
};

impl Fill<'_> {
    /// The next traveller and the form.
    fn next_traveller(&self, kind: Kind) -> (Traveller, Value) {
        let number = self.number.get() + 1;
        self.number.set(number);
        let mut dice = self.dice.borrow_mut();
        let traveller = Traveller::new(&mut dice, number);
        let today = self.world.now().to_zoned_datetime(TimeZone::UTC).date();
        let arrive = today.saturating_add(kind.journey.0.days());
        let leave = arrive.saturating_add(kind.journey.1.days());
        let mut form = traveller.form(&mut dice, today, arrive, leave);
        if kind.has_symptoms {
            form["health"]["declarations"]["contact_14_days"] = true.into();
        }
        if number.is_multiple_of(9) {
            // The passport ends soon after the journey, as the rules just allow.
            form["travel_document"]["expires_on"] = leave.saturating_add(6.months()).to_string().into();
            form["travel_document"]["mrz"] = Value::Null;
        }
        (traveller, form)
    }

    async fn draft(&self, batch: &Batch, kind: Kind) -> ApplicationId {
        let (traveller, form) = self.next_traveller(kind);
        let create = Create {
            batch: batch.parse().unwrap(),
            direction: traveller.direction.into(),
            category: kind.category.into(),
            language: kind.language.unwrap_or(traveller.language).into(),
            form,
        };
        let (owner, papers) = (self.actor(kind.owner), self.papers.clone());
        self.write(move |tx, now| {
            let dossier = create::create(tx, &owner, &create, now)?;
            let target = Target { case: dossier.case.id, seen_version: None };
            for paper in &papers {
                let asked = dossier.programme.evidence.iter().find(|kind| kind.kind == paper.kind).unwrap();
                if dossier.programme.requires(asked, &dossier.case.category) {
                    add_evidence::add_evidence(tx, &owner, target, paper, now)?;
                }
            }
            Ok(dossier.case.id)
        })
        .await
    }

    /// A new case and what happens to it, step by step.
    pub(super) async fn case(&self, batch: &Batch, kind: Kind, steps: &str) -> ApplicationId {
        let case = self.draft(batch, kind).await;
        for step in steps.split_whitespace() {
            self.take(case, kind, step).await;
        }
        case
    }

    /// So many new cases to which the same happens.
    pub(super) async fn cases(
        &self,
        batch: &Batch,
        kind: Kind,
        count: usize,
        steps: &str,
    ) -> Vec<ApplicationId> {
        let mut cases = Vec::new();
        for _ in 0..count {
            cases.push(self.case(batch, kind, steps).await);
        }
        cases
    }

    pub(super) async fn take(&self, case: ApplicationId, kind: Kind, step: &str) {
        let (owner, people, step) = (self.actor(kind.owner), self.people.clone(), step.to_owned());
        self.write(move |tx, now| {
            let dossier = dossier::visible(tx, &Actor::system(), case)?;
            let target = Target { case, seen_version: None };
            let person = |authority: Option<&str>| {
                people[format!("{}@example.org", authority.unwrap()).as_str()].actor.clone()
            };
            let officer = || person(dossier.current_authority().map(|authority| authority.code.as_str()));
            let actor = match step.as_str() {
                "edit" => {
                    let patch = json!({ "employment": { "position": "Chief engineer" } });
                    return edit::edit(tx, &owner, target, &patch, now).map(drop);
                }
                "remove" => {
                    let paper = show_case::show_case(tx, &owner, case)?.evidence[0].id;
                    return remove_evidence::remove_evidence(tx, &owner, target, paper, now).map(drop);
                }
                "view" => return view_document::view_document(tx, &officer(), case, now).map(drop),
                "submit" | "respond" | "withdraw" | "surrender" => owner.clone(),
                "assign" => people["supervisor@example.org"].actor.clone(),
                "revoke" => person(dossier.deciding_authority().map(|authority| authority.code.as_str())),
                _ => officer(),
            };
            let act = act_of(&step, &dossier, people["kz-mfa@example.org"].id, now);
            act::act(tx, &actor, target, act, now).map(drop)
        })
        .await;
    }

    /// The traveller crosses the border today.
    pub(super) async fn enter(&self, case: ApplicationId) {
        let number = self.view(case).await.authorization.unwrap().number;
        let path = format!("/api/v1/authorizations/{number}/entry");
        self.world.post(&self.programs["border"], &path, &json!({ "on": self.day(0) })).await.expect(204);
    }

    pub(super) async fn view(&self, case: ApplicationId) -> show_case::CaseView {
        let seen: Result<_, WorkflowError> =
            self.world.db().read(move |tx| show_case::show_case(tx, &Actor::system(), case)).await;
        seen.unwrap()
    }

    pub(super) async fn until(&self, case: ApplicationId, state: State) {
        let what = format!("{case} is {state}");
        self.world.until(&what, async || self.view(case).await.dossier.case.state == state).await;
    }

    /// How many cases an auditor sees in each state: none that was never submitted.
    pub(super) async fn count_cases(&self) -> BTreeMap<State, usize> {
        let listed: Result<_, WorkflowError> = self
            .world
            .db()
            .read(|tx| {
                let auditor = Actor { roles: vec![Role::Auditor], ..Actor::operator() };
                list_cases::list_cases(tx, &auditor, &Wanted::default(), 1000)
            })
            .await;
        let mut counts = BTreeMap::new();
        for line in listed.unwrap().lines {
            *counts.entry(line.state).or_default() += 1;
        }
        counts
    }
}

fn act_of(step: &str, dossier: &Dossier, colleague: AccountId, now: Timestamp) -> Act {
    let text = |text: &str| Some(text.to_owned());
    let reasons = |ground: &str| Reasons {
        grounds: vec![ground.to_owned()],
        message: text("The host confirms that its own staff can do the work. 不需要。"),
        note: text("See the papers."),
    };
    let ask = |minutes: Option<i64>| {
        Act::RequestInformation(RequestInformation {
            questions: vec!["Who will be with you?".to_owned(), "Қанша уақытқа?".to_owned()],
            respond_by: minutes.map(|minutes| now + SignedDuration::from_mins(minutes)),
            note: text("The dates differ."),
        })
    };
    match step {
        "submit" => Act::Submit,
        "respond" => Act::Respond { answers: vec!["Nobody.".to_owned(), "Үш апта.".to_owned()] },
        "withdraw" => Act::Withdraw { message: text("Put off.") },
        "surrender" => Act::Surrender { message: text("Not needed.") },
        "claim" => Act::Claim,
        "unclaim" => Act::Unclaim,
        "assign" => Act::Assign { officer: colleague },
        "endorse" => Act::Endorse { note: text("Papers and form agree.") },
        "ask" => ask(None),
        "ask-for-a-day" => ask(Some(24 * 60)),
        "ask-for-minutes" => ask(Some(10)),
        "refuse" => Act::Refuse(reasons("not_essential")),
        "revoke" => Act::Revoke(reasons("employer_unconfirmed")),
        "resolve" => {
            let blocking = dossier.findings.iter().find(|f| f.noticed.severity == Severity::Blocking);
            Act::ResolveFinding { finding: blocking.unwrap().id, note: text("Tested again.") }
        }
        other => panic!("{other}"),
    }
}
