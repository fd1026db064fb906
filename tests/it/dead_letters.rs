//! A message that was abandoned is shown where the case is and to administrators, and can be sent again with the same
//! `Message-ID`. Nobody reads its address there.

use corridor::domain::actor::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Case, MailServer, Setup, World, on_both_databases_with};

const REFUSED: (&str, &str) = ("ada@travellers.example", "550 5.1.1 ada@travellers.example is unknown");

fn setup(server: &MailServer) -> Setup {
    Setup { smtp_url: Some(server.url()), ..Setup::default() }
}

/// The messages about a case, as a program reads them.
async fn messages(world: &World, case: &Case) -> Vec<Value> {
    let body = world.get(&world.reviewers["cn-mofcom"], &format!("{}/messages", case.path())).await;
    body["items"].as_array().unwrap().clone()
}

/// A submitted case whose message was abandoned.
async fn with_a_dead_letter(world: &World, server: &MailServer) -> (Case, String) {
    server.reply(&[REFUSED]);
    let batch = world.open_batch(10).await;
    let [ada] = world.submit(&batch, ["Ada"]).await;
    let is_dead = async || messages(world, &ada).await.first().is_some_and(|first| first["state"] == "dead");
    world.until("the message is abandoned", is_dead).await;
    let id = messages(world, &ada).await[0]["id"].as_str().unwrap().to_owned();
    (ada, id)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

const WORDS: &str = "could not be delivered";

#[test]
fn an_abandoned_message_is_shown_on_the_case_and_sent_again_from_the_page() {
    let server = MailServer::start();
    on_both_databases_with(&setup(&server), async |world| {
        let before = server.letters().len();
        let (ada, id) = with_a_dead_letter(world, &server).await;
        let reference = world.case(&ada).await["reference"].as_str().unwrap().to_owned();
        let officer = world.officer("li@mofcom.example", "cn-mofcom").await;
        let representative = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let (officer, representative, admin) = (
            world.session(&officer).await,
            world.session(&representative).await,
            world.session(&admin).await,
        );
        let of_officer = format!("/console/cases/{}", ada.id);
        let of_side = format!("/applications/{}", ada.id);

        for (session, page) in [(&officer, &of_officer), (&representative, &of_side)] {
            let shown = text(world.page(session, page).await.bytes);
            assert!(shown.contains(WORDS) && shown.contains("Received"), "{shown}");
        }
        for who in [&world.sponsor, &world.reviewers["cn-mofcom"]] {
            let body = world.get(who, &format!("{}/messages", ada.path())).await;
            let first = &body["items"][0];
            assert_eq!(
                (&first["message"], &first["failure"]),
                (&json!("received"), &json!("permanent: 550"))
            );
            assert!(!body.to_string().contains("travellers.example"), "{body}");
        }
        let listed = text(world.page(&admin, "/admin/messages").await.bytes);
        assert!(listed.contains(&reference) && listed.contains(&id) && listed.contains("550"), "{listed}");
        assert!(!listed.contains("travellers.example"), "{listed}");

        server.reply(&[]);
        let version = world.case(&ada).await["version"].clone();
        let again = format!("/admin/messages/{id}/resend");
        let sent = world.send_in_session(&admin, "/admin/messages", &again, &[]).await;
        assert_eq!(sent.status, 303);
        // A second click changes nothing.
        assert_eq!(world.send_in_session(&admin, "/admin/messages", &again, &[]).await.status, 303);
        world.until("the message arrives", async || server.letters().len() > before).await;
        let letter = server.letters().pop().unwrap();
        assert!(letter.message_id.contains(&id), "{}", letter.message_id);
        world.until("the message is sent", async || messages(world, &ada).await[0]["state"] == "sent").await;
        for (session, page) in [(&officer, &of_officer), (&representative, &of_side)] {
            assert!(!text(world.page(session, page).await.bytes).contains(WORDS));
        }
        assert!(!text(world.page(&admin, "/admin/messages").await.bytes).contains(&id));

        assert_eq!(world.case(&ada).await["version"], version, "it moves nothing");
        let of =
            |lines: Vec<Value>| lines.into_iter().rfind(|line| line["action"] == "resend_message").unwrap();
        let told = of(world.history(&world.reviewers["cn-mofcom"], &ada).await);
        assert_eq!((&told["actor"], &told["facts"]["message"]), (&json!("admin"), &json!("received")));
        let told = of(world.history(&world.sponsor, &ada).await);
        assert_eq!((&told["actor"], &told["facts"]["message"]), (&Value::Null, &json!("received")));
    });
}

#[test]
fn an_abandoned_message_is_sent_again_by_the_command_line() {
    let server = MailServer::start();
    let setup = Setup { begins_now: true, ..setup(&server) };
    on_both_databases_with(&setup, async |world| {
        let before = server.letters().len();
        let (_, id) = with_a_dead_letter(world, &server).await;
        let run = |arguments: &[&str]| {
            let output = world.corridor().arg("mail").args(arguments).output().unwrap();
            (output.status.code(), text(output.stdout), text(output.stderr))
        };
        let (code, table, _) = run(&["list"]);
        assert_eq!(code, Some(0));
        assert!(
            table.contains(&id) && table.contains("received") && table.contains("permanent: 550"),
            "{table}"
        );
        assert!(!table.contains("travellers.example"), "{table}");
        let (_, listed, _) = run(&["list", "--state", "dead", "--json"]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["id"]), (1, &json!(id)));
        for wrong in
            [&["resend"][..], &["resend", "--dead", &id], &["list", "--state", "lost"], &["resend", "x"]]
        {
            let (code, _, words) = run(wrong);
            assert!(code == Some(2) && !words.is_empty(), "{wrong:?}: {code:?} {words}");
        }
        let unknown = uuid::Uuid::nil().to_string();
        assert_eq!(run(&["resend", &unknown]).0, Some(1));
        assert_eq!(server.letters().len(), before);
        server.reply(&[]);
        let (_, resent, _) = run(&["resend", "--dead", "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&resent).unwrap(), json!({ "resent": 1 }));
        // The world's clock stands still, the command's does not.
        world.advance(SignedDuration::from_mins(10));
        world.until("the message arrives", async || server.letters().len() > before).await;
        assert!(server.letters().pop().unwrap().message_id.contains(&id));
        // The server has the message a moment before the outbox knows.
        world.until_outbox_is_empty().await;
        assert!(run(&["list"]).1.contains("There are no such messages"));
    });
}
