//! Letters are sent through a real mail server, with TLS and a password. While it is down, everything else works.

use jiff::SignedDuration;

use crate::world::{MailServer, Setup, World, on_both_databases_with};

fn setup(server: &MailServer) -> Setup {
    Setup { smtp_url: Some(server.url()), ..Setup::default() }
}

/// The kind of each letter, from its subject, as soon as `count` letters have arrived.
async fn arrived(world: &World, server: &MailServer, count: usize) -> Vec<String> {
    world.until(&format!("{count} letters arrive"), async || server.letters().len() >= count).await;
    server.letters().iter().map(|letter| letter.subject.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn letters_are_sent_over_tls() {
    let server = MailServer::start();
    on_both_databases_with(&setup(&server), async |world| {
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let mut subjects = arrived(world, &server, before + 2).await.split_off(before);
        subjects.sort();
        assert_eq!(subjects, ["Approved", "Received"]);
        let mut letters = server.letters().split_off(before).into_iter();
        let approved = letters.find(|letter| letter.subject.starts_with("Approved")).unwrap();
        let case = world.case(&ada).await;
        let number = case["authorization"]["number"].as_str().unwrap();
        assert_eq!(approved.envelope, "no-reply@localhost ada@travellers.example");
        assert_eq!(approved.from, "Corridor <no-reply@localhost>");
        for body in [&approved.text, &approved.html] {
            assert!(body.contains(number) && body.contains("2 March 2026"), "{body}");
            assert!(!body.contains(case["travel_document"]["number"].as_str().unwrap()), "{body}");
        }
        let reference = case["reference"].as_str().unwrap();
        assert_eq!(approved.subject, format!("Approved: application {reference}"));
        assert!(approved.message_id.ends_with("@corridor.test>"), "{}", approved.message_id);
    });
}

#[test]
fn while_the_mail_server_is_down_cases_move_on_and_letters_are_sent_later() {
    let server = MailServer::start();
    on_both_databases_with(&setup(&server), async |world| {
        let before = server.letters().len();
        server.stop();
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        assert_eq!(world.states([&ada]).await, ["approved"]);
        world.until_an_attempt_has_failed().await;
        assert_eq!(server.letters().len(), before);
        server.run();
        world.advance(SignedDuration::from_mins(1));
        let mut subjects = arrived(world, &server, before + 2).await.split_off(before);
        subjects.sort();
        assert_eq!(subjects, ["Approved", "Received"]);
    });
}
