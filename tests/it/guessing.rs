//! Passwords and secrets cannot be guessed: of many guesses at once only a few are checked, and a stranger's guesses do
//! not keep the owner out. Nobody has many mails sent to others, or makes a link useless.

use std::time::{Duration, Instant};

use actix_web::rt;
use corridor::{
    domain::{
        actor::{Role, Scope},
        limits::HASHES_WAITING,
    },
    password,
    store::{self, StoreError, counted::Counted},
    workflow::{
        WorkflowError,
        people::sign_in::{Device, sign_in},
    },
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::world::{Person, World, http::Request, on_both_databases};

const EMAIL: &str = "li.na@example.cn";
const PASSWORD: &str = "copper kettle meadow 7";

/// A person with a password.
async fn li_na(world: &World) -> Person {
    world.person_with_password(EMAIL, &[Role::Applicant], None, PASSWORD).await
}

/// The status of a sign-in with this password through the page, and the seconds to wait.
async fn try_in_browser(world: &World, password: &str) -> (u16, String) {
    let answer = world.fill_in("/sign-in", &[("email", EMAIL), ("password", password)]).await;
    (answer.status, answer.header("Retry-After").to_owned())
}

/// The guesses of all addresses that are counted for a network.
async fn guesses_from(world: &World, network: &str) -> usize {
    let counted = Counted::PasswordsFrom { network: network.to_owned() };
    let found: Result<Option<(i32, Timestamp)>, StoreError> =
        world.db().write(move |tx| store::counted::count(tx, &counted, Timestamp::UNIX_EPOCH)).await;
    found.unwrap().map_or(0, |(count, _)| usize::try_from(count).unwrap())
}

/// A sign-in from a network.
async fn try_from(world: &World, network: &str, password: &str) -> Result<(), WorkflowError> {
    let (service, device) = (world.service(), Device { network: network.to_owned(), ..Device::default() });
    sign_in(&service, EMAIL.to_owned(), password.to_owned(), device, None).await.map(drop)
}

#[test]
fn of_120_guesses_at_once_at_most_ten_are_checked() {
    on_both_databases(async |world| {
        li_na(world).await;
        let form = world.open_form("/sign-in").await;
        let guess = |number: usize| {
            let password =
                if number == 90 { PASSWORD.to_owned() } else { format!("wrong guess number {number}") };
            let form = &form;
            async move { world.send_form(form, &[("email", EMAIL), ("password", &password)]).await }
        };
        let answers = join_all((0..120).map(guess)).await;
        let checked = answers.iter().filter(|answer| answer.status != 429).count();
        // A right guess begins a new count.
        let most = if answers.iter().any(|answer| answer.status == 303) { 20 } else { 10 };
        assert!((1..=most).contains(&checked), "{checked}");
        for refused in answers.iter().filter(|answer| answer.status == 429) {
            let seconds: u32 = refused.header("Retry-After").parse().unwrap();
            assert!((1..=900).contains(&seconds), "{seconds}");
        }
    });
}

#[test]
fn after_ten_wrong_passwords_the_network_waits_a_quarter_of_an_hour() {
    on_both_databases(async |world| {
        li_na(world).await;
        for _ in 0..9 {
            assert_eq!(try_in_browser(world, "wrong").await.0, 401);
        }
        assert_eq!(try_in_browser(world, PASSWORD).await.0, 303);
        for _ in 0..10 {
            assert_eq!(try_in_browser(world, "wrong").await.0, 401, "a right one begins a new count");
        }
        assert_eq!(try_in_browser(world, PASSWORD).await, (429, "900".to_owned()));
        world.advance(SignedDuration::from_mins(15));
        assert_eq!(try_in_browser(world, PASSWORD).await.0, 303);
    });
}

#[test]
fn a_strangers_guesses_do_not_keep_the_owner_out_and_many_strangers_do_not_guess_on() {
    on_both_databases(async |world| {
        li_na(world).await;
        for _ in 0..10 {
            assert!(matches!(try_from(world, "192.0.2.1", "wrong").await, Err(WorkflowError::SignInFailed)));
        }
        let refused = try_from(world, "192.0.2.1", PASSWORD).await;
        assert!(matches!(refused, Err(WorkflowError::TooManyAttempts { .. })), "{refused:?}");
        try_from(world, "198.51.100.7", PASSWORD).await.unwrap();
        let mut checked = 0;
        for host in 0..30 {
            for _ in 0..5 {
                match try_from(world, &format!("203.0.113.{host}"), "wrong").await {
                    Err(WorkflowError::SignInFailed) => checked += 1,
                    refused => assert!(matches!(refused, Err(WorkflowError::TooManyAttempts { .. }))),
                }
            }
        }
        assert_eq!(checked, 100);
    });
}

#[test]
fn a_network_that_guesses_passwords_of_many_addresses_is_limited() {
    on_both_databases(async |world| {
        li_na(world).await;
        let service = world.service();
        let guess = async |number: usize| {
            let email = format!("guest{}@example.org", number % 100);
            let device = Device { network: "192.0.2.1".to_owned(), ..Device::default() };
            sign_in(&service, email, "wrong".into(), device, None).await.map(drop)
        };
        // Right ones are not counted.
        for _ in 0..20 {
            try_from(world, "192.0.2.1", PASSWORD).await.unwrap();
        }
        let mut checked = 0;
        // Few enough at a time for the queue.
        for few in 0..52 {
            for result in join_all((few * 10..few * 10 + 10).map(guess)).await {
                match result {
                    Err(WorkflowError::SignInFailed) => checked += 1,
                    refused => assert!(matches!(refused, Err(WorkflowError::TooManyAttempts { .. }))),
                }
            }
        }
        assert_eq!(checked, 500);
        let refused = try_from(world, "192.0.2.1", PASSWORD).await;
        assert!(matches!(refused, Err(WorkflowError::TooManyAttempts { .. })), "{refused:?}");
        try_from(world, "198.51.100.7", PASSWORD).await.unwrap();
    });
}

#[test]
fn a_crowd_that_signs_in_is_turned_away_with_a_number_and_a_time() {
    on_both_databases(async |world| {
        let person = li_na(world).await;
        let session = world.session(&person).await;
        let form = world.open_form("/sign-in?next=/account").await;
        let crowd = password::threads() * (HASHES_WAITING + 1) * 2;
        let sign_in = |number: usize| {
            let (form, email) = (&form, format!("guest{number}@example.org"));
            let fields =
                [("email", email), ("password", "wrong".to_owned()), ("next", "/account".to_owned())];
            async move {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                world.send_form(form, &fields).await
            }
        };
        let answers = join_all((0..crowd).map(sign_in)).await;
        let turned_away: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
        assert!(!turned_away.is_empty() && turned_away.len() < crowd);
        for answer in &turned_away {
            let seconds: u32 = answer.header("Retry-After").parse().unwrap();
            assert!((1..=62).contains(&seconds), "{seconds}");
            let body = String::from_utf8_lossy(&answer.bytes);
            assert!(body.contains(&format!("content=\"{seconds};url=/sign-in?next=%2Faccount\"")), "{body}");
            assert!(body.contains("ahead of you"), "{body}");
        }
        assert_eq!(world.page(&session, "/account").await.status, 200, "who is signed in goes first");
        // Who was turned away has not guessed: of the counted guesses, only those that were checked stay.
        let checked = crowd - turned_away.len();
        assert_eq!(guesses_from(world, "127.0.0.1").await, checked);
    });
}

#[test]
fn an_answer_about_an_address_takes_as_long_whether_it_has_an_account_or_not() {
    on_both_databases(async |world| {
        li_na(world).await;
        for email in [EMAIL, "nobody@example.org"] {
            let begun = Instant::now();
            assert_eq!(world.fill_in("/forgot-password", &[("email", email)]).await.status, 200);
            // What depends on the account is done long before.
            assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
        }
        world.until_outbox_is_empty().await;
        assert_eq!(world.mail().await.len(), 1);
    });
}

#[test]
fn an_address_without_an_account_is_limited_in_the_same_way() {
    on_both_databases(async |world| {
        for _ in 0..10 {
            assert_eq!(try_in_browser(world, "wrong").await.0, 401);
        }
        assert_eq!(try_in_browser(world, "wrong").await.0, 429);
    });
}

#[test]
fn the_current_password_cannot_be_guessed_without_a_limit() {
    on_both_databases(async |world| {
        let person = li_na(world).await;
        let session = world.session(&person).await;
        let change = async |current: &str| {
            let fields = [("current", current), ("password", "violet anchor harbour 9")];
            world.send_in_session(&session, "/account", "/account/password", &fields).await
        };
        for _ in 0..10 {
            assert_eq!(change("wrong").await.status, 422);
        }
        let refused = change(PASSWORD).await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "900"));
        let page = String::from_utf8(refused.bytes).unwrap();
        assert!(page.contains("Wait 15 minutes") && page.contains("name=\"current\""), "{page}");
        world.advance(SignedDuration::from_mins(15));
        assert_eq!(change(PASSWORD).await.status, 303);
    });
}

#[test]
fn the_right_password_is_no_guess_when_the_new_one_is_refused() {
    on_both_databases(async |world| {
        let person = li_na(world).await;
        let session = world.session(&person).await;
        for _ in 0..11 {
            let fields = [("current", PASSWORD), ("password", "short")];
            let refused = world.send_in_session(&session, "/account", "/account/password", &fields).await;
            assert_eq!(refused.status, 422);
        }
        assert_eq!(guesses_from(world, "127.0.0.1").await, 0);
        assert_eq!(try_in_browser(world, PASSWORD).await.0, 303);
    });
}

#[test]
fn a_password_that_is_changed_while_it_is_checked_opens_no_session() {
    on_both_databases(async |world| {
        li_na(world).await;
        // They are checked first, so that there is time to change the password.
        let before: Vec<_> = (0..password::threads() * 20)
            .map(|_| password::hash(PASSWORD.to_owned()))
            .map(rt::spawn)
            .collect();
        let service = world.service();
        let signing_in = rt::spawn(async move {
            sign_in(&service, EMAIL.to_owned(), PASSWORD.to_owned(), Device::default(), None).await.map(drop)
        });
        world.until("the guess is counted", async || guesses_from(world, "").await == 1).await;
        // The query of the hash follows at once; the hashes take much longer.
        world
            .until("the hash was read", async || before.iter().filter(|hash| hash.is_finished()).count() > 5)
            .await;
        let changed = "UPDATE accounts SET password_hash = 'x' || password_hash";
        assert_eq!(world.run(changed), Ok(1));
        assert!(before.iter().any(|hash| !hash.is_finished()), "the password is still to be checked");
        let answer = signing_in.await.unwrap();
        assert!(matches!(answer, Err(WorkflowError::SignInFailed)), "{answer:?}");
        assert_eq!(world.bytes("SELECT token_hash AS bytes FROM sessions").len(), 0);
        world.run("UPDATE accounts SET password_hash = substr(password_hash, 2)").unwrap();
        try_from(world, "", PASSWORD).await.unwrap();
    });
}

#[test]
fn wrong_secrets_of_a_client_are_limited() {
    on_both_databases(async |world| {
        let program = world.program("kz-mfa", &[Scope::ApplicationsRead]).await;
        let (id, secret) = program.credentials();
        let ask = async |secret: &str| {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            let request = Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form);
            world.send(request).await
        };
        // At the same moment.
        let answers = join_all((0..60).map(|_| ask("wrong"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 20);
        assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 40);
        let refused = ask(secret).await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "900"));
        assert_eq!(refused.header("RateLimit"), "\"secrets\";r=0;t=900");
        world.advance(SignedDuration::from_mins(15));
        for _ in 0..25 {
            assert_eq!(ask(secret).await.status, 200, "right ones are not counted");
        }
    });
}

#[test]
fn a_new_password_by_a_mailed_link_can_be_used_at_once() {
    on_both_databases(async |world| {
        li_na(world).await;
        let sign_in = async |password: &str| {
            world.fill_in("/sign-in", &[("email", EMAIL), ("password", password)]).await.status
        };
        for _ in 0..10 {
            assert_eq!(sign_in("wrong").await, 401);
        }
        assert_eq!(sign_in("wrong").await, 429);
        world.fill_in("/forgot-password", &[("email", EMAIL)]).await;
        world.until_outbox_is_empty().await;
        let (path, token) = world.mail().await.pop().unwrap().link();
        let new = "violet anchor harbour 9";
        assert_eq!(world.fill_in(&path, &[("token", token.as_str()), ("password", new)]).await.status, 303);
        assert_eq!(sign_in(new).await, 303);
    });
}

#[test]
fn an_address_gets_three_links_an_hour_and_all_of_them_work_until_one_was_used() {
    on_both_databases(async |world| {
        li_na(world).await;
        for _ in 0..6 {
            let answer = world.fill_in("/forgot-password", &[("email", EMAIL)]).await;
            assert_eq!(answer.status, 200, "the answer does not show that no mail was sent");
        }
        world.until_outbox_is_empty().await;
        let letters = world.mail().await;
        assert_eq!(letters.len(), 3);
        let choose = async |number: usize| {
            let (path, token) = letters[number].link();
            let page = world.send(Request::get(&path)).await;
            if page.status != 200 {
                return page.status;
            }
            let fields = [("token", token.as_str()), ("password", "violet anchor harbour 9")];
            world.fill_in(&path, &fields).await.status
        };
        assert_eq!(choose(0).await, 303, "the oldest link works");
        assert_eq!(choose(2).await, 409, "a link is used once, and the others with it");
        world.advance(SignedDuration::from_hours(1));
        world.fill_in("/forgot-password", &[("email", EMAIL)]).await;
        let with_link = world.mail().await.into_iter().filter(|letter| letter.text.contains("token="));
        assert_eq!(with_link.count(), 4);
    });
}

#[test]
fn a_network_has_sixty_mails_an_hour_sent() {
    on_both_databases(async |world| {
        let form = world.open_form("/sign-up").await;
        let sign_up = async |number: usize| {
            let email = format!("guest{number}@example.org");
            world.send_form(&form, &[("email", &email), ("name", "Guest")]).await
        };
        for number in 0..60 {
            assert_eq!(sign_up(number).await.status, 200);
        }
        let refused = sign_up(60).await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "3600"));
        world.until_outbox_is_empty().await;
        assert_eq!(world.mail().await.len(), 60);
    });
}
