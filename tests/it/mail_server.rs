//! Letters are sent through a real mail server, with TLS and a password. While it is down, everything else works.

use corridor::{
    domain::{actor::Actor, delivery::DeliveryState},
    workflow::outbox::{ListMessages, ResendMessage},
};
use jiff::SignedDuration;

use crate::world::{Encryption, MailServer, Setup, World, on_both_databases_with};

fn setup(server: &MailServer) -> Setup {
    Setup { smtp_url: Some(server.url()), ..Setup::default() }
}

/// The kind of each letter, from its subject, as soon as `count` letters have arrived.
async fn arrived(world: &World, server: &MailServer, count: usize) -> Vec<String> {
    world.until(&format!("{count} letters arrive"), async || server.letters().len() >= count).await;
    server.letters().iter().map(|letter| letter.subject.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn letters_are_sent_over_tls_that_begins_with_a_command() {
    send_letters(&MailServer::start());
}

#[test]
fn letters_are_sent_over_tls_from_the_beginning() {
    send_letters(&MailServer::start_with(Encryption::Implicit));
}

fn send_letters(server: &MailServer) {
    on_both_databases_with(&setup(server), async |world| {
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse_every_stage([&ada]).await;
        let mut subjects = arrived(world, server, before + 2).await.split_off(before);
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
fn without_encryption_nothing_is_sent_unless_the_settings_allow_it() {
    let server = MailServer::start_with(Encryption::None);
    on_both_databases_with(&setup(&server), async |world| {
        server.restart_with(Encryption::None);
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada"]).await;
        world.until_an_attempt_has_failed().await;
        assert_eq!(failures(world), ["technical tls"]);
        server.restart_with(Encryption::StartTls);
        world.advance(SignedDuration::from_mins(1));
        arrived(world, &server, before + 1).await;
    });
    server.restart_with(Encryption::None);
    let setup = Setup { smtp_url: Some(server.url_without_encryption()), ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada"]).await;
        arrived(world, &server, before + 1).await;
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

/// The failed attempts: outcome and detail, in alphabetical order.
fn failures(world: &World) -> Vec<String> {
    let text = "outcome || ' ' || detail";
    let bytes = match world.database_url().starts_with("sqlite") {
        true => format!("CAST({text} AS BLOB)"),
        false => format!("convert_to({text}, 'UTF8')"),
    };
    let found = world
        .bytes(&format!("SELECT DISTINCT {bytes} AS bytes FROM delivery_attempts WHERE outcome <> 'sent'"));
    let mut found: Vec<String> = found.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
    found.sort();
    found
}

#[test]
fn a_refused_recipient_and_a_broken_connection_stall_no_other_message() {
    let server = MailServer::start();
    on_both_databases_with(&setup(&server), async |world| {
        server.reply(&[
            ("unknown@travellers.example", "550 5.1.1 unknown@travellers.example is unknown"),
            ("greylisted@travellers.example", "450 4.7.1 come back later"),
            ("broken@travellers.example", "close"),
        ]);
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        let cases = world.submit(&batch, ["Unknown", "Greylisted", "Broken", "Ada", "Bo"]).await;
        arrived(world, &server, before + 2).await;
        world.until("three attempts have failed", async || failures(world).len() == 3).await;
        let details = failures(world);
        assert_eq!(details[0], "permanent 550", "{details:?}");
        assert!(details[1] == "temporary 450" && details[2].starts_with("temporary "), "{details:?}");
        // The mailbox exists after all.
        server.reply(&[]);
        let dead = ListMessages { state: DeliveryState::Dead, after: None, at_most: 10 };
        let dead = world.service().query(&Actor::operator(), dead).await.unwrap();
        assert_eq!(dead.len(), 1);
        let again = ResendMessage { message: dead[0].id };
        world.service().execute(&Actor::operator(), again).await.unwrap();
        world.advance(SignedDuration::from_mins(1));
        arrived(world, &server, before + cases.len()).await;
    });
}

#[test]
fn a_refusal_before_the_recipient_is_the_installations_and_abandons_no_message() {
    let server = MailServer::start();
    on_both_databases_with(&setup(&server), async |world| {
        server.reply(&[("MAIL", "550 5.7.1 no-reply@localhost may not send")]);
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        world.submit(&batch, ["Ada", "Bo"]).await;
        world.until_an_attempt_has_failed().await;
        assert_eq!(failures(world), ["technical 550"]);
        server.reply(&[]);
        world.advance(SignedDuration::from_mins(1));
        arrived(world, &server, before + 2).await;
    });
}

#[test]
fn messages_that_a_killed_instance_was_sending_are_sent_soon_and_not_by_two_at_once() {
    let server = MailServer::start();
    let setup = Setup { begins_now: true, ..setup(&server) };
    on_both_databases_with(&setup, async |world| {
        let before = server.letters().len();
        let batch = world.open_batch(10).await;
        world.stop().await;
        server.reply(&[("MAIL", "wait")]);
        world.start_process_with(&[("CORRIDOR_SMTP_URL", server.url().to_string())]);
        world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        let claimed = "SELECT id AS bytes FROM notifications WHERE state = 'pending' AND attempts = 1";
        let claimed = if world.database_url().starts_with("sqlite") {
            claimed.to_owned()
        } else {
            claimed.replace("id AS", "decode(replace(id::text, '-', ''), 'hex') AS")
        };
        world.until("the messages are claimed", async || world.bytes(&claimed).len() == 3).await;
        world.kill_process();
        server.reply(&[]);
        world.start().await;
        if !world.database_url().starts_with("sqlite") {
            // SQLite has one instance, which knows at its start that nobody else is sending.
            assert_eq!(server.letters().len(), before);
            world.advance(SignedDuration::from_secs(20));
        }
        arrived(world, &server, before + 3).await;
    });
}
