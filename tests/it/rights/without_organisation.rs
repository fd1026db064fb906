//! An account without the organisation that its role needs: every operation is refused with this reason.

use corridor::{
    domain::{
        actor::Role,
        ids::{ApplicationId, BatchId},
    },
    web::{form_input, terms},
    workflow::{
        batch_overview::ShowLedger,
        entrance::Context,
        list_cases::{Among, ListCases, Wanted},
        people::list_people::ListOfficers,
        record_entry::RecordEntry,
    },
};
use serde_json::{Value, json};

use super::{
    operations::{CaseOperation, outcome, outcome_of},
    participants::Participants,
};
use crate::world::{Person, World, on_both_databases, on_databases_of};

const ROLES_WITH_ORGANISATION: [Role; 5] =
    [Role::Sponsor, Role::Officer, Role::Supervisor, Role::BatchManager, Role::Verifier];

fn without_organisation(person: &Person, role: Role) -> Person {
    let mut person = person.clone();
    person.actor.organisation = None;
    person.actor.roles = vec![role];
    person
}

#[test]
fn without_the_organisation_every_operation_is_refused_with_the_reason() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let seen = world.case(&ada).await;
        let evidence = seen["evidence"][0]["id"].as_str().unwrap();
        let number = seen["authorization"]["number"].as_str().unwrap();
        for role in ROLES_WITH_ORGANISATION {
            let person = without_organisation(&participants.aigerim, role);
            for (name, operation) in CaseOperation::all(evidence, None, &participants.aigerim) {
                let answer = outcome(world, &person, &ada, operation).await;
                assert_eq!(answer, "no_organisation", "{name} as {role}");
            }
            let form = world.form(&batch, "Bo");
            for (name, answer) in others(world, &person, &batch, number, form).await {
                assert_eq!(answer, "no_organisation", "{name} as {role}");
            }
        }
    });
}

/// The answers to operations that are not about a case.
async fn others(
    world: &World,
    person: &Person,
    batch: &str,
    number: &str,
    form: Value,
) -> Vec<(&'static str, String)> {
    type Try = Box<dyn Fn(&mut Context<'_, '_>) -> Result<(), corridor::workflow::WorkflowError> + Send>;
    let batch: BatchId = batch.parse().unwrap();
    let entry = RecordEntry { number: number.to_owned(), on: "2026-03-02".parse().unwrap() };
    let terms = json!({ "programme": "cn-kz", "name": "Another", "capacity": 1,
        "travel_from": "2026-03-01", "travel_until": "2026-12-31" });
    let tries: [(&str, Try); 7] = [
        ("list cases", {
            let all = || ListCases { among: Among::Visible, wanted: Wanted::default(), at_most: 10 };
            Box::new(move |ctx| ctx.query(&all()).map(drop))
        }),
        ("begin a draft", {
            let new = form_input::read_new(&form, "en");
            Box::new(move |ctx| ctx.execute(&new).map(drop))
        }),
        ("record an entry", Box::new(move |ctx| ctx.execute(&entry).map(drop))),
        ("plan a batch", {
            let new = terms::read_new(&terms).unwrap();
            Box::new(move |ctx| ctx.execute(&new).map(drop))
        }),
        ("read the ledger", {
            Box::new(move |ctx| ctx.query(&ShowLedger { batch, after: None, at_most: 10 }).map(drop))
        }),
        ("list officers", Box::new(|ctx| ctx.query(&ListOfficers).map(drop))),
        ("see no case", {
            let nothing = ApplicationId(corridor::random::id());
            let see = corridor::workflow::show_case::ShowCase { case: nothing };
            Box::new(move |ctx| ctx.query(&see).map(drop))
        }),
    ];
    let mut answers = Vec::new();
    for (name, operation) in tries {
        answers.push((name, outcome_of(world, person, operation).await));
    }
    answers
}

#[test]
fn without_the_organisation_every_page_opens_or_gives_the_reason() {
    on_databases_of("0e8a793", async |world, saved| {
        world.run("UPDATE accounts SET organisation_id = NULL").unwrap();
        world.restart().await;
        for person in [
            "sponsor@steppe.example",
            "kz-moh@example.org",
            "supervisor@example.org",
            "batches@example.org",
            "verifier@example.org",
        ] {
            let session = &saved.sessions[person];
            assert_eq!(world.page(session, "/account").await.status, 200, "{person} must be signed in");
            let opened = world.browse(session).await;
            let failed: Vec<_> =
                opened.iter().filter(|(_, status)| !matches!(status, 200 | 303 | 403)).collect();
            assert!(failed.is_empty(), "{person}: {failed:?}");
            for path in ["/applications", "/console"] {
                let page = world.page(session, path).await;
                assert_eq!(page.refusal(), (403, "forbidden"), "{person}: {path}");
                assert_eq!(page.body["reason"], "no_organisation", "{person}: {path}");
            }
        }
    });
}
