//! What people do without HTTP: the use cases that the pages call.

use std::rc::Rc;

use corridor::{
    domain::ids::ApplicationId,
    web::{Problem, actions, api::shapes::application::ApplicationBody, form_input},
    workflow::{
        WorkflowError, act, create,
        dossier::Target,
        list_cases::{self, Wanted},
        show_case, view_document,
    },
};
use serde_json::Value;

use super::{World, cases::Case, http::Answer, people::Person};

impl World {
    /// A draft that somebody begins in person. The sponsor that the form names owns it too.
    pub async fn draft_in_person(&self, person: &Person, form: &Value) -> Case {
        let draft = form_input::read_new(form, "en");
        let (actor, now) = (person.actor.clone(), self.now());
        let direction = draft.direction.clone();
        let made: Result<_, WorkflowError> =
            self.db().write(move |tx| create::create(tx, &actor, &draft, now)).await;
        Case { id: made.unwrap().case.id.to_string(), direction, owner: Rc::clone(&self.sponsor) }
    }

    /// Takes an action by its use case.
    pub(super) async fn act_in_person(&self, person: &Person, case: &Case, action: &Value) -> Answer {
        let (actor, now) = (person.actor.clone(), self.now());
        let target = Target { case: case.id(), seen_version: None };
        let wish = match actions::read(action) {
            Ok(wish) => wish,
            Err(faults) => return Answer::of_problem(Problem::invalid(faults)),
        };
        let done: Result<_, WorkflowError> = self
            .db()
            .write(move |tx| {
                let dossier = act::act(tx, &actor, target, wish.clone(), now)?;
                show_case::view_of(tx, &actor, dossier)
            })
            .await;
        match done {
            Ok(view) => Answer::of_body(serde_json::to_value(ApplicationBody::from(view)).unwrap()),
            Err(error) => Answer::of_problem(error.into()),
        }
    }

    /// The actions that a person is offered; null if the person may not see the case.
    pub async fn offered(&self, person: &Person, case: &Case) -> Value {
        let (actor, id) = (person.actor.clone(), case.id());
        let seen: Result<_, WorkflowError> =
            self.db().read(move |tx| show_case::show_case(tx, &actor, id)).await;
        seen.map_or(Value::Null, |view| view.available_actions.iter().map(|a| a.as_str()).collect())
    }

    /// The cases that a person's listing shows, by id.
    pub async fn listed(&self, person: &Person) -> Vec<ApplicationId> {
        let actor = person.actor.clone();
        let page: Result<_, WorkflowError> =
            self.db().read(move |tx| list_cases::list_cases(tx, &actor, &Wanted::default(), 200)).await;
        let mut ids: Vec<_> = page.unwrap().lines.into_iter().map(|line| line.id).collect();
        ids.sort();
        ids
    }

    /// Shows the full number of the passport to a person.
    pub async fn look_at_passport(&self, person: &Person, case: &Case) -> String {
        let (actor, id, now) = (person.actor.clone(), case.id(), self.now());
        let shown: Result<_, WorkflowError> =
            self.db().write(move |tx| view_document::view_document(tx, &actor, id, now)).await;
        shown.unwrap().number.unwrap()
    }
}
