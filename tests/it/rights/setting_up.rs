//! Who may set up batches, people and programmes: the operations that are not about a case.

use std::collections::BTreeMap;

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        batch::TermsChange,
        delivery::DeliveryState,
        ids::{AccountId, BatchId},
    },
    web::terms,
    workflow::{
        WorkflowError,
        apply_programme::{ApplyProgramme, CN_KZ},
        batch_overview::{ShowBatch, ShowLedger},
        change_batch::ChangeBatch,
        duties::ListDuties,
        entrance::Context,
        list_journal::ListJournal,
        move_batch::{BatchMove, MoveBatch},
        outbox::ListMessages,
        people::{
            change_client::{DisableClient, RotateClient},
            change_roles::ChangeRoles,
            create_account::{CreateAccount, FirstLink},
            create_client::CreateClient,
            create_organisation::CreateOrganisation,
            disable_account::DisableAccount,
            list_people::{ListAccounts, ListClients},
        },
        subject::SeenBatch,
    },
};
use serde_json::json;

use super::{operations::outcome_of, participants::Participants};
use crate::world::on_both_databases;

/// The batch and account that the operations are about.
#[derive(Clone, Copy)]
struct Subjects {
    batch: BatchId,
    account: AccountId,
}

type Operation = fn(&mut Context<'_, '_>, Subjects) -> Result<(), WorkflowError>;

const OPERATIONS: [(&str, Operation); 19] = [
    ("see a planned batch", |ctx, of| ctx.query(&ShowBatch { batch: of.batch }).map(drop)),
    ("read the ledger", |ctx, of| {
        ctx.query(&ShowLedger { batch: of.batch, after: None, at_most: 10 }).map(drop)
    }),
    ("plan a batch", |ctx, _| {
        let new = terms::read_new(&json!({ "programme": "cn-kz", "name": "Another", "capacity": 1,
            "travel_from": "2026-03-01", "travel_until": "2026-12-31" }));
        ctx.execute(&new.unwrap()).map(drop)
    }),
    ("change a batch", |ctx, of| {
        let change = TermsChange { capacity: Some(7), ..TermsChange::default() };
        ctx.execute(&ChangeBatch { batch: seen(of), change }).map(drop)
    }),
    ("open a batch", |ctx, of| ctx.execute(&MoveBatch { batch: seen(of), step: BatchMove::Open }).map(drop)),
    ("end a batch", |ctx, of| ctx.execute(&MoveBatch { batch: seen(of), step: BatchMove::End }).map(drop)),
    ("list accounts", |ctx, _| ctx.query(&ListAccounts { after: None, at_most: 10 }).map(drop)),
    ("read the journal", |ctx, _| {
        ctx.query(&ListJournal { at_most: 10, ..ListJournal::default() }).map(drop)
    }),
    ("list messages", |ctx, _| {
        let dead = ListMessages { state: DeliveryState::Dead, after: None, at_most: 10 };
        ctx.query(&dead).map(drop)
    }),
    ("see the duties", |ctx, _| ctx.query(&ListDuties).map(drop)),
    ("create an account", |ctx, _| {
        let account = CreateAccount {
            email: "new@corridor.example".into(),
            name: None,
            roles: vec![Role::Administrator],
            organisation: None,
            language: "en".into(),
            password_hash: None,
            link: FirstLink::Shown,
        };
        ctx.execute(&account).map(drop)
    }),
    ("lock an account", |ctx, of| {
        ctx.execute(&DisableAccount { account: of.account, disabled: true }).map(drop)
    }),
    ("change roles", |ctx, of| {
        let change =
            ChangeRoles { account: of.account, roles: Some(vec![Role::Auditor]), organisation: None };
        ctx.execute(&change).map(drop)
    }),
    ("list API clients", |ctx, _| ctx.query(&ListClients { after: None, at_most: 10 }).map(drop)),
    ("lock an API client", |ctx, _| {
        let client_id = a_client(ctx)?;
        ctx.execute(&DisableClient { client_id, disabled: true }).map(drop)
    }),
    ("renew a client's secret", |ctx, _| {
        let client_id = a_client(ctx)?;
        ctx.execute(&RotateClient { client_id }).map(drop)
    }),
    ("create an organisation", |ctx, _| {
        let (code, name) = ("another".to_owned(), "Another".to_owned());
        let kind = OrganisationKind::Authority;
        ctx.execute(&CreateOrganisation { code, name, kind, territory: None }).map(drop)
    }),
    ("create an API client", |ctx, _| {
        let (name, organisation) = ("Another".to_owned(), "kz-mfa".to_owned());
        ctx.execute(&CreateClient { name, organisation, scopes: Scope::ALL.to_vec() }).map(drop)
    }),
    ("apply a programme", |ctx, _| {
        let file = toml::from_str(&CN_KZ.replace("max_stay_days = 180", "max_stay_days = 90")).unwrap();
        ctx.execute(&ApplyProgramme { file }).map(drop)
    }),
];

/// Any client. Whether the actor may list them is not the question.
fn a_client(ctx: &mut Context<'_, '_>) -> Result<String, WorkflowError> {
    let operator = Actor::operator();
    let clients = Context::new(ctx.tx, &operator, ctx.now).query(&ListClients { after: None, at_most: 1 })?;
    Ok(clients[0].client_id.clone())
}

fn seen(of: Subjects) -> SeenBatch {
    SeenBatch { id: of.batch, version: None }
}

#[test]
fn every_role_sets_up_what_the_matrix_says_and_nothing_else() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let planned = world.plan_batch(json!({})).await.expect(201);
        let batch = planned["id"].as_str().unwrap().parse().unwrap();
        let subjects = Subjects { batch, account: participants.ada.id };
        let mut matrix = String::from("Who sets up what.\n\n");
        for (name, operation) in OPERATIONS {
            let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (what, person) in participants.people() {
                let answer = outcome_of(world, person, move |ctx| operation(ctx, subjects)).await;
                answers.entry(answer).or_default().push(what);
            }
            let yes = answers.remove("yes").unwrap_or_default().join(", ");
            let refused: Vec<String> = answers.into_keys().collect();
            matrix += &format!("{name:<23} {yes}; the others: {}\n", refused.join(", "));
        }
        insta::assert_snapshot!("who_sets_up_what", matrix);
    });
}
