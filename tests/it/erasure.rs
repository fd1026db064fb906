//! Erasure removes the person's data from the database and the data folder. The history of the case stays valid.

use std::fs;

use corridor::{
    domain::{
        actor::{Actor, Role},
        lifecycle::Action,
    },
    keyring::Keyring,
    store::{Db, Tx},
    workflow::{
        WorkflowError, case_command::CaseCommand, entrance::Context, erase_case::EraseCase,
        remove_evidence::RemoveEvidence, subject::SeenCase,
    },
};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use serde_json::json;

use crate::world::{
    Case, REQUIRED_EVIDENCE, World,
    http::{Answer, Field, Request},
    on_both_databases,
};

/// Data that identifies Ada: name in both scripts, addresses, phone, employer, and an officer's question about her.
const TRACES: [&str; 7] =
    ["Zhukova-Ada", "zhukova-ada", "李", "travellers.example", "8613800000000", "Tianshan", "Her mother"];

async fn erase(world: &World, actor: &Actor, case: &Case) -> Result<(), WorkflowError> {
    world.service().execute(actor, EraseCase { case: case.id() }).await
}

/// A withdrawn case with documents, messages, a question and a changed form. Also returns its passport number.
async fn withdrawn(world: &World) -> (Case, String) {
    let batch = world.open_batch(10).await;
    let form = world.form(&batch, "Zhukova-Ada");
    let number = form["travel_document"]["number"].as_str().unwrap().to_owned();
    let ada = world.submit_form(&form).await;
    let question = json!({ "action": "request_information", "questions": ["Her mother lives there?"] });
    world.act(world.reviewer(&ada, "nomination"), &ada, question).await.expect(200);
    world.edit(&ada, json!({ "applicant": { "phone": "+8613800000000" } })).await.expect(200);
    world.withdraw(&ada).await;
    (ada, number)
}

#[test]
fn no_data_of_the_person_is_left_in_the_database() {
    on_both_databases(async |world| {
        let (ada, number) = withdrawn(world).await;
        let traces: Vec<&str> = TRACES.into_iter().chain([number.as_str()]).collect();
        assert!(!found(world, &traces).await.is_empty(), "the search must find existing data");
        erase(world, &Actor::system(), &ada).await.unwrap();
        assert_eq!(found(world, &traces).await, [""; 0]);
        assert_eq!(world.bytes("SELECT wrapped_key AS bytes FROM case_keys").len(), 0);
    });
}

/// The traces that are in SQLite's file or in PostgreSQL's rows.
async fn found<'a>(world: &World, traces: &[&'a str]) -> Vec<&'a str> {
    let bytes = bytes_of_database(world).await;
    traces.iter().filter(|trace| contains(&bytes, trace.as_bytes())).copied().collect()
}

fn contains(bytes: &[u8], trace: &[u8]) -> bool {
    bytes.windows(trace.len()).any(|window| window == trace)
}

/// SQLite's file, or PostgreSQL's rows as text.
async fn bytes_of_database(world: &World) -> Vec<u8> {
    let url = world.database_url();
    match url.strip_prefix("sqlite://") {
        Some(file) => {
            world.stop().await;
            let mut conn = SqliteConnection::establish(file).unwrap();
            // SQLite refuses a checkpoint at once while another one runs.
            let log = format!("{file}-wal");
            world
                .until("the log is copied", async || {
                    let copied =
                        conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA wal_checkpoint(TRUNCATE)");
                    copied.is_ok() && std::fs::metadata(&log).is_ok_and(|log| log.len() == 0)
                })
                .await;
            drop(conn);
            let bytes = std::fs::read(file).unwrap();
            world.start().await;
            bytes
        }
        None => dumped(world),
    }
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

const KEY: &str = "Idempotency-Key";

/// Uploads a document that contains Ada's name, with an idempotency key.
async fn upload(world: &World, case: &Case, kind: &str, key: &str) -> Answer {
    let content = format!("%PDF-1.4\n% {}\n%%EOF\n", TRACES[0]);
    let fields = [Field::text("kind", kind), Field::file("file", "document.pdf", content.as_bytes())];
    let request = Request::post(format!("{}/evidence", case.path())).multipart(&fields).header(KEY, key);
    world.send_as(&world.sponsor, request).await
}

/// A withdrawn draft. All requests had idempotency keys; one of them was refused.
async fn withdrawn_with_keys(world: &World, name: &str) -> Case {
    let form = world.form(&world.open_batch(10).await, name);
    let request =
        |path: String, body, key: &str| Request::post(path).json(body).header(KEY, format!("{name}-{key}"));
    let made = world.send_as(&world.sponsor, request("/api/v1/applications".into(), &form, "made")).await;
    let case = world.sponsored_case(made.expect(201)["id"].as_str().unwrap().parse().unwrap());
    upload(world, &case, "passport_page", &format!("{name}-document")).await.expect(201);
    let wrong = json!({ "action": "respond", "answers": ["No."] });
    let actions = format!("{}/actions", case.path());
    world.send_as(&world.sponsor, request(actions.clone(), &wrong, "refused")).await.expect(409);
    let withdraw = json!({ "action": "withdraw" });
    world.send_as(&world.sponsor, request(actions, &withdraw, "withdrawn")).await.expect(200);
    case
}

#[test]
fn the_answers_that_are_stored_for_repeats_are_erased_with_their_case() {
    on_both_databases(async |world| {
        let stored_answers = || world.bytes("SELECT answer_sealed AS bytes FROM idempotency_keys");
        withdrawn_with_keys(world, "Bo").await;
        let of_bo = stored_answers();
        let ada = withdrawn_with_keys(world, TRACES[0]).await;
        let of_ada: Vec<_> = stored_answers().into_iter().filter(|answer| !of_bo.contains(answer)).collect();
        assert_eq!((of_bo.len(), of_ada.len()), (4, 4));
        erase(world, &Actor::system(), &ada).await.unwrap();
        let left = stored_answers();
        assert!(
            left.len() == 4 && left.iter().all(|answer| of_bo.contains(answer)),
            "{} are left",
            left.len()
        );
        if world.database_url().starts_with("sqlite") {
            let bytes = bytes_of_database(world).await;
            assert!(contains(&bytes, &of_bo[0][..40]), "the search must find existing data");
            for answer in of_ada {
                assert!(!contains(&bytes, &answer[..40]), "the file still contains an answer about the case");
            }
        }
    });
}

fn to_remove(world: &World) -> usize {
    let names = world.bytes_of("storage_name");
    world.bytes(&format!("SELECT {names} AS bytes FROM files_to_remove")).len()
}

/// A withdrawn case of Ada's, one of whose documents was removed after an officer may have seen it. Bo's draft has a
/// document too. Returns the number of Ada's files.
async fn withdrawn_with_documents(world: &World) -> (Case, usize) {
    let batch = world.open_batch(10).await;
    let bo = world.draft(&world.form(&batch, "Bo")).await;
    world.add_evidence(&bo, "passport_page").await.expect(201);
    let [ada] = world.submit(&batch, ["Ada"]).await;
    let question = json!({ "action": "request_information", "questions": ["A better scan?"] });
    world.act(world.reviewer(&ada, "nomination"), &ada, question).await.expect(200);
    let evidence = world.case(&ada).await["evidence"][0]["id"].as_str().unwrap().parse().unwrap();
    let sponsor = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await.actor;
    let remove = RemoveEvidence { evidence }.on(SeenCase::any_version(ada.id()));
    world.service().execute(&sponsor, remove).await.unwrap();
    world.withdraw(&ada).await;
    (ada, REQUIRED_EVIDENCE.len())
}

#[test]
fn the_uploaded_files_of_an_erased_case_are_removed_and_no_others() {
    on_both_databases(async |world| {
        let (ada, of_ada) = withdrawn_with_documents(world).await;
        assert_eq!(world.files().len(), 1 + of_ada);
        erase(world, &Actor::system(), &ada).await.unwrap();
        world.until("the files are removed", async || world.files().len() <= 1).await;
        world.until("nothing is left to remove", async || to_remove(world) == 0).await;
        assert_eq!(world.files().len(), 1, "the files of other cases stay");
    });
}

#[test]
fn a_crash_after_an_erasure_leaves_no_file_for_ever() {
    on_both_databases(async |world| {
        let (ada, of_ada) = withdrawn_with_documents(world).await;
        world.until_outbox_is_empty().await;
        world.stop().await;
        // Runs only the transaction: the scheduler, which removes the files, is stopped.
        let keyring = Keyring::load(&world.folder().join("secret.key")).unwrap().unwrap();
        let db = Db::open(&world.database_url(), 4, std::sync::Arc::new(keyring)).unwrap();
        let (erase, now) = (EraseCase { case: ada.id() }, world.now());
        let erased: Result<_, WorkflowError> =
            db.write(move |tx: &mut Tx<'_>| Context::new(tx, &Actor::system(), now).execute(&erase)).await;
        erased.unwrap();
        drop(db);
        assert_eq!((world.files().len(), to_remove(world)), (1 + of_ada, of_ada));
        // As after another crash, between the removal of a file and of its row.
        let names = world.bytes_of("storage_name");
        let name = world.bytes(&format!("SELECT {names} AS bytes FROM files_to_remove")).remove(0);
        let name = String::from_utf8(name).unwrap();
        fs::remove_file(world.folder().join("files").join(&name[..2]).join(&name)).unwrap();

        world.start().await;
        world.until("the files are removed", async || to_remove(world) == 0).await;
        assert_eq!(world.files().len(), 1);
    });
}
