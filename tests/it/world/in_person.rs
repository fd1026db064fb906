//! People's actions without HTTP, through the use cases that the pages call.

use std::rc::Rc;

use corridor::{
    domain::ids::ApplicationId,
    web::{Problem, actions, api::shapes::application::ApplicationBody, form_input},
    workflow::{
        WorkflowError,
        add_evidence::AddEvidence,
        case_command::CaseCommand,
        list_cases::{Among, ListCases, Wanted},
        show_case::{self, CaseView, ShowCase},
        subject::SeenCase,
        view_document::ShowDocument,
    },
};
use serde_json::{Value, json};

use super::{
    World,
    cases::{Case, REQUIRED_EVIDENCE},
    http::Answer,
    many_cases::uploaded,
    people::Person,
};

impl World {
    /// A draft that a person creates. The sponsor that the form names accepts it and owns it too.
    pub async fn draft_in_person(&self, person: &Person, form: &Value) -> Case {
        let new = form_input::read_new(form, "en");
        let direction = new.direction.clone();
        let made = self.service().execute(&person.actor, new).await.unwrap();
        let case = Case { id: made.case.id.to_string(), direction, owner: Rc::clone(&self.sponsor) };
        if made.sponsorship.is_some() {
            self.act(&self.sponsor, &case, json!({ "action": "accept_sponsorship" })).await.expect(200);
        }
        case
    }

    /// Uploads what the programme requires.
    pub async fn add_required_evidence_in_person(&self, person: &Person, case: &Case) {
        self.has_made_up_files.set(true);
        for kind in REQUIRED_EVIDENCE {
            let add = AddEvidence { file: uploaded(kind) }.on(SeenCase::any_version(case.id()));
            self.service().execute(&person.actor, add).await.unwrap();
        }
    }

    /// Changes the form by a merge patch.
    pub async fn edit_in_person(&self, person: &Person, case: &Case, patch: Value) -> Answer {
        let edit = form_input::read_change(&patch).on(SeenCase::any_version(case.id()));
        answer(self.service().execute_then(&person.actor, edit, show_case::view_of).await)
    }

    /// The case as the person sees it.
    pub async fn case_in_person(&self, person: &Person, case: &Case) -> Value {
        answer(self.service().query(&person.actor, ShowCase { case: case.id() }).await).expect(200)
    }

    /// Takes an action through its use case.
    pub(super) async fn act_in_person(&self, person: &Person, case: &Case, action: &Value) -> Answer {
        let action = match actions::read(action) {
            Ok(action) => action.on(SeenCase::any_version(case.id())),
            Err(faults) => return Answer::of_problem(Problem::invalid(faults)),
        };
        answer(self.service().execute_then(&person.actor, action, show_case::view_of).await)
    }

    /// The actions that a person is offered; null if the person may not see the case.
    pub async fn offered(&self, person: &Person, case: &Case) -> Value {
        let seen = self.service().query(&person.actor, ShowCase { case: case.id() }).await;
        seen.map_or(Value::Null, |view| view.available_actions.iter().map(|a| a.as_str()).collect())
    }

    /// The cases in a person's listing, by id.
    pub async fn listed(&self, person: &Person) -> Vec<ApplicationId> {
        self.listed_with(person, Wanted::default()).await
    }

    /// The cases at a stage of the person's authority.
    pub async fn at_own_stages(&self, person: &Person) -> Vec<ApplicationId> {
        self.listed_with(person, Wanted { at_own_stages: true, ..Wanted::default() }).await
    }

    async fn listed_with(&self, person: &Person, wanted: Wanted) -> Vec<ApplicationId> {
        let query = ListCases { among: Among::Visible, wanted, at_most: 200 };
        let page = self.service().query(&person.actor, query).await;
        let mut ids: Vec<_> = page.unwrap().lines.into_iter().map(|line| line.id).collect();
        ids.sort();
        ids
    }

    /// Shows a person the full passport number.
    pub async fn view_passport_number(&self, person: &Person, case: &Case) -> String {
        let show = ShowDocument { case: case.id() };
        self.service().query_recorded(&person.actor, show).await.unwrap().number.unwrap()
    }
}

fn answer(result: Result<CaseView, WorkflowError>) -> Answer {
    match result {
        Ok(view) => Answer::of_body(serde_json::to_value(ApplicationBody::from(view)).unwrap()),
        Err(error) => Answer::of_problem(error.into()),
    }
}
