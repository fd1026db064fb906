//! Histories that somebody with the database and without the key cannot rewrite, and the histories from before there were
//! keys.

use std::cell::RefCell;

use corridor::{
    digest,
    domain::{
        actor::{Actor, Role},
        event::{AuditedEvent, Chained, Event, GENESIS},
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, AuthorizationState, BatchState},
    },
    store::{self, StoreError, Tx},
    workflow::{erase_case::EraseCase, verify},
};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query, sql_types::Integer,
};
use serde_json::json;

use crate::world::{
    Case, Setup, Storage, World, on_both_databases, on_both_databases_with, on_databases_of_prepared,
};

fn forged() -> Setup {
    Setup { is_forged: true, ..Setup::default() }
}

/// The rules that `verify` finds broken, each once.
async fn rules(world: &World) -> Vec<&'static str> {
    let report = verify::verify(&world.db()).await.unwrap();
    let mut rules: Vec<_> = report.breaks.iter().map(|found| found.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// Bytes as an SQL literal.
fn literal(world: &World, bytes: &[u8]) -> String {
    let hex = digest::hex(bytes);
    if world.database_url().starts_with("sqlite") {
        format!("x'{hex}'")
    } else {
        format!("'\\x{hex}'::bytea")
    }
}

/// Runs several statements in one transaction.
fn run_all(world: &World, statements: &[String]) {
    let statements = format!("BEGIN; {}; COMMIT", statements.join("; "));
    let url = world.database_url();
    match url.strip_prefix("sqlite://") {
        Some(file) => {
            let mut conn = SqliteConnection::establish(file).unwrap();
            conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
            conn.batch_execute(&statements)
        }
        None => PgConnection::establish(&url).unwrap().batch_execute(&statements),
    }
    .unwrap();
}

async fn events_of(world: &World, case: &Case) -> Vec<(Event, String)> {
    let id = case.id();
    let read: Result<_, StoreError> = world.db().read(move |tx| store::event::of_case(tx, id, 0, 100)).await;
    read.unwrap()
}

/// The hash that every version until then gave a line: anybody can compute it.
fn plain_hash<S: Chained>(event: &Event<S>, facts: &str) -> Vec<u8> {
    assert!(event.hash_key.is_none());
    digest::sha256(&event.hashed_bytes(facts))
}

/// What a forger does to the lines that are there already.
#[derive(Clone, Copy, Debug)]
enum Old {
    /// Leaves them.
    Stay,
    /// Makes them look like lines from before there were keys.
    BecomePlain,
}

/// What a forger says about the key of the new lines.
#[derive(Clone, Copy, Debug)]
enum New {
    /// They have none.
    Plain,
    /// They have the right one.
    ClaimTheKey,
}

/// Approves a case that is in review, with copies of the lines of an approved one. Somebody with the database and no
/// key can do that: events, place, counters, authorization, messages.
async fn forge_approval(world: &World, forged: &Case, like: &Case, (old, new): (Old, New)) {
    let mut statements = Vec::new();
    let (to, from) = (world.id_in_sql(forged), world.id_in_sql(like));
    let mut previous = GENESIS.to_vec();
    let lines = events_of(world, forged).await;
    let length = i32::try_from(lines.len()).unwrap();
    for (mut event, facts) in lines {
        if matches!(old, Old::BecomePlain) {
            (event.hash_key, event.digest) = (None, None);
            event.previous_hash = previous;
            event.hash = plain_hash(&event, &facts);
            statements.push(format!(
                "UPDATE events SET hash_key = NULL, digest = NULL, previous_hash = {}, hash = {}
                 WHERE application_id = {to} AND seq = {}",
                literal(world, &event.previous_hash),
                literal(world, &event.hash),
                event.seq
            ));
        }
        previous = event.hash;
    }
    let endorsed =
        events_of(world, like).await.into_iter().filter(|(event, _)| event.action == Action::Endorse);
    let mut seq = length;
    let mut decided = 0;
    for (copied, _) in endorsed {
        seq += 1;
        decided = copied.seq;
        let mut event = Event { subject: forged.id(), seq, previous_hash: previous, ..copied.clone() };
        (event.words, event.words_digest, event.digest, event.hash_key) = (None, None, None, None);
        event.facts.authorization = event.facts.authorization.map(|number| format!("{number}F"));
        let facts = serde_json::to_string(&event.facts).unwrap();
        event.hash = plain_hash(&event, &facts);
        let claimed = match new {
            New::Plain => "NULL, NULL",
            New::ClaimTheKey => "hash_key, digest",
        };
        statements.push(format!(
            "INSERT INTO events (application_id, seq, at, actor_kind, actor_id, actor_organisation_id, action,
                from_state, to_state, from_stage, to_stage, facts, previous_hash, hash, hash_key, digest)
             SELECT {to}, {seq}, at, actor_kind, actor_id, actor_organisation_id, action, from_state, to_state,
                from_stage, to_stage, '{facts}', {}, {}, {claimed}
             FROM events WHERE application_id = {from} AND seq = {}",
            literal(world, &event.previous_hash),
            literal(world, &event.hash),
            copied.seq
        ));
        previous = event.hash;
    }
    let end = literal(world, &previous);
    let random =
        if world.database_url().starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
    statements.push(format!(
        "UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', event_seq = {seq},
            event_hash = {end}, due_at = (SELECT due_at FROM applications WHERE id = {from}),
            decided_at = (SELECT decided_at FROM applications WHERE id = {from}) WHERE id = {to}"
    ));
    statements.push(format!(
        "INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at, version,
            event_seq, event_hash)
         SELECT number || 'F', {to}, state, valid_from, valid_until, issued_at, version, 0, {end}
         FROM authorizations WHERE application_id = {from}"
    ));
    statements.push(format!(
        "INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta,
            direction, category, sponsor)
         SELECT {to}, {seq}, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor
         FROM quota_entries WHERE application_id = {from}"
    ));
    statements.push(format!(
        "INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed,
            contents_sealed, state, attempts, next_attempt_at, created_at, sent_at, channel, attempt_policy)
         SELECT {random}, {to}, {seq}, message, language, recipient_sealed, contents_sealed, state, attempts,
            next_attempt_at, created_at, sent_at, channel, attempt_policy
         FROM notifications WHERE application_id = {from} AND event_seq = {decided}"
    ));
    statements.push("UPDATE batches SET taken = taken + 1".to_owned());
    run_all(world, &statements);
}

#[test]
fn an_approval_that_somebody_writes_into_the_database_is_noticed() {
    for (how, found) in [
        ((Old::Stay, New::Plain), &["line_without_key", "message_unreadable", "message_unsent"][..]),
        (
            (Old::Stay, New::ClaimTheKey),
            &["chain_broken", "message_unreadable", "message_unsent", "standing_differs"],
        ),
        ((Old::BecomePlain, New::Plain), &["history_without_key", "message_unreadable", "message_unsent"]),
    ] {
        on_both_databases_with(&forged(), async |world| {
            let batch = world.open_batch(10).await;
            let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
            world.endorse_every_stage([&bo]).await;
            world.until_outbox_is_empty().await;
            assert_eq!(rules(world).await, [""; 0]);
            forge_approval(world, &ada, &bo, how).await;
            assert_eq!(world.states([&ada]).await, ["approved"]);
            assert_eq!(rules(world).await, found, "{how:?}");
        });
    }
}

/// Changes to the rows of the case {ada}, which is approved, or {bo}, which has a finding, and what undoes them.
const EDITS: [(&str, &str); 18] = [
    (
        "UPDATE applications SET direction = 'KZ-CN' WHERE id = {ada}",
        "UPDATE applications SET direction = 'CN-KZ' WHERE id = {ada}",
    ),
    (
        "UPDATE applications SET category = 'business' WHERE id = {ada}",
        "UPDATE applications SET category = 'technical' WHERE id = {ada}",
    ),
    (
        "UPDATE applications SET sponsor_id = NULL WHERE id = {ada}",
        "UPDATE applications SET sponsor_id = (SELECT id FROM organisations WHERE code = 'steppe') WHERE id = {ada}",
    ),
    (
        "UPDATE applications SET assignee_id = (SELECT id FROM accounts LIMIT 1) WHERE id = {bo}",
        "UPDATE applications SET assignee_id = NULL WHERE id = {bo}",
    ),
    (
        "UPDATE applications SET stage = 'health' WHERE id = {bo}",
        "UPDATE applications SET stage = 'nomination' WHERE id = {bo}",
    ),
    (
        "UPDATE applications SET due_at = NULL WHERE id = {ada}",
        "UPDATE applications SET due_at = (SELECT due_at FROM applications WHERE id = {chu}) WHERE id = {ada}",
    ),
    (
        "UPDATE applications SET submitted_at = NULL WHERE id = {ada}",
        "UPDATE applications SET submitted_at = created_at WHERE id = {ada}",
    ),
    (
        "UPDATE applications SET rank = rank + 7 WHERE id = {bo}",
        "UPDATE applications SET rank = rank - 7 WHERE id = {bo}",
    ),
    (
        "UPDATE applications SET family_name = 'Wang' WHERE id = {ada}",
        "UPDATE applications SET family_name = 'Li' WHERE id = {ada}",
    ),
    (
        "UPDATE evidence SET kind = 'photo' WHERE application_id = {ada} AND kind = 'passport_page'",
        "UPDATE evidence SET kind = 'passport_page' WHERE application_id = {ada} AND kind = 'photo'",
    ),
    (
        "UPDATE evidence SET file_name = 'x.pdf' WHERE application_id = {ada} AND kind = 'passport_page'",
        "UPDATE evidence SET file_name = 'document.pdf' WHERE application_id = {ada} AND kind = 'passport_page'",
    ),
    (
        "UPDATE evidence SET removed_at = uploaded_at WHERE application_id = {ada} AND kind = 'passport_page'",
        "UPDATE evidence SET removed_at = NULL WHERE application_id = {ada} AND kind = 'passport_page'",
    ),
    (SWAP, SWAP),
    (
        "UPDATE findings SET resolved_at = raised_at WHERE application_id = {bo}",
        "UPDATE findings SET resolved_at = NULL WHERE application_id = {bo}",
    ),
    (
        "UPDATE findings SET severity = 'info' WHERE application_id = {bo}",
        "UPDATE findings SET severity = 'blocking' WHERE application_id = {bo}",
    ),
    (
        "UPDATE findings SET application_id = {chu} WHERE application_id = {bo}",
        "UPDATE findings SET application_id = {bo} WHERE application_id = {chu}",
    ),
    (
        "UPDATE quota_entries SET sponsor = 'taiga' WHERE application_id = {ada}",
        "UPDATE quota_entries SET sponsor = 'steppe' WHERE application_id = {ada}",
    ),
    (
        "UPDATE authorizations SET ended_at = issued_at WHERE application_id = {ada}",
        "UPDATE authorizations SET ended_at = NULL WHERE application_id = {ada}",
    ),
];

/// The passport pages of two cases.
const SWAP: &str = "UPDATE evidence SET application_id =
    (SELECT id FROM applications WHERE id IN ({ada}, {chu}) AND id <> application_id)
    WHERE application_id IN ({ada}, {chu}) AND kind = 'passport_page'";

#[test]
fn a_case_that_is_changed_without_an_event_is_noticed() {
    on_both_databases(async |world| {
        world.person("officer@mofcom.example", &[Role::Officer], Some("cn-mofcom")).await;
        let batch = world.open_batch(10).await;
        let [ada, chu] = world.submit(&batch, ["Ada", "Chu"]).await;
        world.endorse_every_stage([&ada, &chu]).await;
        let mut form = world.form(&batch, "Bo");
        form["health"]["declarations"]["symptoms_14_days"] = json!(true);
        let bo = world.submit_form(&form).await;
        assert_eq!(rules(world).await, [""; 0]);
        for (edit, undo) in EDITS {
            let of = |statement: &str| {
                [("{ada}", &ada), ("{bo}", &bo), ("{chu}", &chu)]
                    .into_iter()
                    .fold(statement.to_owned(), |text, (name, case)| {
                        text.replace(name, &world.id_in_sql(case))
                    })
            };
            assert!(world.run(&of(edit)).unwrap() > 0, "{edit}");
            let found = rules(world).await;
            assert!(found.contains(&"standing_differs"), "{edit}: {found:?}");
            assert!(world.run(&of(undo)).unwrap() > 0, "{undo}");
            assert_eq!(rules(world).await, [""; 0], "{undo}");
        }
    });
}

#[test]
fn a_form_or_a_paper_that_is_replaced_is_noticed_and_so_is_a_case_that_only_looks_erased() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.withdraw(&ada).await;
        for (table, column, with) in [
            ("applications", "form_sealed", &b""[..]),
            ("applications", "form_sealed", &[2; 90]),
            ("evidence", "sha256", &[7; 32]),
        ] {
            let of = if table == "evidence" { "kind = 'passport_page'" } else { "state = 'withdrawn'" };
            let original =
                world.bytes(&format!("SELECT {column} AS bytes FROM {table} WHERE {of}")).remove(0);
            let change = format!("UPDATE {table} SET {column} = $1 WHERE {of}");
            world.run_with(&change, with);
            assert!(rules(world).await.contains(&"standing_differs"), "{table}.{column}");
            world.run_with(&change, &original);
            assert_eq!(rules(world).await, [""; 0]);
        }
        world.service().execute(&Actor::system(), EraseCase { case: ada.id() }).await.unwrap();
        assert_eq!(rules(world).await, [""; 0]);
        let named =
            format!("UPDATE applications SET given_names = 'Ada' WHERE id = {}", world.id_in_sql(&ada));
        world.run(&named).unwrap();
        assert_eq!(rules(world).await, ["standing_differs"]);
        world.run(&named.replace("'Ada'", "''")).unwrap();
    });
}

/// All histories, as their newest version before the keys would have written them.
async fn make_plain(world: &World) {
    let read: Result<_, StoreError> = world.db().read(plain_lines).await;
    let statements: Vec<String> = read.unwrap().into_iter().map(|line| line.statement(world)).collect();
    run_all(world, &statements);
}

/// What a line or the end of a chain becomes.
enum Plain {
    Line { table: &'static str, key: String, seq: i32, previous: Vec<u8>, hash: Vec<u8> },
    End { table: &'static str, key: String, hash: Vec<u8> },
}

impl Plain {
    fn statement(self, world: &World) -> String {
        let id = |table: &str, key: String| match (
            table.starts_with("authorization"),
            world.database_url().starts_with("sqlite"),
        ) {
            (false, true) => format!("x'{}'", key.replace('-', "")),
            _ => format!("'{key}'"),
        };
        match self {
            Self::Line { table, key, seq, previous, hash } => {
                let column = match table {
                    "events" => "application_id",
                    "batch_events" => "batch_id",
                    _ => "authorization_number",
                };
                let digest = if table == "events" { ", digest = NULL" } else { "" };
                format!(
                    "UPDATE {table} SET hash_key = NULL{digest}, previous_hash = {}, hash = {} WHERE {column} = {} AND seq = {seq}",
                    literal(world, &previous),
                    literal(world, &hash),
                    id(table, key)
                )
            }
            Self::End { table, key, hash } => {
                let column = if table == "authorizations" { "number" } else { "id" };
                format!(
                    "UPDATE {table} SET event_hash = {} WHERE {column} = {}",
                    literal(world, &hash),
                    id(table, key)
                )
            }
        }
    }
}

fn plain_lines(tx: &mut Tx<'_>) -> Result<Vec<Plain>, StoreError> {
    let mut all = Vec::new();
    let cases: Vec<ApplicationId> = store::audit::cases(tx, None, 500)?.iter().map(|case| case.id).collect();
    for case in &cases {
        let lines = store::audit::events_of(tx, &[*case])?;
        let mut issued = std::collections::BTreeMap::new();
        let mut note = |event: &Event| {
            if let Some(number) = &event.facts.authorization {
                issued.entry(number.clone()).or_insert_with(|| event.hash.clone());
            }
        };
        let hash = rewrite(&lines, GENESIS.to_vec(), ("events", case.to_string()), &mut all, &mut note);
        all.push(Plain::End { table: "applications", key: case.to_string(), hash });
        for held in store::authorization::of_cases(tx, &[*case])? {
            let lines: Vec<AuditedEvent<AuthorizationState>> =
                store::authorization_event::of(tx, std::slice::from_ref(&held.number))?;
            let start = issued[&held.number].clone();
            let at = ("authorization_events", held.number.clone());
            let hash = rewrite(&lines, start, at, &mut all, &mut |_| ());
            all.push(Plain::End { table: "authorizations", key: held.number, hash });
        }
    }
    let batches: Vec<BatchId> = store::batch::list(tx, &store::batch::BatchFilter::default(), 500)?
        .iter()
        .map(|batch| batch.id)
        .collect();
    for batch in batches {
        let lines: Vec<AuditedEvent<BatchState>> = store::batch_event::of(tx, &[batch])?;
        let hash =
            rewrite(&lines, GENESIS.to_vec(), ("batch_events", batch.to_string()), &mut all, &mut |_| ());
        all.push(Plain::End { table: "batches", key: batch.to_string(), hash });
    }
    Ok(all)
}

/// Adds the lines of a chain, and returns the hash of the last one. `note` sees each first event that names something.
fn rewrite<S: Chained>(
    lines: &[AuditedEvent<S>],
    mut previous: Vec<u8>,
    (table, key): (&'static str, String),
    all: &mut Vec<Plain>,
    note: &mut impl FnMut(&Event<S>),
) -> Vec<u8> {
    for AuditedEvent { event, facts, .. } in lines {
        let mut event = event.clone();
        (event.hash_key, event.digest, event.previous_hash) = (None, None, previous.clone());
        event.hash = plain_hash(&event, facts);
        if event.from != Some(event.to) {
            note(&event);
        }
        let (hash, seq) = (event.hash.clone(), event.seq);
        all.push(Plain::Line { table, key: key.clone(), seq, previous, hash: hash.clone() });
        previous = hash;
    }
    previous
}

/// The job that an upgrade leaves.
fn insert_job(world: &World) {
    let sqlite = world.database_url().starts_with("sqlite");
    let id =
        if sqlite { "x'019ac68e800070008000000000000004'" } else { "'019ac68e-8000-7000-8000-000000000004'" };
    let now = if sqlite { "'2026-03-01T00:00:00.000000Z'" } else { "now()" };
    let job = format!(
        "INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
         VALUES ({id}, 'close_histories', 'system', 'waiting', 0, {now})"
    );
    world.run(&job).unwrap();
}

#[test]
fn histories_from_before_there_were_keys_are_closed_in_slices_and_steps_close_theirs_themselves() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let batch = world.open_batch(3).await;
        let [ada, bo, chu] = world.submit(&batch, ["Ada", "Bo", "Chu"]).await;
        world.endorse_every_stage([&ada, &chu]).await;
        world.act(&world.sponsor, &chu, json!({ "action": "surrender" })).await.expect(200);
        world.until_outbox_is_empty().await;
        make_plain(world).await;
        assert_eq!(rules(world).await, ["history_without_key"]);
        insert_job(world);
        let report = verify::verify(&world.db()).await.unwrap();
        assert_eq!((report.breaks.len(), report.old_lines > 10), (0, true));
        let old_lines = report.old_lines;
        let versions =
            [world.case(&ada).await["version"].clone(), world.batch(&batch).await["version"].clone()];

        world.endorse(&bo, "nomination").await;
        let mut job = world.slice(1).await;
        while job.state.is_open() {
            assert_eq!(rules(world).await, [""; 0]);
            world.restart().await;
            job = world.slice(1).await;
        }
        assert_eq!(job.done, 4, "two cases, an authorization and a batch");
        let report = verify::verify(&world.db()).await.unwrap();
        assert_eq!((report.breaks.len(), report.old_lines), (0, old_lines));
        let last = |events: &[(Event, String)]| events.last().unwrap().0.action;
        assert_eq!(last(&events_of(world, &ada).await), Action::CloseHistory);
        assert_eq!(last(&events_of(world, &bo).await), Action::Endorse, "its line has a key already");
        assert_eq!(
            versions,
            [world.case(&ada).await["version"].clone(), world.batch(&batch).await["version"].clone()]
        );
        let seen = world.history(&world.sponsor, &ada).await;
        assert!(seen.iter().all(|line| line["action"] != "close_history"), "{seen:#?}");
        let seen = world.history(world.reviewer(&ada, "decision"), &ada).await;
        assert_eq!(seen.last().unwrap()["action"], "close_history");
        world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await.expect(200);
    });
}

#[test]
fn a_plain_line_after_one_with_a_key_is_noticed() {
    on_both_databases_with(&forged(), async |world| {
        let batch = world.open_batch(3).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let (mut last, facts) = events_of(world, &ada).await.pop().unwrap();
        (last.hash_key, last.digest) = (None, None);
        let hash = literal(world, &plain_hash(&last, &facts));
        let case = world.id_in_sql(&ada);
        run_all(
            world,
            &[
                format!(
                    "UPDATE events SET hash_key = NULL, digest = NULL, hash = {hash}
                     WHERE application_id = {case} AND seq = {}",
                    last.seq
                ),
                format!("UPDATE applications SET event_hash = {hash} WHERE id = {case}"),
            ],
        );
        assert_eq!(rules(world).await, ["line_without_key"]);
        // It does not help either to claim that the histories are not closed yet.
        world.stop().await;
        insert_job(world);
        world.start().await;
        assert_eq!(rules(world).await, ["line_without_key"]);
    });
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    count: i32,
}

/// The sum of the versions of the cases that nobody moves meanwhile.
fn versions(url: &str) -> i32 {
    let sum =
        "SELECT CAST(sum(version) AS INTEGER) AS count FROM applications WHERE state IN ('draft', 'refused')";
    let counted: Count = match url.strip_prefix("sqlite://") {
        Some(file) => sql_query(sum).get_result(&mut SqliteConnection::establish(file).unwrap()).unwrap(),
        None => sql_query(sum).get_result(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    counted.count
}

#[test]
fn a_database_of_0e8a793_closes_its_histories_while_the_service_runs() {
    let before = RefCell::new(0);
    let prepare = |storage: &Storage| *before.borrow_mut() = versions(&storage.database_url());
    on_databases_of_prepared("0e8a793", prepare, async |world, saved| {
        let report = verify::verify(&world.db()).await.unwrap();
        assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        for begun in world.jobs().await.into_iter().rev() {
            let is_done =
                async || world.jobs().await.iter().any(|job| job.id == begun.id && !job.state.is_open());
            world.until(&format!("{} is done", begun.kind), is_done).await;
        }
        let report = verify::verify(&world.db()).await.unwrap();
        assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
        assert_eq!(report.cases, saved.cases);
        let plain = world.bytes("SELECT hash AS bytes FROM events WHERE hash_key IS NULL").len();
        assert_eq!(report.old_lines, plain, "the other histories are younger");
        assert!(plain > saved.cases);
        let ends = "SELECT a.event_hash AS bytes FROM applications a JOIN events e
            ON e.application_id = a.id AND e.seq = a.event_seq WHERE e.hash_key IS NOT NULL AND e.digest IS NOT NULL";
        assert_eq!(world.bytes(ends).len(), saved.cases);
        assert_eq!(versions(&world.database_url()), *before.borrow());
        let printed = world.corridor().args(["verify", "--json"]).output().unwrap();
        let printed: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
        assert_eq!((&printed["ok"], &printed["old_lines"]), (&json!(true), &json!(plain)));
    });
}

#[test]
fn after_a_rotation_old_lines_are_checked_with_their_own_key_and_without_it_verify_names_it() {
    on_both_databases(async |world| {
        let batch = world.open_batch(10).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada]).await;
        let old = world.db().keyring().current().to_string();
        let rotated = world.corridor().args(["keys", "rotate"]).output().unwrap();
        assert!(rotated.status.success());
        world.restart().await;
        world.endorse_every_stage([&bo]).await;
        assert_ne!(world.db().keyring().current().to_string(), old);
        assert_eq!(rules(world).await, [""; 0]);
        let listed = world.corridor().args(["keys", "list", "--json"]).output().unwrap();
        let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
        assert_eq!(listed[1]["purposes"], json!(["history"]));

        let file = world.folder().join("secret.key");
        let whole = std::fs::read_to_string(&file).unwrap();
        let newest = whole.lines().next().unwrap();
        std::fs::write(&file, format!("{newest}\n")).unwrap();
        let verified = world.corridor().arg("verify").output().unwrap();
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(!verified.status.success());
        assert!(said.contains(&old) && !said.contains("chain_broken"), "{said}");
        assert!(!String::from_utf8_lossy(&verified.stdout).contains("chain_broken"));
        std::fs::write(&file, whole).unwrap();
        assert!(world.corridor().arg("verify").output().unwrap().status.success());
    });
}
