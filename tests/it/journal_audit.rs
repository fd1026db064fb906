//! `verify` compares the journal with the rows of programmes, organisations, accounts and API clients, and databases
//! from before the journal get its first lines.

use std::{collections::BTreeMap, fs, path::Path};

use corridor::{
    domain::{
        actor::{Actor, Role, Scope},
        ids::AccountId,
        job::JobKind,
        journal::JournalKind,
    },
    store::{self, StoreError, Tx},
    workflow::{
        WorkflowError,
        entrance::Context,
        job,
        list_journal::{ListJournal, ListedLine},
        people::disable_account::DisableAccount,
        verify,
    },
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Person, Setup, World, on_both_databases, on_both_databases_with, on_databases_of};

/// The rules that `verify` finds broken, each with its subject's kind.
async fn broken(world: &World) -> Vec<String> {
    let report = verify::verify(&world.db()).await.unwrap();
    let word = |b: &verify::Break| format!("{} {}", b.rule, b.subject.split(' ').next().unwrap());
    let mut words: Vec<String> = report.breaks.iter().map(word).collect();
    words.dedup();
    words
}

/// Edits that somebody who can write to the database makes: a name, the statement, and what `verify` finds.
const EDITS: [(&str, &str, &[&str]); 25] = [
    ("role raised", "UPDATE accounts SET roles = 'administrator' WHERE {bek}", &["journal_differs account"]),
    (
        "account moved",
        "UPDATE accounts SET organisation_id = (SELECT id FROM organisations WHERE code = 'cn-nhc') WHERE {bek}",
        &["journal_differs account"],
    ),
    ("account enabled", "UPDATE accounts SET disabled_at = NULL WHERE {bek}", &["journal_differs account"]),
    (
        "account confirmed",
        "UPDATE accounts SET confirmed_at = created_at WHERE {cem}",
        &["journal_differs account"],
    ),
    (
        "password replaced",
        "UPDATE accounts SET password_hash = '$other' WHERE {bek}",
        &["journal_differs account"],
    ),
    (
        "address replaced",
        "UPDATE accounts SET email = 'eve@x.example' WHERE {bek}",
        &["journal_differs account"],
    ),
    ("name replaced", "UPDATE accounts SET name = 'Eve' WHERE {bek}", &["journal_differs account"]),
    ("language replaced", "UPDATE accounts SET language = 'kk' WHERE {bek}", &["journal_differs account"]),
    ("account removed", "DELETE FROM accounts WHERE {dana}", &["row_missing account"]),
    (
        "scopes raised",
        "UPDATE api_clients SET scopes = 'audit:read reviews:write' WHERE {program}",
        &["journal_differs client"],
    ),
    (
        "secret replaced",
        "UPDATE api_clients SET secret_hash = client_secret() WHERE {program}",
        &["journal_differs client"],
    ),
    (
        "client disabled",
        "UPDATE api_clients SET disabled_at = created_at WHERE {program}",
        &["journal_differs client"],
    ),
    (
        "organisation renamed",
        "UPDATE organisations SET name = 'Eve' WHERE code = 'taiga'",
        &["journal_differs organisation"],
    ),
    (
        "organisation became an authority",
        "UPDATE organisations SET kind = 'authority' WHERE code = 'taiga'",
        &["journal_differs organisation"],
    ),
    (
        "programme's text changed",
        "UPDATE programmes SET document = replace(document, '\"max_stay_days\":180', '\"max_stay_days\":900')",
        &["journal_differs programme"],
    ),
    (
        "version of a programme added",
        "INSERT INTO programmes (code, version, document, created_at) SELECT code, version + 1, document, created_at FROM programmes",
        &["journal_differs programme"],
    ),
    (
        "line's values changed",
        "UPDATE journal SET changes = '[]' WHERE kind = 'account' AND seq = 2",
        &["chain_broken account"],
    ),
    (
        "line's actor changed",
        "UPDATE journal SET actor_kind = 'system' WHERE kind = 'account' AND seq = 2",
        &["chain_broken account"],
    ),
    (
        "line's organisation changed",
        "UPDATE journal SET organisation_id = NULL WHERE kind = 'client'",
        &["chain_broken client"],
    ),
    (
        "line's action changed",
        "UPDATE journal SET action = 'enable' WHERE kind = 'account' AND seq = 2",
        &["chain_broken account"],
    ),
    (
        "line's time changed",
        "UPDATE journal SET at = '2026-01-01T00:00:00.000000Z' WHERE kind = 'account' AND seq = 2",
        &["chain_broken account"],
    ),
    (
        "words exchanged",
        "UPDATE journal SET words_sealed = (SELECT words_sealed FROM journal j WHERE j.kind = 'account' AND j.seq = 1
         AND j.subject <> journal.subject LIMIT 1) WHERE kind = 'account' AND seq = 1",
        &["chain_broken account"],
    ),
    (
        "last line removed",
        "DELETE FROM journal WHERE kind = 'account' AND seq = 2",
        &["journal_differs account"],
    ),
    (
        "first line removed",
        "DELETE FROM journal WHERE kind = 'account' AND seq = 1",
        &["chain_broken account", "journal_missing account", "chain_broken account"],
    ),
    (
        "all lines removed",
        "DELETE FROM journal WHERE kind = 'organisation'",
        &["journal_missing organisation"],
    ),
];

#[test]
fn verify_notices_every_edit_of_a_row_or_of_its_journal() {
    on_both_databases(async |world| {
        world.sponsor_organisation("taiga").await;
        world.program("taiga", &[Scope::ApplicationsRead]).await;
        let people = ["bek", "cem", "dana"];
        for name in people {
            let email = format!("{name}@mfa.example");
            if name == "cem" {
                world.invite(&email, &[Role::Officer], Some("kz-mfa")).await;
            } else {
                world.officer(&email, "kz-mfa").await;
            }
        }
        world.mail().await;
        let bek = account(world, "bek@mfa.example").await;
        disable(world, bek, true).await;
        assert_eq!(broken(world).await, [""; 0]);
        for (what, edit, expected) in EDITS {
            let saved = Saved::of(world);
            let changed = world.run(&statement(world, edit)).unwrap();
            assert!(changed > 0, "{what}");
            let found = broken(world).await;
            assert!(found.iter().all(|rule| expected.contains(&rule.as_str())), "{what}: {found:?}");
            assert_eq!(found.first().map(String::as_str), Some(expected[0]), "{what}");
            saved.restore(world);
            assert_eq!(broken(world).await, [""; 0], "{what} is undone");
        }
    });
}

fn statement(world: &World, edit: &str) -> String {
    let zeros = if world.database_url().starts_with("sqlite") {
        "zeroblob(32)"
    } else {
        "decode(repeat('00', 32), 'hex')"
    };
    let mut edit = edit.replace("client_secret()", zeros);
    for name in ["bek", "cem", "dana"] {
        edit = edit.replace(&format!("{{{name}}}"), &format!("email_key = '{name}@mfa.example'"));
    }
    edit.replace("{program}", "organisation_id = (SELECT id FROM organisations WHERE code = 'taiga')")
}

/// Copies of the tables that the edits change.
struct Saved;

const TABLES: [&str; 5] = ["organisations", "accounts", "api_clients", "programmes", "journal"];

impl Saved {
    fn of(world: &World) -> Self {
        for table in TABLES {
            world.run(&format!("DROP TABLE IF EXISTS saved_{table}")).unwrap();
            world.run(&format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")).unwrap();
        }
        Self
    }

    /// Sets every row back. Rows that others refer to stay, so each is updated and not replaced.
    fn restore(self, world: &World) {
        for (table, key, columns) in [
            ("organisations", "id", "name kind"),
            (
                "accounts",
                "id",
                "email email_key name password_hash roles organisation_id language confirmed_at disabled_at",
            ),
            ("api_clients", "id", "secret_hash scopes disabled_at"),
            ("programmes", "code, version", "document"),
        ] {
            let value = |column: &str| {
                let same = key.split(", ").map(|key| format!("saved.{key} = {table}.{key}"));
                let same = same.collect::<Vec<_>>().join(" AND ");
                format!("{column} = (SELECT saved.{column} FROM saved_{table} saved WHERE {same})")
            };
            let missing =
                format!("DELETE FROM {table} WHERE ({key}) NOT IN (SELECT {key} FROM saved_{table})");
            world.run(&missing).unwrap();
            let set = columns.split(' ').map(value).collect::<Vec<_>>().join(", ");
            world.run(&format!("UPDATE {table} SET {set}")).unwrap();
            let add = format!(
                "INSERT INTO {table} SELECT * FROM saved_{table} WHERE ({key}) NOT IN (SELECT {key} FROM {table})"
            );
            world.run(&add).unwrap();
        }
        world.run("DELETE FROM journal").unwrap();
        world.run("INSERT INTO journal SELECT * FROM saved_journal").unwrap();
        for table in TABLES {
            world.run(&format!("DROP TABLE saved_{table}")).unwrap();
        }
    }
}

#[test]
fn verify_notices_a_batch_that_was_moved_to_another_programme_or_drawn_at_another_time() {
    on_both_databases(async |world| {
        let batch = world.open_batch_with(json!({ "order": "ballot", "hold_at": "submission" })).await;
        world.advance(SignedDuration::from_hours(1));
        world.move_batch(&batch, "close").await.expect(200);
        assert_eq!(broken(world).await, [""; 0]);
        world.run("UPDATE batches SET programme_code = 'cn-uz'").unwrap();
        assert_eq!(broken(world).await, ["terms_differ batch", "authority_differs batch"]);
        world.run("UPDATE batches SET programme_code = 'cn-kz'").unwrap();
        world.run("UPDATE batches SET drawn_at = created_at").unwrap();
        assert_eq!(broken(world).await, ["ballot_differs batch"]);
        world.run("UPDATE batches SET drawn_at = (SELECT max(at) FROM batch_events)").unwrap();
    });
}

#[test]
fn verify_notices_an_inserted_administrator() {
    on_both_databases(async |world| {
        world.person("bek@travellers.example", &[Role::Applicant], None).await;
        let id =
            if world.database_url().starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
        let insert = format!(
            "INSERT INTO accounts (id, email, email_key, name, password_hash, roles, language, created_at, confirmed_at)
             SELECT {id}, 'eve@x.example', 'eve@x.example', 'Eve', password_hash, 'administrator', language, created_at,
             confirmed_at FROM accounts WHERE email_key = 'bek@travellers.example'"
        );
        world.run(&insert).unwrap();
        assert_eq!(broken(world).await, ["journal_missing account"]);
        world.run("DELETE FROM accounts WHERE email_key = 'eve@x.example'").unwrap();
    });
}

#[test]
fn verify_notices_words_that_were_removed_to_replace_an_address() {
    on_both_databases(async |world| {
        world.person("bek@travellers.example", &[Role::Applicant], None).await;
        let saved = Saved::of(world);
        world.run("UPDATE journal SET words_sealed = NULL WHERE words_sealed IS NOT NULL").unwrap();
        let replace = "UPDATE accounts SET email = 'eve@x.example', email_key = 'eve@x.example'
             WHERE email_key = 'bek@travellers.example'";
        world.run(replace).unwrap();
        assert_eq!(broken(world).await, ["chain_broken account"]);
        saved.restore(world);
    });
}

async fn account(world: &World, email: &'static str) -> AccountId {
    let found: Result<_, StoreError> = world.db().read(move |tx| store::account::by_email(tx, email)).await;
    found.unwrap().unwrap().id
}

async fn disable(world: &World, account: AccountId, disabled: bool) {
    world.service().execute(&Actor::operator(), DisableAccount { account, disabled }).await.unwrap();
}

/// All lines, or those about one subject, the newest first.
async fn lines(world: &World, subject: Option<String>) -> Vec<ListedLine> {
    let wanted = ListJournal { subject, at_most: 10_000, ..ListJournal::default() };
    world.service().query(&Actor::operator(), wanted).await.unwrap().lines
}

fn actions(lines: &[ListedLine]) -> Vec<&str> {
    lines.iter().map(|line| line.action).collect()
}

#[test]
fn several_changes_of_one_account_at_the_same_moment_make_one_chain() {
    on_both_databases(async |world| {
        let Person { id, .. } = world.person("bek@travellers.example", &[Role::Applicant], None).await;
        for round in 0..5 {
            join_all((0..6).map(|number| disable(world, id, (number + round) % 2 == 0))).await;
        }
        let seqs: Vec<i32> =
            lines(world, Some(id.to_string())).await.iter().map(|line| line.place.seq).collect();
        assert!(seqs.len() > 2);
        assert_eq!(seqs.iter().copied().max(), i32::try_from(seqs.len()).ok());
        assert_eq!(broken(world).await, [""; 0]);
    });
}

#[test]
fn a_change_that_comes_before_the_job_begins_the_journal_and_the_job_does_the_rest() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let bek = world.person("bek@travellers.example", &[Role::Applicant], None).await.id;
        // The state that an earlier version left.
        world.run("DELETE FROM journal").unwrap();
        assert!(broken(world).await.len() > 3);
        let now = world.now();
        let begin = move |tx: &mut Tx<'_>| -> Result<_, WorkflowError> {
            job::begin(&mut Context::new(tx, &Actor::system(), now), JobKind::BeginJournal, None, None)
        };
        world.db().write(begin).await.unwrap();
        assert_eq!(broken(world).await, [""; 0], "chains may be missing until the job is done");
        disable(world, bek, true).await;
        assert_eq!(actions(&lines(world, Some(bek.to_string())).await), ["disable", "found"]);
        world.run("UPDATE accounts SET roles = 'auditor'").unwrap();
        assert_eq!(broken(world).await, ["journal_differs account"], "a chain that has begun must fit");
        world.run("UPDATE accounts SET roles = 'applicant'").unwrap();
        assert_eq!(world.slice(1).await.done, 1);
        world.restart().await;
        world.finish_jobs().await;
        assert_eq!(broken(world).await, [""; 0]);
        let found = lines(world, None).await.iter().filter(|line| line.action == "found").count();
        assert!(found > 10, "{found}");
        assert_eq!(actions(&lines(world, Some(bek.to_string())).await), ["disable", "found"]);
    });
}

#[test]
fn what_0e8a793_left_gets_a_first_line_that_states_what_was_found() {
    on_databases_of("0e8a793", async |world, _| {
        world.until_jobs_are_done().await;
        assert_eq!(broken(world).await, [""; 0]);
        let mut counts: BTreeMap<JournalKind, usize> = BTreeMap::new();
        for line in lines(world, None).await.iter().filter(|line| line.place.kind != JournalKind::Batch) {
            assert_eq!((line.action, line.actor_kind.as_str()), ("found", "system"));
            *counts.entry(line.place.kind).or_default() += 1;
        }
        for kind in JournalKind::IN_JOURNAL {
            let rows: Result<_, StoreError> =
                world.db().read(move |tx| store::journal::entries_after(tx, kind, None, 10_000)).await;
            let rows: usize = rows.unwrap().iter().map(Vec::len).sum();
            assert!(rows > 0 && counts.get(&kind) == Some(&rows), "{kind}: {rows}, {counts:?}");
        }
    });
}

/// A function that writes one of these tables without `journal::record` would be a way around the journal.
#[test]
fn only_functions_that_append_a_line_write_journaled_tables() {
    let mut writers = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            for function in source.split("fn ") {
                let flat: String = function.split_whitespace().collect();
                let writes = ["organisations", "accounts", "api_clients", "programmes"].iter().any(|table| {
                    let typed = ["insert_into(", "update(", "delete(", "insert_rows!(conn,"];
                    let typed = typed.iter().any(|verb| flat.contains(&format!("{verb}{table}::table")));
                    let raw = ["INSERTINTO", "UPDATE", "DELETEFROM"];
                    typed || raw.iter().any(|verb| flat.contains(&format!("{verb}{table}")))
                });
                if writes {
                    let name = function.split('(').next().unwrap().to_owned();
                    assert!(flat.contains("journal::record("), "{path:?}: {name}");
                    writers.push(name);
                }
            }
        }
    }
    writers.sort();
    assert_eq!(writers, ["insert", "insert", "insert", "insert", "update", "update"]);
}
