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
    cast::Cast,
    deeds::{Deed, outcome, tried},
};
use crate::world::{Person, World, on_both_databases, on_registers_of};

const NEEDY: [Role; 5] = [Role::Sponsor, Role::Officer, Role::Supervisor, Role::BatchManager, Role::Verifier];

fn without_organisation(person: &Person, role: Role) -> Person {
    let mut person = person.clone();
    person.actor.organisation = None;
    person.actor.roles = vec![role];
    person
}

#[test]
fn whoever_has_lost_the_organisation_is_refused_with_the_reason_whatever_is_tried() {
    on_both_databases(async |world| {
        let cast = Cast::gather(world).await;
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let seen = world.case(&ada).await;
        let paper = seen["evidence"][0]["id"].as_str().unwrap();
        let number = seen["authorization"]["number"].as_str().unwrap();
        for role in NEEDY {
            let person = without_organisation(&cast.aigerim, role);
            for (name, deed) in Deed::all(paper, None, &cast.aigerim) {
                let answer = outcome(world, &person, &ada, deed).await;
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
    for (name, deed) in tries {
        answers.push((name, tried(world, person, deed).await));
    }
    answers
}

#[test]
fn the_pages_of_somebody_without_an_organisation_open_or_say_why_not() {
    on_registers_of("0e8a793", async |world, register| {
        world.run("UPDATE accounts SET organisation_id = NULL").unwrap();
        world.restart().await;
        for person in [
            "sponsor@steppe.example",
            "kz-moh@example.org",
            "supervisor@example.org",
            "batches@example.org",
            "verifier@example.org",
        ] {
            let session = &register.sessions[person];
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
