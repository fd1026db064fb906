//! Whoever has an account is told by mail when its password is changed, and by which way out it is theirs again.

use corridor::domain::actor::Role;

use crate::world::{World, http::Request, on_both_databases};

const ADDRESS: &str = "li.na@example.cn";
const PASSWORD: &str = "copper kettle meadow 7";
const NEW: &str = "violet anchor harbour 9";

async fn letters_about_changes(world: &World) -> Vec<String> {
    let letters = world.mail().await;
    let told = letters.into_iter().filter(|letter| letter.subject == "Your password was changed");
    told.map(|letter| {
        assert_eq!(letter.to, ADDRESS);
        letter.text
    })
    .collect()
}

async fn by_link(world: &World, page: &str, fields: &[(&str, &str)], password: &str) -> u16 {
    world.fill_in(page, fields).await;
    let letters = world.mail().await;
    let (link, token) = letters.last().unwrap().link();
    assert_eq!(world.send(Request::get(&link)).await.status, 200);
    world.fill_in(&link, &[("token", &token), ("password", password)]).await.status
}

#[test]
fn a_changed_password_is_told_to_the_owner_of_the_address() {
    on_both_databases(async |world| {
        let person = world.person_with_password(ADDRESS, &[Role::Applicant], None, PASSWORD).await;
        let session = world.session(&person).await;
        let change = async |current: &str| {
            let fields = [("current", current), ("password", NEW)];
            world.send_in_session(&session, "/account", "/account/password", &fields).await.status
        };
        assert_eq!(change("wrong").await, 422);
        assert_eq!(letters_about_changes(world).await, [""; 0]);
        assert_eq!(change(PASSWORD).await, 303);
        let told = letters_about_changes(world).await;
        assert_eq!(told.len(), 1);
        let at = world.now().strftime("%H:%M UTC").to_string();
        assert!(
            told[0].contains(&at) && told[0].contains("http://corridor.test/forgot-password"),
            "{}",
            told[0]
        );
        assert!(!told[0].contains(NEW));
        assert_eq!(by_link(world, "/forgot-password", &[("email", ADDRESS)], PASSWORD).await, 303);
        assert_eq!(letters_about_changes(world).await.len(), 2);
    });
}

#[test]
fn the_first_password_of_an_account_is_no_change() {
    on_both_databases(async |world| {
        let new = [("email", ADDRESS), ("name", "Li Na")];
        assert_eq!(by_link(world, "/sign-up", &new, PASSWORD).await, 303);
        assert_eq!(letters_about_changes(world).await, [""; 0]);
        assert_eq!(
            by_link(world, "/sign-up", &new, NEW).await,
            303,
            "it has an account: the link is for a new password"
        );
        assert_eq!(letters_about_changes(world).await.len(), 1);
    });
}
