//! What a case's own people read in its history: no names of officers or border guards, no notes, no findings, nothing of
//! how officers share their work. By API and on the page.

use corridor::domain::actor::{OrganisationKind, Role, Scope};
use serde_json::{Value, json};

use crate::world::on_both_databases;

/// Words of the officers that nobody else may read.
const SECRETS: [&str; 6] = ["Secret note", "earlier_refusal", "finding", "A program", "zhang", "border"];

fn actions(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["action"].as_str().unwrap()).collect()
}

#[test]
fn the_own_side_reads_what_the_table_says_and_nothing_else() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let refused = world.form(&batch, "Ada");
        let first = world.submit_form(&refused).await;
        let refuse =
            json!({ "action": "refuse", "grounds": ["security"], "message": "No.", "note": "Secret note" });
        world.act(&world.reviewers["cn-mofcom"], &first, refuse).await.expect(200);
        // The same passport again: screening notices the earlier refusal.
        let ada = world.submit_form(&refused).await;
        let officer = world.person("zhang@mofcom.example", &[Role::Officer], Some("cn-mofcom")).await;
        world.act(&officer, &ada, json!({ "action": "claim" })).await.expect(200);
        let ask =
            json!({ "action": "request_information", "questions": ["Which plant?"], "note": "Secret note" });
        world.act(&officer, &ada, ask).await.expect(200);
        world
            .act(&world.sponsor, &ada, json!({ "action": "respond", "answers": ["Plant 7."] }))
            .await
            .expect(200);
        world.act(&officer, &ada, json!({ "action": "note", "note": "Secret note" })).await.expect(200);
        world.act(&officer, &ada, json!({ "action": "unclaim" })).await.expect(200);
        world.endorse_every_stage([&ada]).await;
        let number = world.case(&ada).await["authorization"]["number"].as_str().unwrap().to_owned();
        world.organisation("border", OrganisationKind::Verifier).await;
        let border = world.program("border", &[Scope::AuthorizationsVerify]).await;
        let path = format!("/api/v1/authorizations/{number}/entry");
        assert_eq!(world.post(&border, &path, &json!({ "on": world.day(0) })).await.status, 204);

        let own = world.history(&world.sponsor, &ada).await;
        assert_eq!(
            actions(&own),
            [
                "create",
                "add_evidence",
                "add_evidence",
                "add_evidence",
                "add_evidence",
                "submit",
                "request_information",
                "respond",
                "endorse",
                "endorse",
                "endorse",
                "record_entry"
            ]
        );
        for line in &own {
            let is_own_act =
                ["create", "add_evidence", "submit", "respond"].contains(&line["action"].as_str().unwrap());
            assert_eq!(line["actor"].is_string(), is_own_act, "{line}");
            let words = line.to_string();
            let told = SECRETS.iter().filter(|secret| **secret != "A program" || !is_own_act);
            for secret in told {
                assert!(!words.contains(secret), "{secret}: {line}");
            }
        }
        let asked = own.iter().find(|line| line["action"] == "request_information").unwrap();
        assert_eq!(
            (&asked["questions"], &asked["authority"]),
            (&json!(["Which plant?"]), &json!("cn-mofcom"))
        );
        assert!(asked["facts"]["respond_by"].is_string());

        // The authorities read all of it.
        let all = world.history(&world.reviewers["cn-mofcom"], &ada).await;
        let words = Value::from(all.clone()).to_string();
        assert!(words.contains("Secret note") && words.contains("earlier_refusal"), "{words}");
        for kind in ["claim", "unclaim", "note"] {
            let line = all.iter().find(|line| line["action"] == kind).unwrap();
            assert_eq!((&line["actor"], &line["authority"]), (&json!("zhang"), &json!("cn-mofcom")));
        }

        let representative = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let session = world.session(&representative).await;
        let page = world.page(&session, &format!("/applications/{}", ada.id)).await;
        let page = String::from_utf8(page.bytes).unwrap();
        assert!(
            page.contains("Which plant?") && !page.contains("Secret note") && !page.contains("zhang"),
            "{page}"
        );
    });
}
