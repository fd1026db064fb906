//! Each case has its own key. Its form, words and messages are sealed under that key and cannot be read without it.

use corridor::{jobs::rotate_keys, workflow::verify};
use serde_json::json;

use crate::world::{Case, World, http::Request, on_both_databases, on_databases_of};

/// The first byte of a value that is sealed under a case key.
const UNDER_CASE_KEY: u8 = 2;

/// All sealed values that belong to a case.
const SEALED: &str = "SELECT form_sealed AS bytes FROM applications
    UNION ALL SELECT words_sealed FROM events WHERE words_sealed IS NOT NULL
    UNION ALL SELECT recipient_sealed FROM notifications WHERE application_id IS NOT NULL
    UNION ALL SELECT contents_sealed FROM notifications WHERE application_id IS NOT NULL";

async fn case_with_an_answer(world: &World) -> Case {
    let batch = world.open_batch(10).await;
    let [ada] = world.submit(&batch, ["Ada"]).await;
    let question = json!({ "action": "request_information", "questions": ["Since when do you work there?"] });
    world.act(world.reviewer(&ada, "nomination"), &ada, question).await.expect(200);
    world.edit(&ada, json!({ "employment": { "position": "Chief engineer" } })).await.expect(200);
    world
        .act(&world.sponsor, &ada, json!({ "action": "respond", "answers": ["Since 2011."] }))
        .await
        .expect(200);
    ada
}

#[test]
fn form_words_and_messages_are_sealed_under_the_key_of_the_case() {
    on_both_databases(async |world| {
        let ada = case_with_an_answer(world).await;
        let sealed = world.bytes(SEALED);
        assert!(sealed.len() >= 8, "{} values", sealed.len());
        assert!(sealed.iter().all(|value| value[0] == UNDER_CASE_KEY));
        assert_eq!(world.bytes("SELECT wrapped_key AS bytes FROM case_keys").len(), 1);

        world.restart().await;
        let words = serde_json::to_string(&world.history(&world.sponsor, &ada).await).unwrap();
        assert!(words.contains("Since 2011.") && words.contains("Chief engineer"), "{words}");
        assert_eq!(world.case(&ada).await["employment"]["position"], "Chief engineer");
    });
}

#[test]
fn a_case_whose_master_key_is_missing_cannot_be_read_or_decided_and_other_cases_can() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.mail().await;
        let reference = world.case(&ada).await["reference"].clone();
        let of_ada = format!("WHERE application_id = {}", world.id_in_sql(&ada));
        let original = world.bytes(&format!("SELECT wrapped_key AS bytes FROM case_keys {of_ada}")).remove(0);
        let mut of_another = original.clone();
        of_another[1] ^= 0xff;
        world.run_with(&format!("UPDATE case_keys SET wrapped_key = $1 {of_ada}"), &of_another);
        world.restart().await;

        let read = world.send_as(&world.sponsor, Request::get(ada.path())).await;
        assert_eq!(read.refusal(), (503, "cannot_decrypt"));
        let endorse = json!({ "action": "endorse" });
        let decided = world.act(world.reviewer(&ada, "nomination"), &ada, endorse).await;
        assert_eq!(decided.refusal(), (503, "cannot_decrypt"));
        world.endorse(&bo, "nomination").await;
        let report = verify::verify(&world.db()).await.unwrap();
        let broken: Vec<_> = report.breaks.iter().map(|found| (found.rule, found.subject.as_str())).collect();
        assert_eq!(broken, [("form_unreadable", reference.as_str().unwrap())]);

        world.run_with(&format!("UPDATE case_keys SET wrapped_key = $1 {of_ada}"), &original);
        world.restart().await;
        assert_eq!(world.case(&ada).await["stage"], "nomination");
    });
}

#[test]
fn values_that_an_earlier_version_sealed_are_resealed_under_case_keys_while_the_service_runs() {
    on_databases_of("0e8a793", async |world, saved| {
        let is_moved = || world.bytes(SEALED).iter().all(|value| value[0] == UNDER_CASE_KEY);
        world.until("every case is resealed", async || is_moved()).await;
        let before = world.bytes("SELECT wrapped_key AS bytes FROM case_keys").len();
        assert!(before > 100, "only {before} cases have a key");
        world.restart().await;

        let rotated = rotate_keys::rotate(&world.service(), |_| ()).await.unwrap();
        assert_eq!((rotated.case_keys, rotated.unreadable), (before, 0));
        let report = verify::verify(&world.db()).await.unwrap();
        assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        let auditor = saved.program("auditor");
        for case in world.find(&auditor, "state=in_review").await {
            let shown = world.get(&auditor, &case.path()).await;
            assert!(shown["applicant"]["family_name"].is_string(), "{shown}");
        }
    });
}
