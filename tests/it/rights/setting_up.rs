//! Who runs batches, people and programmes: everything that is no case.

use std::collections::BTreeMap;

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        ids::{AccountId, BatchId},
    },
    store::Tx,
    web::terms,
    workflow::{
        WorkflowError,
        apply_programme::{self, CN_KZ},
        batch_overview, change_batch, create_batch,
        move_batch::{self, BatchMove},
        people::{
            create_account::{self, CreateAccount, FirstLink},
            create_client::{self, CreateClient},
            create_organisation::{self, CreateOrganisation},
            list_people,
        },
    },
};
use jiff::Timestamp;
use serde_json::json;

use super::{cast::Cast, deeds::tried};
use crate::world::on_both_databases;

/// What is wished of the installation.
#[derive(Clone, Copy)]
struct Wish {
    batch: BatchId,
    account: AccountId,
    now: Timestamp,
}

type Deed = fn(&mut Tx<'_>, &Actor, Wish) -> Result<(), WorkflowError>;

const DEEDS: [(&str, Deed); 12] = [
    ("see a planned batch", |tx, actor, wish| {
        batch_overview::show_batch(tx, Some(actor), wish.batch).map(drop)
    }),
    ("read the ledger", |tx, actor, wish| batch_overview::ledger(tx, actor, wish.batch, None, 10).map(drop)),
    ("plan a batch", |tx, actor, wish| {
        let (programme, terms) =
            terms::read_new(&json!({ "programme": "cn-kz", "name": "Another", "capacity": 1,
            "travel_from": "2026-03-01", "travel_until": "2026-12-31" }))
            .unwrap();
        create_batch::create_batch(tx, actor, &programme, &terms, wish.now).map(drop)
    }),
    ("change a batch", |tx, actor, wish| {
        let change = |terms: &mut corridor::domain::batch::Terms| terms.capacity += 1;
        change_batch::change_batch(tx, actor, wish.batch, None, &change, wish.now).map(drop)
    }),
    ("open a batch", |tx, actor, wish| {
        move_batch::move_batch(tx, actor, wish.batch, None, BatchMove::Open, wish.now).map(drop)
    }),
    ("end a batch", |tx, actor, wish| {
        move_batch::move_batch(tx, actor, wish.batch, None, BatchMove::End, wish.now).map(drop)
    }),
    ("list accounts", |tx, actor, _| list_people::list_accounts(tx, actor, None, 10).map(drop)),
    ("create an account", |tx, actor, wish| {
        let account = CreateAccount {
            email: "new@corridor.example".into(),
            name: None,
            roles: vec![Role::Administrator],
            organisation: None,
            language: "en".into(),
            password_hash: None,
        };
        create_account::create_account(tx, actor, &account, FirstLink::Shown, "token", wish.now).map(drop)
    }),
    ("lock an account", |tx, actor, wish| {
        list_people::set_disabled(tx, actor, wish.account, Some(wish.now)).map(drop)
    }),
    ("create an organisation", |tx, actor, wish| {
        let (code, name) = ("another".to_owned(), "Another".to_owned());
        let organisation =
            CreateOrganisation { code, name, kind: OrganisationKind::Authority, territory: None };
        create_organisation::create_organisation(tx, actor, &organisation, wish.now).map(drop)
    }),
    ("create an API client", |tx, actor, wish| {
        let (name, organisation) = ("Another".to_owned(), "kz-mfa".to_owned());
        let client = CreateClient { name, organisation, scopes: Scope::ALL.to_vec() };
        create_client::create_client(tx, actor, &client, wish.now).map(drop)
    }),
    ("apply a programme", |tx, actor, wish| {
        let programme = toml::from_str(&CN_KZ.replace("max_stay_days = 180", "max_stay_days = 90")).unwrap();
        apply_programme::apply_programme(tx, actor, &programme, wish.now).map(drop)
    }),
];

#[test]
fn everybody_sets_up_what_is_theirs_to_set_up_and_nothing_else() {
    on_both_databases(async |world| {
        let cast = Cast::gather(world).await;
        let planned = world.plan_batch(json!({})).await.expect(201);
        let wish = Wish {
            batch: planned["id"].as_str().unwrap().parse().unwrap(),
            account: cast.ada.id,
            now: world.now(),
        };
        let mut matrix = String::from("Who sets up what.\n\n");
        for (name, deed) in DEEDS {
            let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (what, person) in cast.people() {
                let actor = person.actor.clone();
                let answer = tried(world, move |tx| deed(tx, &actor, wish)).await;
                answers.entry(answer).or_default().push(what);
            }
            let yes = answers.remove("yes").unwrap_or_default().join(", ");
            let refused: Vec<String> = answers.into_keys().collect();
            matrix += &format!("{name:<23} {yes}; the others: {}\n", refused.join(", "));
        }
        insta::assert_snapshot!("who_sets_up_what", matrix);
    });
}
