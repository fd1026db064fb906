//! A sign-up that nobody has confirmed keeps nobody from the address, and is forgotten after a day.

use corridor::{
    domain::actor::{Actor, Role},
    store::account::Account,
    workflow::people::{
        create_account::{CreateAccount, FirstLink},
        list_people::ListAccounts,
    },
};
use jiff::SignedDuration;

use crate::world::{World, http::Request, on_both_databases};

const ADDRESS: &str = "aigerim@mfa.example";
const PASSWORD: &str = "copper kettle meadow 7";

async fn sign_up(world: &World, name: &str) {
    assert_eq!(world.fill_in("/sign-up", &[("email", ADDRESS), ("name", name)]).await.status, 200);
}

/// The paths of the mailed links, the oldest first.
async fn links(world: &World) -> Vec<String> {
    world.mail().await.iter().map(|letter| letter.link().0).collect()
}

/// Chooses a password by a link. Returns the status.
async fn choose(world: &World, link: &str, password: &str) -> u16 {
    let page = world.send(Request::get(link)).await;
    if page.status != 200 {
        return page.status;
    }
    let token = link.split("token=").nth(1).unwrap();
    world.fill_in(link, &[("token", token), ("password", password)]).await.status
}

async fn accounts(world: &World) -> Vec<Account> {
    let list = ListAccounts { after: None, at_most: 200 };
    let mut accounts = world.service().query(&Actor::operator(), list).await.unwrap();
    accounts.retain(|account| account.email == ADDRESS);
    accounts
}

#[test]
fn whoever_confirms_the_address_gets_the_account_under_their_own_name() {
    on_both_databases(async |world| {
        sign_up(world, "A Stranger").await;
        sign_up(world, "Aigerim").await;
        assert_eq!(accounts(world).await.len(), 0, "nothing is confirmed");
        let links = links(world).await;
        assert_eq!(choose(world, &links[1], "short").await, 422);
        assert_eq!(choose(world, &links[1], PASSWORD).await, 303);
        let made = accounts(world).await;
        assert_eq!((made[0].name.as_str(), made[0].roles.as_slice()), ("Aigerim", &[Role::Applicant][..]));
        assert_eq!(choose(world, &links[0], PASSWORD).await, 409, "the other link is used up with it");
        assert_eq!(choose(world, &links[1], PASSWORD).await, 409);
        assert!(world.sign_in(ADDRESS, PASSWORD).await.is_some());
    });
}

#[test]
fn an_administrator_creates_an_account_with_an_address_that_somebody_signed_up_with() {
    on_both_databases(async |world| {
        sign_up(world, "A Stranger").await;
        let arguments = ["--email", ADDRESS, "--role=officer", "--organisation=kz-mfa"];
        let output = world.corridor().args(["account", "create"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // The link came to the address, so its owner has it.
        assert_eq!(choose(world, &links(world).await[0], PASSWORD).await, 303);
        let made = accounts(world).await;
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].roles, [Role::Officer]);
        assert!(world.sign_in(ADDRESS, PASSWORD).await.is_some());
    });
}

#[test]
fn a_locked_account_gets_no_password_by_a_link_from_before() {
    on_both_databases(async |world| {
        sign_up(world, "Aigerim").await;
        let person = world.invite(ADDRESS, &[Role::Officer], Some("kz-mfa")).await;
        world.lock_account(&person).await;
        assert_eq!(choose(world, &links(world).await[0], PASSWORD).await, 409);
        assert_eq!(accounts(world).await[0].password_hash, None);
    });
}

#[test]
fn a_used_link_ends_every_other_link_to_the_address() {
    on_both_databases(async |world| {
        let new = CreateAccount {
            email: ADDRESS.to_owned(),
            name: None,
            roles: vec![Role::Applicant],
            organisation: None,
            language: "en".to_owned(),
            password_hash: None,
            link: FirstLink::Shown,
        };
        let made = world.service().execute(&Actor::operator(), new).await.unwrap();
        let shown = format!("/choose-password?token={}", made.link_token.unwrap());
        sign_up(world, "Aigerim").await;
        assert_eq!(choose(world, &links(world).await[0], PASSWORD).await, 303);
        assert_eq!(choose(world, &shown, PASSWORD).await, 409, "the link that the operator has passed on");

        world.fill_in("/forgot-password", &[("email", ADDRESS)]).await;
        let reset = links(world).await.pop().unwrap();
        // A sign-up from before the account was made.
        let left = "INSERT INTO sign_ups (token_hash, email, email_key, name, language, expires_at)
                    SELECT token_hash, 'aigerim@mfa.example', 'aigerim@mfa.example', 'A', 'en', expires_at
                    FROM one_time_links WHERE used_at IS NULL";
        assert_eq!(world.run(left), Ok(1));
        assert_eq!(choose(world, &reset, PASSWORD).await, 303);
        assert_eq!(world.bytes("SELECT token_hash AS bytes FROM sign_ups").len(), 0);
    });
}

#[test]
fn a_sign_up_that_is_not_confirmed_within_a_day_is_removed() {
    on_both_databases(async |world| {
        sign_up(world, "Aigerim").await;
        let link = links(world).await.remove(0);
        let left = || world.bytes("SELECT token_hash AS bytes FROM sign_ups").len();
        assert_eq!(left(), 1);
        world.advance(SignedDuration::from_hours(24));
        assert_eq!(choose(world, &link, PASSWORD).await, 409);
        world.until("the sign-up is removed", async || left() == 0).await;
        sign_up(world, "Aigerim").await;
        assert_eq!(choose(world, links(world).await.last().unwrap(), PASSWORD).await, 303);
    });
}
