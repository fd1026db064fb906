//! A case that is erased leaves nothing of the person in the database, and its history still holds.

use corridor::{
    domain::{actor::Actor, lifecycle::Action},
    workflow::{WorkflowError, erase_case::EraseCase},
};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use serde_json::json;

use crate::world::{Case, World, http::Request, on_both_databases};

/// What identifies Ada: name in both scripts, address, phone, and words that were exchanged about her.
const TRACES: [&str; 7] =
    ["Zhukova-Ada", "zhukova-ada", "李", "travellers.example", "8613800000000", "Tianshan", "Her mother"];

async fn erase(world: &World, actor: &Actor, case: &Case) -> Result<(), WorkflowError> {
    world.service().execute(actor, EraseCase { case: case.id() }).await
}

/// A case with words, messages, papers and a look at its number, which its sponsor takes back.
async fn withdrawn(world: &World) -> (Case, String) {
    let batch = world.open_batch(10).await;
    let form = world.form(&batch, "Zhukova-Ada");
    let number = form["travel_document"]["number"].as_str().unwrap().to_owned();
    let ada = world.submit_form(&form).await;
    let asked = json!({ "action": "request_information", "questions": ["Her mother lives there?"] });
    world.act(world.reviewer(&ada, "nomination"), &ada, asked).await.expect(200);
    world.edit(&ada, json!({ "applicant": { "phone": "+8613800000000" } })).await.expect(200);
    world.withdraw(&ada).await;
    (ada, number)
}

#[test]
fn nothing_of_the_person_is_left_in_the_database() {
    on_both_databases(async |world| {
        let (ada, number) = withdrawn(world).await;
        let traces: Vec<&str> = TRACES.into_iter().chain([number.as_str()]).collect();
        assert!(!found(world, &traces).await.is_empty(), "the search finds what is there");
        erase(world, &Actor::system(), &ada).await.unwrap();
        assert_eq!(found(world, &traces).await, [""; 0]);
        assert_eq!(world.bytes("SELECT wrapped_key AS bytes FROM case_keys").len(), 0);
    });
}

/// Which of the traces are found in SQLite's file, or in the rows that PostgreSQL dumps.
async fn found<'a>(world: &World, traces: &[&'a str]) -> Vec<&'a str> {
    let url = world.database_url();
    let bytes = match url.strip_prefix("sqlite://") {
        Some(file) => {
            world.stop().await;
            let mut conn = SqliteConnection::establish(file).unwrap();
            conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            drop(conn);
            let bytes = std::fs::read(file).unwrap();
            world.start().await;
            bytes
        }
        None => dumped(world),
    };
    let is_there = |trace: &&&str| bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
    traces.iter().filter(is_there).copied().collect()
}

/// Every row of every table, as text.
fn dumped(world: &World) -> Vec<u8> {
    let tables = world.bytes(
        "SELECT convert_to(table_name, 'UTF8') AS bytes FROM information_schema.tables WHERE table_schema = 'public'",
    );
    let rows = tables.into_iter().flat_map(|table| {
        let table = String::from_utf8(table).unwrap();
        world.bytes(&format!("SELECT convert_to(t::text, 'UTF8') AS bytes FROM {table} AS t"))
    });
    rows.collect::<Vec<_>>().concat()
}

#[test]
fn an_erased_case_is_shown_without_its_form_and_its_history_says_who_and_when() {
    on_both_databases(async |world| {
        let (ada, _) = withdrawn(world).await;
        world.mail().await;
        erase(world, &Actor::system(), &ada).await.unwrap();
        erase(world, &Actor::system(), &ada).await.unwrap();
        let officer = world.officer("officer@kz-moh.example", "kz-moh").await;
        let shown = world.case(&ada).await;
        assert_eq!(
            (&shown["state"], &shown["applicant"]["family_name"]),
            (&json!("withdrawn"), &json!(null))
        );
        assert_eq!(shown["evidence"], json!([]));
        assert!(world.listed(&officer).await.contains(&ada.id()));
        let history = world.history(&world.sponsor, &ada).await;
        let last = history.last().unwrap();
        assert_eq!((&last["action"], &last["at"]), (&json!("erase"), &json!(world.now().to_string())));
        assert!(history.iter().all(|event| event["words"].is_null()), "{history:#?}");
        let taken = world.act(&world.sponsor, &ada, json!({ "action": "withdraw" })).await;
        assert_eq!(taken.refusal(), (409, "action_not_allowed"));
        let again = world.submit_form(&world.form(&world.open_batch(10).await, "Ada")).await;
        assert_eq!(world.states([&again]).await, ["in_review"]);
        assert_eq!(
            world.send_as(&world.sponsor, Request::get("/api/v1/applications?q=Zhukova")).await.status,
            200
        );
    });
}

#[test]
fn only_a_case_that_is_over_is_erased_and_only_by_the_service() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let refused = erase(world, &Actor::system(), &ada).await.unwrap_err();
        assert!(matches!(refused, WorkflowError::ActionNotAllowed { .. }), "{refused}");
        let officer = world.officer("officer@kz-moh.example", "kz-moh").await;
        let refused = erase(world, &officer.actor, &ada).await.unwrap_err();
        assert!(matches!(refused, WorkflowError::Forbidden(_)), "{refused}");
        assert!(
            world
                .history(&world.sponsor, &ada)
                .await
                .iter()
                .all(|event| event["action"] != Action::Erase.as_str())
        );
    });
}
