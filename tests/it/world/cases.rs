//! Cases, from an empty form to a decision.

use std::rc::Rc;

use corridor::domain::{ids::ApplicationId, lifecycle::State};
use serde_json::{Value, json};

use super::{
    World,
    batches::Batch,
    http::{Answer, Field, Request},
    people::{Person, Program},
};

/// A small PDF.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

/// The kinds of evidence that every category needs.
pub const REQUIRED_EVIDENCE: [&str; 4] =
    ["passport_page", "invitation_letter", "employment_letter", "health_certificate"];

/// The stages, in order.
pub const STAGES: [&str; 3] = ["nomination", "health", "decision"];

/// A case, and the program that created it.
#[derive(Clone)]
pub struct Case {
    pub id: String,
    pub direction: String,
    pub owner: Rc<Program>,
}

impl Case {
    /// Its address in the API.
    pub fn path(&self) -> String {
        format!("/api/v1/applications/{}", self.id)
    }

    /// Its id, in the library's type.
    pub fn id(&self) -> ApplicationId {
        self.id.parse().unwrap()
    }
}

/// Who acts: a program through HTTP, a person through the use cases.
#[derive(Clone, Copy)]
pub enum Who<'a> {
    Program(&'a Program),
    Person(&'a Person),
}

impl<'a> From<&'a Program> for Who<'a> {
    fn from(program: &'a Program) -> Self {
        Self::Program(program)
    }
}

impl<'a> From<&'a Rc<Program>> for Who<'a> {
    fn from(program: &'a Rc<Program>) -> Self {
        Self::Program(program)
    }
}

impl<'a> From<&'a Person> for Who<'a> {
    fn from(person: &'a Person) -> Self {
        Self::Person(person)
    }
}

/// A valid form, for a traveller with this name and passport number; `day` counts from today.
pub fn form(batch: &str, name: &str, number: u32, day: &dyn Fn(i64) -> String) -> Value {
    let email = format!("{}@travellers.example", name.to_lowercase());
    json!({
        "batch": batch, "direction": "CN-KZ", "category": "technical",
        "applicant": {
            "family_name": "Li", "given_names": name, "native_name": "李", "birth_date": "1980-04-02", "sex": "F",
            "nationality": "CN", "residence": "CN", "email": email, "phone": "+8613800000000",
        },
        "travel_document": {
            "type": "passport", "number": format!("E{number:08}"), "issuer": "CN",
            "issued_on": day(-1886), "expires_on": day(1765),
        },
        "employment": { "employer": "Tianshan Turbines", "position": "Engineer", "host": "Steppe Power" },
        "journey": {
            "purpose": "Repair of a turbine", "arrive_on": day(30), "leave_on": day(49),
            "port_of_entry": "Khorgos",
            "itinerary": [{ "from": day(30), "to": day(49), "place": "Almaty" }],
        },
        "health": { "declarations": {
            "symptoms_14_days": false, "contact_14_days": false, "quarantine_consent": true, "truthful": true,
        } },
    })
}

/// The same traveller, from Kazakhstan to China.
pub fn opposite_direction(mut form: Value) -> Value {
    let difference = json!({
        "direction": "KZ-CN",
        "applicant": { "family_name": "Serikov", "native_name": "Серіков", "nationality": "KZ", "residence": "KZ" },
        "travel_document": { "issuer": "KZ" },
    });
    json_patch::merge(&mut form, &difference);
    form["journey"]["itinerary"][0]["place"] = json!("Ürümqi");
    form
}

impl World {
    /// A valid form, for a traveller with this name and a new passport.
    pub fn form(&self, batch: &Batch, name: &str) -> Value {
        form(batch, name, self.next_number(), &|days| self.day(days))
    }

    /// The same, from Kazakhstan to China.
    pub fn form_to_china(&self, batch: &Batch, name: &str) -> Value {
        opposite_direction(self.form(batch, name))
    }

    /// A draft of the world's sponsor.
    pub async fn draft(&self, form: &Value) -> Case {
        self.draft_of(&self.sponsor, form).await
    }

    /// A draft that a program creates.
    pub async fn draft_of(&self, owner: &Rc<Program>, form: &Value) -> Case {
        let made = self.post(owner, "/api/v1/applications", form).await.expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Case { id: text("id"), direction: text("direction"), owner: Rc::clone(owner) }
    }

    /// An existing case of the world's sponsor.
    pub fn sponsored_case(&self, id: ApplicationId) -> Case {
        Case { id: id.to_string(), direction: "CN-KZ".to_owned(), owner: Rc::clone(&self.sponsor) }
    }

    /// The cases in a program's listing with these filters.
    pub async fn find(&self, who: &Program, filters: &str) -> Vec<Case> {
        let lines = self.every(who, &format!("/api/v1/applications?{filters}")).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let case = |line: &Value| Case {
            direction: text(&line["direction"]),
            ..self.sponsored_case(line["id"].as_str().unwrap().parse().unwrap())
        };
        lines.iter().map(case).collect()
    }

    /// Uploads one document.
    pub async fn add_evidence(&self, case: &Case, kind: &str) -> Answer {
        let fields = [Field::text("kind", kind), Field::file("file", "document.pdf", PDF)];
        let request = Request::post(format!("{}/evidence", case.path())).multipart(&fields);
        self.send_as(&case.owner, request).await
    }

    /// Uploads a document of each kind that every category needs.
    pub async fn add_required_evidence(&self, case: &Case) {
        for kind in REQUIRED_EVIDENCE {
            self.add_evidence(case, kind).await.expect(201);
        }
    }

    /// Changes the form of a case by a merge patch.
    pub async fn edit(&self, case: &Case, patch: Value) -> Answer {
        let version = self.case(case).await["version"].as_i64().unwrap();
        let request = Request::patch(case.path()).if_match(version).json(&patch);
        self.send_as(&case.owner, request).await
    }

    /// Submits a case with this form.
    pub async fn submit_form(&self, form: &Value) -> Case {
        self.submit_form_of(&self.sponsor, form).await
    }

    /// Submits a case of a program with this form.
    pub async fn submit_form_of(&self, owner: &Rc<Program>, form: &Value) -> Case {
        let case = self.draft_of(owner, form).await;
        self.add_required_evidence(&case).await;
        self.act(owner, &case, json!({ "action": "submit" })).await.expect(200);
        case
    }

    /// Submits cases of travellers with these names, in this order.
    pub async fn submit<const N: usize>(&self, batch: &Batch, names: [&str; N]) -> [Case; N] {
        let mut cases = Vec::with_capacity(N);
        for name in names {
            cases.push(self.submit_form(&self.form(batch, name)).await);
        }
        cases.try_into().ok().unwrap()
    }

    /// Takes an action, and returns the answer.
    pub async fn act<'a>(&self, who: impl Into<Who<'a>>, case: &Case, action: Value) -> Answer {
        match who.into() {
            Who::Program(program) => self.post(program, &format!("{}/actions", case.path()), &action).await,
            Who::Person(person) => self.act_in_person(person, case, &action).await,
        }
    }

    /// The program that reviews the case at a stage.
    pub fn reviewer(&self, case: &Case, stage: &str) -> &Rc<Program> {
        let authority = match (case.direction.as_str(), stage) {
            ("CN-KZ", "nomination") => "cn-mofcom",
            ("CN-KZ", "health") => "kz-moh",
            ("CN-KZ", "decision") => "kz-mfa",
            ("KZ-CN", "nomination") => "kz-mti",
            ("KZ-CN", "health") => "cn-nhc",
            ("KZ-CN", "decision") => "cn-mfa",
            other => panic!("no authority reviews {other:?}"),
        };
        &self.reviewers[authority]
    }

    /// Endorses the case at this stage, and returns the changed case.
    pub async fn endorse(&self, case: &Case, stage: &str) -> Value {
        self.act(self.reviewer(case, stage), case, json!({ "action": "endorse" })).await.expect(200)
    }

    /// Endorses each of the cases at every stage, one case after the other.
    pub async fn endorse_every_stage<const N: usize>(&self, cases: [&Case; N]) {
        for case in cases {
            for stage in STAGES {
                self.endorse(case, stage).await;
            }
        }
    }

    /// Withdraws the case.
    pub async fn withdraw(&self, case: &Case) {
        self.act(&case.owner, case, json!({ "action": "withdraw" })).await.expect(200);
    }

    /// Surrenders its authorization.
    pub async fn surrender(&self, case: &Case) {
        self.act(&case.owner, case, json!({ "action": "surrender" })).await.expect(200);
    }

    /// The case as its owner sees it.
    pub async fn case(&self, case: &Case) -> Value {
        self.get(&case.owner, &case.path()).await
    }

    /// The states of the cases.
    pub async fn states<const N: usize>(&self, cases: [&Case; N]) -> [String; N] {
        let mut states = Vec::with_capacity(N);
        for case in cases {
            states.push(self.case(case).await["state"].as_str().unwrap().to_owned());
        }
        states.try_into().ok().unwrap()
    }

    /// Waits until the scheduler has moved the case to this state.
    pub async fn until_state(&self, case: &Case, state: State) {
        self.until(&format!("the case is {state}"), async || {
            self.case(case).await["state"] == state.as_str()
        })
        .await;
    }

    /// The findings that officers see.
    pub async fn findings(&self, case: &Case) -> Vec<Value> {
        let request = Request::get(case.path());
        let seen = self.send_as(self.reviewer(case, "nomination"), request).await.body;
        seen["findings"].as_array().cloned().unwrap_or_default()
    }

    /// The case's history as a program sees it, oldest event first.
    pub async fn history(&self, who: &Program, case: &Case) -> Vec<Value> {
        let page = self.get(who, &format!("{}/events?limit=200", case.path())).await;
        page["items"].as_array().unwrap().clone()
    }
}
