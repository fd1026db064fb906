//! An unreadable message does not block the other messages, and is not lost.

use corridor::{
    domain::notification::Channel,
    store::{StoreError, Tx, outbox},
};
use jiff::SignedDuration;

use crate::world::{Case, World, on_both_databases};

/// Makes a message of the case due again, with these values in its row.
fn change(world: &World, case: &Case, values: &str) {
    let case = world.id_in_sql(case);
    let changed = world.run(&format!(
        "UPDATE notifications SET state = 'pending', next_attempt_at = created_at, {values} WHERE application_id = {case}"
    ));
    assert_eq!(changed, Ok(1), "{values}");
}

/// The errors of the failed attempts.
fn failures(world: &World) -> Vec<String> {
    let is_sqlite = world.database_url().starts_with("sqlite");
    let text = if is_sqlite { "CAST(detail AS BLOB)" } else { "convert_to(detail, 'UTF8')" };
    let found =
        world.bytes(&format!("SELECT {text} AS bytes FROM delivery_attempts WHERE outcome = 'technical'"));
    let mut found: Vec<String> = found.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
    found.sort();
    found
}

#[test]
fn an_unreadable_message_does_not_block_the_others_and_is_not_lost() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada, bo, cem, dora, eva] = world.submit(&batch, ["Ada", "Bo", "Cem", "Dora", "Eva"]).await;
        assert_eq!(world.mail().await.len(), 5);
        // A later version may add channels and policies.
        for guard in ["channel", "attempt_policy"] {
            world
                .run(&format!("ALTER TABLE notifications DROP CONSTRAINT notifications_{guard}_known"))
                .unwrap();
        }
        change(world, &ada, "message = 'birthday'");
        change(world, &bo, "message = 'approved'");
        let of_cem = world.id_in_sql(&cem);
        let contents = world.bytes(&format!(
            "SELECT contents_sealed AS bytes FROM notifications WHERE application_id = {of_cem}"
        ));
        change(world, &cem, "contents_sealed = recipient_sealed");
        change(world, &dora, "channel = 'pigeon'");
        change(world, &eva, "attempt_policy = 'for_ever'");
        world.submit(&batch, ["Fay"]).await;
        world
            .until("the readable messages are sent, and the others have failed", async || {
                world.sent_to("fay@travellers.example") == 1 && failures(world).len() == 3
            })
            .await;
        assert_eq!(
            failures(world),
            [
                "a sealed value cannot be opened: it was changed or belongs elsewhere",
                "the contents are not those of the message approved",
                "this version does not know the kind of the message",
            ]
        );
        let unsent = "SELECT contents_sealed AS bytes FROM notifications WHERE channel = 'pigeon' AND state = 'pending'";
        assert_eq!(
            world.bytes(unsent).len(),
            1,
            "a message with an unknown channel waits for a version that knows it"
        );
        for repaired in [&ada, &bo, &dora] {
            change(world, repaired, "message = 'received', channel = 'email'");
        }
        let restored = format!(
            "UPDATE notifications SET contents_sealed = $1, next_attempt_at = created_at WHERE application_id = {of_cem}"
        );
        world.run_with(&restored, &contents[0]);
    });
}

#[test]
fn the_database_refuses_a_channel_and_a_policy_that_no_version_knows() {
    on_both_databases(async |world| {
        world.submit(&world.open_batch(10).await, ["Ada"]).await;
        world.mail().await;
        for (column, guard) in [("channel", "channel_known"), ("attempt_policy", "attempt_policy_known")] {
            let refused = world.run(&format!("UPDATE notifications SET {column} = 'pigeon'")).unwrap_err();
            assert!(refused.contains(guard), "{refused}");
        }
    });
}

#[test]
fn a_claim_that_another_instance_has_taken_over_is_not_extended() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let cases = world.submit(&batch, ["Ada", "Bo"]).await;
        world.mail().await;
        let db = world.db();
        world.stop().await;
        let later = |seconds| world.now() + SignedDuration::from_secs(seconds);
        let make_due =
            || world.run("UPDATE notifications SET next_attempt_at = created_at, state = 'pending'").unwrap();
        make_due();
        let claim = async |from: i64, at_most: i64| {
            let (now, until) = (later(from), later(from + 15));
            let claim = move |tx: &mut Tx<'_>| outbox::claim(tx, Channel::Email, now, at_most, until);
            db.write(claim).await.unwrap().iter().map(|due| due.id).collect::<Vec<_>>()
        };
        let own = claim(0, 100).await;
        assert_eq!(own.len(), cases.len());
        let [taken] = claim(16, 1).await[..] else { panic!("the claim has ended") };
        let (claimed, until, new_until) = (own.clone(), later(15), later(32));
        let renew = move |tx: &mut Tx<'_>| outbox::renew(tx, &claimed, until, new_until);
        let kept: Result<Vec<_>, StoreError> = db.write(renew).await;
        let left: Vec<_> = own.into_iter().filter(|id| *id != taken).collect();
        assert_eq!(kept.unwrap(), left);
        make_due();
        world.start().await;
    });
}
