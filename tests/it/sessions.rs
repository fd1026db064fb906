//! People see where they are signed in and end what they do not know. A session that nobody uses ends by itself.

use corridor::domain::actor::Role;
use jiff::SignedDuration;

use crate::world::{Person, World, http::Request, on_both_databases};

const ADDRESS: &str = "li.na@example.cn";
const PASSWORD: &str = "copper kettle meadow 7";

async fn li_na(world: &World) -> Person {
    world.person_with_password(ADDRESS, &[Role::Applicant], None, PASSWORD).await
}

async fn sign_in(world: &World) -> String {
    world.sign_in(ADDRESS, PASSWORD).await.unwrap()
}

async fn is_open(world: &World, session: &str) -> bool {
    world.page(session, "/account").await.status == 200
}

/// The sessions that the account page lists: what names each in its form, and whether it is marked as the reader's.
async fn listed(world: &World, session: &str) -> Vec<(String, bool)> {
    let html = String::from_utf8(world.page(session, "/account").await.bytes).unwrap();
    let rows = html.split("<li>").filter(|row| row.contains("name=\"session\""));
    rows.map(|row| {
        let name = row.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        (name.to_owned(), row.contains("This session"))
    })
    .collect()
}

/// Ends a session by its name. Returns the page that follows.
async fn end(world: &World, session: &str, name: &str) -> String {
    let fields = [("session", name)];
    let ended = world.send_in_session(session, "/account", "/account/sessions/end", &fields).await;
    assert_eq!(ended.status, 303);
    ended.header("Location").to_owned()
}

/// The stored times of the last use.
fn uses(world: &World) -> Vec<Vec<u8>> {
    let column = match world.database_url().starts_with("sqlite") {
        true => "CAST(max(last_seen_at) AS BLOB)",
        false => "convert_to(max(last_seen_at)::text, 'UTF8')",
    };
    world.bytes(&format!("SELECT {column} AS bytes FROM sessions"))
}

/// Waits until the use at this time is written down.
async fn until_noted(world: &World, before: &[Vec<u8>]) {
    world.until("the use is noted", async || uses(world) != before).await;
}

#[test]
fn one_session_is_ended_and_the_others_go_on() {
    on_both_databases(async |world| {
        li_na(world).await;
        let stranger = world.person("eve@example.org", &[Role::Applicant], None).await;
        let stranger = world.session(&stranger).await;
        let (here, there) = (sign_in(world).await, sign_in(world).await);
        world.advance(SignedDuration::from_mins(1));
        let third = sign_in(world).await;
        let sessions = listed(world, &here).await;
        assert_eq!(sessions.len(), 3);
        assert_eq!(sessions.iter().filter(|(_, is_here)| *is_here).count(), 1);
        let name_of = async |session: &str| {
            listed(world, session).await.into_iter().find(|(_, is_here)| *is_here).unwrap().0
        };
        assert_eq!(sessions[0].0, name_of(&third).await, "the one that was used last");
        let name = name_of(&there).await;
        assert!(!name.contains(&there));
        end(world, &stranger, &name).await;
        assert!(is_open(world, &there).await, "nobody ends the sessions of others");
        assert_eq!(end(world, &here, &name).await, "/account");
        assert!(!is_open(world, &there).await && is_open(world, &here).await && is_open(world, &third).await);
        assert_eq!(end(world, &here, "none").await, "/account");
        assert_eq!(end(world, &here, &name_of(&here).await).await, "/sign-in");
        assert!(!is_open(world, &here).await && is_open(world, &third).await);
    });
}

#[test]
fn the_list_says_where_and_when() {
    on_both_databases(async |world| {
        li_na(world).await;
        let form = world.open_form("/sign-in").await;
        let signed_in =
            world.send_form_from(&form, &[("email", ADDRESS), ("password", PASSWORD)], "203.0.113.9").await;
        let cookie = signed_in.header("Set-Cookie").split(';').next().unwrap();
        let page = world.send(Request::get("/account").header("Cookie", cookie)).await;
        let html = String::from_utf8(page.bytes).unwrap();
        let at = world.now().strftime("%H:%M UTC").to_string();
        assert!(
            html.contains("203.0.113.9") && html.contains("Unknown browser") && html.contains(&at),
            "{html}"
        );
    });
}

#[test]
fn a_session_ends_after_two_hours_without_use_and_after_twelve_in_all() {
    on_both_databases(async |world| {
        li_na(world).await;
        let (used, left) = (sign_in(world).await, sign_in(world).await);
        for hour in 1..12 {
            let before = uses(world);
            world.advance(SignedDuration::from_hours(1));
            assert!(is_open(world, &used).await, "{hour}");
            until_noted(world, &before).await;
            if hour == 1 {
                assert_eq!(listed(world, &used).await.len(), 2);
            }
            if hour == 2 {
                assert!(!is_open(world, &left).await);
            }
        }
        world.advance(SignedDuration::from_hours(1));
        assert!(!is_open(world, &used).await);
    });
}

#[test]
fn the_use_of_a_session_is_written_down_at_most_every_five_minutes() {
    on_both_databases(async |world| {
        li_na(world).await;
        let session = sign_in(world).await;
        let first = uses(world);
        world.advance(SignedDuration::from_secs(299));
        for _ in 0..5 {
            assert!(is_open(world, &session).await);
        }
        world.advance(SignedDuration::from_secs(1));
        assert_eq!(uses(world), first);
        assert!(is_open(world, &session).await);
        until_noted(world, &first).await;
        let at = world.now().strftime("%M:%S").to_string();
        assert!(
            String::from_utf8_lossy(&uses(world)[0]).contains(&at),
            "noted at the fifth minute, not before"
        );
    });
}
