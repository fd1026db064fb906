//! `mail`: messages per second to a mail server, beside those that Postfix's `smtp-source` sends to the same server. The
//! server is `smtp-sink`, which accepts everything and keeps nothing.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use corridor::{
    clock::Clock,
    domain::notification::{Channel, Contents, Notification, ResetPassword},
    store::{StoreError, Tx, outbox},
};

use super::{
    database::Database,
    installation::Installation,
    messages::{pending, rate_of_last},
    postgres::Server,
    report::median,
};

#[derive(clap::Args)]
pub struct Args {
    /// Messages in each measurement
    #[arg(long, default_value_t = 20_000)]
    messages: usize,
    /// Messages that were sent before
    #[arg(long, default_value_t = 1_000_000)]
    sent_before: usize,
    /// How often everything is measured; the medians are reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// The connections of both senders.
const CONNECTIONS: usize = 4;
/// The bytes of a message, headers included, of `smtp-source`; ours have as many.
const BYTES: usize = 6500;

pub async fn run(args: Args) {
    let sink = Sink::start();
    println!("| sender | messages per second | ratio |");
    println!("| --- | --: | --: |");
    let server = Server::start();
    let installations = [
        ("Corridor on SQLite", Installation::with_sqlite().await),
        ("Corridor on PostgreSQL", Installation::with_postgres(&server.url()).await),
    ];
    for (_, installation) in &installations {
        fill(&mut Database::open(&installation.database_url), args.sent_before);
        installation.checkpoint();
    }
    let (mut source, mut ours) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..args.rounds {
        source.push(sink.rate_of_smtp_source(args.messages));
        for ((_, installation), rates) in installations.iter().zip(&mut ours) {
            enqueue(installation, args.messages).await;
            rates.push(sent_by(installation, &sink.url(), args.messages).await);
        }
    }
    let best = median(source.into_iter()).unwrap();
    println!("| smtp-source | {best:.0} | 1 |");
    for ((name, _), rates) in installations.iter().zip(ours) {
        let rate = median(rates.into_iter()).unwrap();
        println!("| {name} | {rate:.0} | {:.2} |", rate / best);
    }
}

/// Adds messages that were sent, and their attempts.
fn fill(database: &mut Database, count: usize) {
    let (id, numbers, bytes, at) = match database {
        Database::Sqlite(_) => (
            "randomblob(16)",
            format!(
                "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) SELECT"
            ),
            "zeroblob(300)",
            "'2026-01-01T00:00:00.000000Z'",
        ),
        Database::Postgres(_) => (
            "gen_random_uuid()",
            format!("WITH n AS (SELECT generate_series(1, {count})) SELECT"),
            "decode(repeat('00', 300), 'hex')",
            "timestamptz '2026-01-01T00:00:00Z'",
        ),
    };
    database.run(&format!(
        "INSERT INTO notifications (id, message, channel, attempt_policy, language, recipient_sealed, contents_sealed, state,
         attempts, next_attempt_at, created_at, sent_at)
         {numbers} {id}, 'reset_password', 'email', 'for_a_day', 'en', {bytes}, {bytes}, 'sent', 1, {at}, {at}, {at} FROM n"
    ));
    database.run(&format!(
        "INSERT INTO delivery_attempts (notification_id, attempt, at, outcome) SELECT id, 1, {at}, 'sent' FROM notifications"
    ));
}

/// Adds messages that are due.
async fn enqueue(installation: &Installation, count: usize) {
    let (db, now) = (installation.database(), Clock::System.now());
    for first in (0..count).step_by(500) {
        let numbers = first..(first + 500).min(count);
        let add = move |tx: &mut Tx<'_>| {
            for number in numbers.clone() {
                let contents = Contents::ResetPassword(ResetPassword {
                    name: "Li Na".to_owned(),
                    path: format!("/reset-password?token={number:043}"),
                    until: now,
                });
                let (language, recipient) = ("en".to_owned(), format!("li.na.{number}@example.cn"));
                outbox::enqueue(
                    tx,
                    None,
                    &Notification { channel: Channel::Email, language, recipient, contents },
                    now,
                )?;
            }
            Ok::<_, StoreError>(())
        };
        db.write(add).await.unwrap();
    }
}

/// Starts the service and waits until it has sent everything.
async fn sent_by(installation: &Installation, smtp_url: &str, count: usize) -> f64 {
    let mut database = Database::open(&installation.database_url);
    database.checkpoint();
    let service = installation.serve_with(smtp_url);
    while pending(&mut database) > 0 {
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    drop(service);
    rate_of_last(&mut database, count)
}

/// `smtp-sink` of Postfix. Dropping it ends it.
struct Sink {
    port: u16,
    process: Child,
}

impl Sink {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = program("smtp-sink");
        let process = command.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "100"]).spawn().unwrap();
        let sink = Self { port, process };
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        sink
    }

    fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    fn rate_of_smtp_source(&self, messages: usize) -> f64 {
        let mut command = program("smtp-source");
        command.args(["-s", &CONNECTIONS.to_string(), "-m", &messages.to_string(), "-l", &BYTES.to_string()]);
        command.args(["-f", "a@example.org", "-t", "b@example.org", &format!("127.0.0.1:{}", self.port)]);
        let begun = Instant::now();
        assert!(command.status().unwrap().success());
        messages as f64 / begun.elapsed().as_secs_f64()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of Postfix, which Debian keeps out of the path of ordinary users.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PATH", "/usr/sbin:/usr/bin:/bin").stdout(Stdio::null());
    command
}
