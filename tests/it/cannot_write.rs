//! While nothing can be written, writes are answered 503 and not done later, `/readyz` says why, and everything goes on
//! by itself afterwards.

use std::{
    fs,
    panic::panic_any,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use corridor::{domain::lifecycle::State, store::StoreError};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{
    Case, OwnPostgres, SmallDisk, World, http::Answer, http::Request, is_root, on_both_databases,
    on_postgres_with, postgres_server, with,
};

/// Longer than a job waits in the queue, and shorter than a transaction may take.
const SOON: Duration = Duration::from_secs(8);

async fn endorse(world: &World, case: &Case) -> Answer {
    world.act(world.reviewer(case, "nomination"), case, json!({ "action": "endorse" })).await
}

/// Status, `Retry-After` and text of `/readyz`.
async fn readiness(world: &World) -> (u16, String, String) {
    let answer = world.send(Request::get("/readyz")).await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    (answer.status, answer.header("Retry-After").to_owned(), text)
}

async fn until_not_ready(world: &World, because: &str) {
    world.until(because, async || readiness(world).await.2.contains(because)).await;
    let (status, retry_after, _) = readiness(world).await;
    assert_eq!((status, retry_after.as_str()), (503, "5"));
}

async fn until_ready(world: &World) {
    world.until("the service is ready", async || readiness(world).await.0 == 200).await;
}

fn is_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.header("Retry-After")), (503, "5"), "{}", answer.body);
}

#[test]
fn a_foreign_lock_is_answered_503_in_time_and_nothing_is_done_later() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        until_ready(world).await;
        world.token(world.reviewer(&ada, "nomination")).await;
        let mut foreign = world.foreign();
        foreign.lock_everything();
        let begun = Instant::now();
        is_unavailable(&endorse(world, &ada).await);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        is_unavailable(&world.fill_in("/sign-in", &[("email", "a@b.example"), ("password", "wrong")]).await);
        until_not_ready(world, "another process has locked the database").await;
        assert_eq!(world.states([&ada]).await, ["in_review"], "reading goes on");
        foreign.run("ROLLBACK");
        let answer = endorse(world, &bo).await;
        answer.expect(200);
        until_ready(world).await;
        let stage = world.get(&world.sponsor, &ada.path()).await["stage"].clone();
        assert_eq!(stage, "nomination", "the refused decision was not done later");
        endorse(world, &ada).await.expect(200);
        // A message that was sent during the lock is sent again when its lease is over.
        world.advance(SignedDuration::from_mins(5));
    });
}

#[test]
fn a_writer_that_has_ended_is_reported_and_replaced() {
    on_both_databases(async |world| {
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.until_outbox_is_empty().await;
        until_ready(world).await;
        for _ in 0..2 {
            let ended: Result<(), StoreError> = world.db().write(|_| panic_any(Bomb(2))).await;
            assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
            until_not_ready(world, "a writer has ended").await;
        }
        endorse(world, &ada).await.expect(200);
        until_ready(world).await;
    });
}

/// A panic that ends a thread: what it has thrown panics again when it is dropped.
struct Bomb(u8);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Self(self.0 - 1));
        }
    }
}

/// Moves a folder's files onto a small disk.
fn onto_a_small_disk(folder: &Path, megabytes: u32) -> SmallDisk {
    let aside = folder.with_extension("aside");
    fs::create_dir(&aside).unwrap();
    copy(folder, &aside);
    let disk = SmallDisk::on(folder.to_owned(), megabytes);
    copy(&aside, folder);
    fs::remove_dir_all(aside).unwrap();
    disk
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success());
}

/// Waits until the last connection to SQLite's file is closed.
async fn until_closed(world: &World) {
    let log = world.folder().join("corridor.db-wal");
    world.until("the database is closed", async || !log.exists()).await;
}

/// Creates drafts until one is refused. No answer may be an error of ours.
async fn draft_until_refused(world: &World, form: &serde_json::Value) -> Answer {
    for _ in 0..5000 {
        let answer = world.post(&world.sponsor, "/api/v1/applications", form).await;
        if answer.status != 201 {
            return answer;
        }
    }
    panic!("the disk is not full");
}

#[test]
fn a_full_disk_is_answered_503_and_the_service_goes_on_when_there_is_space() {
    if !is_root() {
        eprintln!("--- not tested: only root can mount a small disk");
        return;
    }
    with(crate::world::Setup::default(), async |world| {
        let batch = world.open_batch(5).await;
        let draft = world.draft(&world.form(&batch, "Ada")).await;
        world.until_outbox_is_empty().await;
        world.stop().await;
        until_closed(world).await;
        let disk = onto_a_small_disk(&world.folder(), 24);
        world.start().await;
        until_ready(world).await;
        disk.fill();
        is_unavailable(&draft_until_refused(world, &world.form(&batch, "Bo")).await);
        is_unavailable(&world.add_evidence(&draft, "passport_page").await);
        until_not_ready(world, "its disk may be full").await;
        disk.make_space();
        world.add_required_evidence(&draft).await;
        until_ready(world).await;
        world.advance(SignedDuration::from_mins(30));
        world.until_outbox_is_empty().await;
        world.stop().await;
        until_closed(world).await;
        let aside = world.folder().with_extension("aside");
        fs::create_dir(&aside).unwrap();
        copy(&world.folder(), &aside);
        drop(disk);
        copy(&aside, &world.folder());
        fs::remove_dir_all(aside).unwrap();
        world.start().await;
    });
}

#[test]
fn a_full_disk_of_a_russian_postgresql_is_answered_503() {
    let Some(server) = OwnPostgres::start() else { return };
    if !is_root() {
        eprintln!("--- not tested: only root can mount a small disk");
        return;
    }
    let folder = server.folder().join("small");
    fs::create_dir(&folder).unwrap();
    let disk = SmallDisk::on(folder.clone(), 48);
    let owned = Command::new("chown").arg("postgres").arg(&folder).status().unwrap();
    assert!(owned.success());
    on_postgres_with(&server.url(), &crate::world::Setup::default(), async |world| {
        let batch = world.open_batch(5).await;
        world.until_outbox_is_empty().await;
        world.stop().await;
        let url = world.database_url();
        let (server, name) = url.rsplit_once('/').unwrap();
        let mut admin = crate::world::Foreign::to(&format!("{server}/postgres"));
        admin.run(&format!("CREATE TABLESPACE small LOCATION '{}'", folder.display()));
        let end_all =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        admin.run(&end_all);
        admin.run(&format!("ALTER DATABASE {name} SET TABLESPACE small"));
        world.start().await;
        until_ready(world).await;
        disk.fill();
        is_unavailable(&draft_until_refused(world, &world.form(&batch, "Bo")).await);
        until_not_ready(world, "its disk may be full").await;
        disk.make_space();
        world.draft(&world.form(&batch, "Chu")).await;
        until_ready(world).await;
        world.stop().await;
        admin.run(&end_all);
        admin.run(&format!("ALTER DATABASE {name} SET TABLESPACE pg_default"));
        admin.run("DROP TABLESPACE small");
        world.start().await;
    });
}

#[test]
fn readiness_makes_no_table_in_postgresql_as_long_as_writes_succeed() {
    let Some(server) = postgres_server() else { return };
    on_postgres_with(&server, &crate::world::Setup::default(), async |world| {
        until_ready(world).await;
        let temporary = "SELECT convert_to(nspname::text, 'UTF8') AS bytes FROM pg_namespace \
                         WHERE nspname LIKE 'pg\\_temp%'";
        assert!(world.bytes(temporary).is_empty());
    });
}

#[test]
fn a_slow_transaction_does_not_make_the_service_unready() {
    on_both_databases(async |world| {
        let writers = if world.db().sqlite_file().is_some() { 1 } else { 2 };
        let slow: Vec<_> = (0..writers)
            .map(|_| {
                let db = world.db();
                actix_web::rt::spawn(async move {
                    let done: Result<(), StoreError> = db
                        .write(|_| {
                            std::thread::sleep(Duration::from_millis(2500));
                            Ok(())
                        })
                        .await;
                    done.unwrap();
                })
            })
            .collect();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            assert_eq!(readiness(world).await.0, 200);
        }
        for slow in slow {
            slow.await.unwrap();
        }
        let batch = world.open_batch(5).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.until_state(&ada, State::InReview).await;
    });
}
