//! Officers of a case's authorities write notes for each other.

use serde_json::json;

use crate::world::{World, on_both_databases};

#[test]
fn an_officer_of_any_of_the_cases_authorities_writes_a_note_that_the_applicant_never_sees() {
    on_both_databases(async |world: &World| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&ada, "nomination").await;
        let before = world.case(&ada).await;
        let note = json!({ "action": "note", "note": "The embassy has called." });
        let li = world.officer("li@mofcom.example", "cn-mofcom").await;
        let after = world.act(&li, &ada, note.clone()).await.expect(200);
        assert_eq!((&after["state"], &after["stage"]), (&before["state"], &before["stage"]));

        let history = world.history(&world.reviewers["kz-moh"], &ada).await;
        let written = history.iter().find(|event| event["action"] == "note").unwrap();
        assert_eq!(
            (&written["note"], &written["authority"]),
            (&json!("The embassy has called."), &json!("cn-mofcom")),
            "the note shows its author's authority, not that of the stage"
        );
        let own = world.history(&world.sponsor, &ada).await;
        assert!(own.iter().all(|event| event["action"] != "note"));
        assert!(!world.letter_kinds("Ada").await.iter().any(|message| message.contains("embassy")));
        assert_eq!(world.act(&world.sponsor, &ada, note).await.refusal(), (403, "forbidden"));
    });
}

#[test]
fn a_note_needs_text_and_can_be_written_when_the_case_is_over() {
    on_both_databases(async |world: &World| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.withdraw(&ada).await;
        let officer = &world.reviewers["kz-mfa"];
        for empty in [json!({ "action": "note" }), json!({ "action": "note", "note": "  " })] {
            let answer = world.act(officer, &ada, empty).await;
            assert_eq!(answer.faults(), [("/note".into(), "required".into())]);
        }
        let note = json!({ "action": "note", "note": "Withdrawn by telephone first." });
        let after = world.act(officer, &ada, note).await.expect(200);
        assert_eq!(after["state"], "withdrawn");
        let draft = world.draft(&world.form(&batch, "Bo")).await;
        let early = world.act(officer, &draft, json!({ "action": "note", "note": "Too early." })).await;
        assert_eq!(early.refusal(), (404, "not_found"));
    });
}
