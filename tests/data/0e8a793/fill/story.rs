//! What happens in the two months before the register is kept.

use corridor::{
    domain::{actor::Actor, lifecycle::State, programme::Programme},
    workflow::apply_programme::{self, CN_KZ},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    super::Batch,
    cases::{Kind, USUAL},
    cast::Fill,
};

/// What brings a case to its decision.
const DECIDED: &str = "submit endorse endorse endorse";

impl Fill<'_> {
    /// A batch that is over.
    pub(super) async fn pilot(&self) {
        let terms = json!({ "name": "Pilot", "capacity": 9, "travel_from": self.day(1), "travel_until": self.day(45) });
        let batch = self.world.open_batch_with(terms).await;
        let kind = Kind { journey: (10, 20), ..USUAL };
        let mut entering = Vec::new();
        for owner in ["applicant@example.org", "sponsor@steppe.example", "sponsor@tianshan.example"] {
            entering.extend(self.cases(&batch, Kind { owner, ..kind }, 2, DECIDED).await);
        }
        let idle = self.cases(&batch, kind, 3, "submit claim endorse endorse endorse").await;
        let waiting = self.cases(&batch, kind, 2, DECIDED).await;
        self.case(&batch, kind, "submit endorse refuse").await;
        self.case(&batch, kind, "submit withdraw").await;
        self.days(11);
        for case in &entering {
            self.enter(*case).await;
        }
        self.days(36);
        for (cases, state) in [(entering, State::Completed), (idle, State::Expired), (waiting, State::Lapsed)]
        {
            for case in cases {
                self.until(case, state).await;
            }
        }
    }

    /// Batches of every order and state, the last ones under the programme's second version.
    pub(super) async fn batches_of_every_kind(&self) {
        self.closed_batches().await;
        self.write(|tx, now| {
            let mut file: Programme = toml::from_str(CN_KZ).unwrap();
            file.rules.respond_days = 12;
            file.stages[2].due_days = 4;
            apply_programme::apply_programme(tx, &Actor::operator(), &file, now).map(drop)
        })
        .await;
        self.batch_by_rank().await;
        let terms =
            json!({ "name": "Lots, not drawn", "capacity": 3, "order": "ballot", "hold_at": "submission" });
        let lots = self.open(terms).await;
        for owner in ["applicant@example.org", "expert@example.org"] {
            self.case(&lots, Kind { owner, ..USUAL }, "submit").await;
        }
        self.cases(&lots, USUAL, 4, "submit").await;
        self.case(&lots, USUAL, "").await;
        let full =
            self.open(json!({ "name": "Without a waitlist", "capacity": 2, "on_full": "refuse" })).await;
        self.cases(&full, USUAL, 2, DECIDED).await;
        self.case(&full, USUAL, "submit endorse endorse").await;
        let later = |days: i64| self.world.now() + SignedDuration::from_hours(24 * days);
        let planned = json!({
            "name": "Batch 2", "capacity": 500, "travel_from": self.day(200), "travel_until": self.day(300),
            "opens_at": later(60), "closes_at": later(90),
        });
        self.world.plan_batch(planned).await.expect(201);
    }

    async fn open(&self, terms: Value) -> Batch {
        let mut all = json!({ "travel_from": self.day(5), "travel_until": self.day(150) });
        json_patch::merge(&mut all, &terms);
        self.world.open_batch_with(all).await
    }

    /// One that the clock closes and one that is drawn, both full.
    async fn closed_batches(&self) {
        let closes_at = self.world.now() + SignedDuration::from_hours(48);
        let spring = self.open(json!({ "name": "Spring", "capacity": 4, "closes_at": closes_at })).await;
        self.cases(&spring, USUAL, 7, DECIDED).await;
        self.case(&spring, USUAL, "submit endorse").await;
        let lots = self.open(json!({ "name": "Lots, drawn", "capacity": 3, "order": "ballot" })).await;
        self.cases(&lots, USUAL, 6, DECIDED).await;
        self.case(&lots, USUAL, "submit").await;
        self.case(&lots, USUAL, "").await;
        self.world.move_batch(&lots, "close").await.expect(200);
        self.days(3);
        let is_closed = async || self.world.batch(&spring).await["state"] == "closed";
        self.world.until("the batch closes", is_closed).await;
    }

    /// One that holds its places from the submission on.
    async fn batch_by_rank(&self) {
        let terms =
            json!({ "name": "Medical experts", "capacity": 3, "order": "ranked", "hold_at": "submission" });
        let batch = self.open(terms).await;
        let mut cases = Vec::new();
        for (category, steps) in [
            ("medical_expert", "submit endorse"),
            ("medical_expert", DECIDED),
            ("medical_expert", "submit"),
            ("business", "submit"),
            ("technical", "submit"),
            ("medical_expert", "submit"),
            ("key_project_expert", "submit"),
        ] {
            cases.push(self.case(&batch, Kind { category, ..USUAL }, steps).await);
        }
        // The place that it held goes to the next in line.
        self.take(cases[2], USUAL, "withdraw").await;
    }

    /// The batch in which most of the work is.
    pub(super) async fn first_batch(&self) {
        let limit =
            |dimension, key, capacity| json!({ "dimension": dimension, "key": key, "capacity": capacity });
        let limits = [
            limit("direction", "CN-KZ", 40),
            limit("direction", "KZ-CN", 40),
            limit("category", "business", 1),
            limit("sponsor", "tianshan", 10),
        ];
        let terms = json!({
            "name": "Batch 1", "capacity": 60, "limits": limits, "travel_from": self.day(-1), "travel_until": self.day(200),
        });
        let batch = self.world.open_batch_with(terms).await;
        self.world.change_batch(&batch, json!({ "capacity": 50 })).await.expect(200);
        for (count, steps) in [
            (3, "submit claim ask-for-a-day"),
            (10, DECIDED),
            (2, "submit claim view unclaim claim endorse endorse refuse"),
            (2, "submit refuse"),
            (3, "submit endorse endorse endorse revoke"),
            (2, "submit endorse endorse endorse surrender"),
            (2, "submit endorse withdraw"),
            (1, "withdraw"),
        ] {
            self.mixed(&batch, count, steps).await;
        }
        for case in self.cases(&batch, Kind { journey: (0, 25), ..USUAL }, 2, DECIDED).await {
            self.enter(case).await;
        }
        self.days(3);
        self.world.until("questions lapse", async || self.count_cases().await[&State::Lapsed] >= 5).await;
        self.in_review(&batch).await;
        self.mixed(&batch, 4, "").await;
        self.case(&batch, USUAL, "edit remove").await;
        self.through_the_api(&batch).await;
    }

    async fn in_review(&self, batch: &Batch) {
        let ill = Kind { has_symptoms: true, ..USUAL };
        for steps in [
            "submit endorse resolve endorse",
            "submit endorse claim resolve",
            "submit endorse",
            "submit endorse",
        ] {
            self.case(batch, ill, steps).await;
        }
        for (days, count, steps) in [
            (0, 4, "submit ask remove edit"),
            (0, 4, "submit claim ask"),
            (0, 5, "submit endorse endorse"),
            (0, 2, "submit endorse endorse claim"),
            (1, 4, "submit ask respond endorse"),
            (0, 6, "submit endorse"),
            (0, 3, "submit endorse claim"),
            (1, 7, "submit"),
            (0, 3, "submit claim"),
        ] {
            self.days(days);
            self.mixed(batch, count, steps).await;
        }
        // The supervisor's own authority decides what goes from China to Kazakhstan.
        loop {
            let case = self.case(batch, USUAL, "submit endorse endorse").await;
            if self.view(case).await.dossier.case.direction == "CN-KZ" {
                return self.take(case, USUAL, "assign").await;
            }
        }
    }

    /// So many cases of different owners and categories.
    async fn mixed(&self, batch: &Batch, count: usize, steps: &str) {
        let kinds = [
            USUAL,
            Kind { owner: "sponsor@tianshan.example", category: "key_project_expert", ..USUAL },
            Kind { owner: "applicant@example.org", ..USUAL },
            Kind { owner: "expert@example.org", category: "medical_expert", ..USUAL },
            Kind { category: "business", ..USUAL },
        ];
        for kind in kinds.iter().cycle().take(count) {
            self.case(batch, *kind, steps).await;
        }
    }

    /// Cases that a program enters, with papers of their own.
    async fn through_the_api(&self, batch: &Batch) {
        let (steppe, nominating) = (&self.world.sponsor, &self.programs["nominating"]);
        for (name, owner, is_submitted) in
            [("Ada", steppe, true), ("Bo", steppe, false), ("Dana", nominating, true)]
        {
            let mut form = self.world.form_to_china(batch, name);
            form["journey"]["arrive_on"] = json!(self.day(30));
            form["journey"]["leave_on"] = json!(self.day(49));
            form["journey"]["itinerary"][0]["from"] = json!(self.day(30));
            form["journey"]["itinerary"][0]["to"] = json!(self.day(49));
            let case = self.world.draft_of(owner, &form).await;
            self.world.add_papers(&case).await;
            if is_submitted {
                self.world.act(owner, &case, json!({ "action": "submit" })).await.expect(200);
                self.world.endorse(&case, "nomination").await;
            }
        }
    }

    pub(super) async fn batch(&self, name: &str) -> Batch {
        let page = self.world.get(&self.world.batch_manager, "/api/v1/batches?limit=200").await;
        let found = page["items"].as_array().unwrap().iter().find(|batch| batch["name"] == name).unwrap();
        Batch::from(found["id"].as_str().unwrap())
    }
}
