//! Fills the registers in `tests/data/0e8a793`: with the service of that commit, in the words of its tests, on both
//! databases. `tests/data/README.md` says how this is run.

mod cases;
mod cast;
mod messages;
mod story;

use std::{path::Path, process::Command};

use corridor::{store::Db, workflow::verify};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Home, MailServer, Setup, World, log, postgres_server};
use cast::{Fill, PASSWORD, Visits};

#[test]
#[expect(clippy::disallowed_methods, reason = "the folder to fill")]
fn fill_a_register() {
    let folder = std::env::var("CORRIDOR_FILL").unwrap();
    log::listen();
    fill(Home::with_sqlite(), &Path::new(&folder).join("sqlite"));
    fill(Home::with_postgres(&postgres_server().unwrap()), &Path::new(&folder).join("postgres"));
}

fn fill(home: Home, folder: &Path) {
    let server = MailServer::start();
    let setup = Setup { smtp_url: Some(server.url()), ..Setup::default() };
    actix_web::rt::System::new().block_on(async {
        let world = World::begin(home, setup).await;
        let fill = Fill::gather(&world).await;
        fill.pilot().await;
        fill.batches_of_every_kind().await;
        fill.first_batch().await;
        fill.until_nothing_is_pending().await;
        let given_up = fill.messages_given_up(&server).await;
        let Visits { sessions, newcomer, link } = fill.visits().await;
        fill.until_nothing_is_pending().await;
        fill.pending_messages(&server).await;
        let token = fill.fresh_token().await;
        let cases = verify(&world.db()).await;
        let cases_by_state = fill.count_cases().await;
        let (at, url) = (world.now(), world.database_url());
        world.stop().await;
        keep(&world.folder(), &url, folder);
        let pending = sent_after_all(&fill, &server).await;
        let register = json!({
            "at": at, "password": PASSWORD, "programs": fill.credentials(), "token": token, "sessions": sessions,
            "newcomer": newcomer, "link": link, "cases": cases, "cases_by_state": cases_by_state, "given_up": given_up,
            "pending": pending,
        });
        let text = serde_json::to_string_pretty(&register).unwrap() + "\n";
        std::fs::write(folder.join("register.json"), text).unwrap();
        world.stop().await;
    });
}

async fn verify(db: &Db) -> usize {
    let report = verify::verify(db).await.unwrap();
    assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
    eprintln!("{} cases, {} events, {} batches", report.cases, report.events, report.batches);
    report.cases
}

/// What this version itself makes of the pending messages, once the mail server is back.
async fn sent_after_all(fill: &Fill<'_>, server: &MailServer) -> Vec<Value> {
    let before = server.letters().len();
    server.come_back();
    fill.world.start().await;
    fill.world.advance(SignedDuration::from_hours(1));
    fill.until_nothing_is_pending().await;
    let mut messages = Vec::new();
    for letter in &server.letters()[before..] {
        let (_, path) = letter.text.split_once("http://corridor.test").unwrap();
        let path = path.split_whitespace().next().unwrap();
        let reference = match path.strip_prefix("/applications/") {
            Some(id) => fill.view(id.parse().unwrap()).await.dossier.case.reference.to_string().into(),
            None => Value::Null,
        };
        messages.push(json!({
            "to": letter.to, "message_id": letter.message_id, "path": path, "reference": reference,
        }));
    }
    messages.sort_by_key(|message| message["message_id"].to_string());
    messages
}

/// Keeps what a service left that has ended: database, key, papers.
fn keep(data: &Path, url: &str, folder: &Path) {
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    std::fs::create_dir_all(folder).unwrap();
    run(Command::new("cp").arg("-r").arg(data.join("evidence")).arg(data.join("secret.key")).arg(folder));
    if url.starts_with("sqlite") {
        rusqlite::Connection::open(data.join("corridor.db"))
            .unwrap()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        std::fs::copy(data.join("corridor.db"), folder.join("corridor.db")).unwrap();
    } else {
        let mut command = Command::new("pg_dump");
        command.args(["--inserts", "--rows-per-insert=20", "--no-owner", "--no-privileges", "--no-comments"]);
        let dump = String::from_utf8(run(command.arg(url))).unwrap();
        // Lines of psql alone.
        let sql: String =
            dump.lines().filter(|line| !line.starts_with('\\')).map(|l| format!("{l}\n")).collect();
        std::fs::write(folder.join("corridor.sql"), sql).unwrap();
    }
}
