//! A temporary PostgreSQL server with default settings, so commits are durable. It can be killed and restarted.
//! Dropping it deletes it.

use std::{
    cell::RefCell,
    fs,
    net::TcpListener,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use corridor::random;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

/// The timeout for a start with recovery.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A server with a data folder of its own, on a free port.
pub struct Server {
    folder: PathBuf,
    port: u16,
    process: RefCell<Option<Child>>,
}

impl Server {
    /// Creates a database cluster and starts the server.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("corridor-postgres-{}", random::id()));
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, port, process: RefCell::default() };
        if let Some((user, group)) = unprivileged() {
            std::os::unix::fs::chown(&server.folder, Some(user), Some(group)).unwrap();
        }
        let mut initdb = server.command("initdb");
        initdb.args(["-U", "corridor", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", "data"]);
        assert!(initdb.stdout(Stdio::null()).status().unwrap().success());
        server.restart();
        server
    }

    /// `postgres://user@host:port`, without a database.
    pub fn url(&self) -> String {
        format!("postgres://corridor@127.0.0.1:{}", self.port)
    }

    /// Starts the server, and waits until it accepts connections.
    pub fn restart(&self) {
        let deadline = Instant::now() + TIMEOUT;
        let mut process = self.spawn();
        while PgConnection::establish(&format!("{}/postgres", self.url())).is_err() {
            assert!(Instant::now() < deadline, "PostgreSQL did not start within {TIMEOUT:?}");
            // While child processes of a killed server hold its shared memory, the new server exits: try again.
            if process.try_wait().unwrap().is_some() {
                process = self.spawn();
            }
            thread::sleep(Duration::from_millis(20));
        }
        *self.process.borrow_mut() = Some(process);
    }

    fn spawn(&self) -> Child {
        let log = fs::File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        let mut postgres = self.command("postgres");
        postgres.args(["-D", "data", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300"]);
        postgres.args(["-p", &self.port.to_string(), "-c", "unix_socket_directories="]);
        postgres.stderr(log).spawn().unwrap()
    }

    /// Kills the server and its child processes with SIGKILL.
    pub fn kill(&self) {
        let mut postmaster = self.process.take().unwrap();
        let id = postmaster.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        postmaster.kill().unwrap();
        postmaster.wait().unwrap();
        // Fails for child processes that have already exited.
        let _ =
            Command::new("kill").arg("-9").args(children.split_whitespace()).stderr(Stdio::null()).status();
    }

    /// A PostgreSQL program, run as a user other than root, because PostgreSQL refuses root.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The user `postgres` and its group, if this process runs as root.
fn unprivileged() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<&str> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
}

/// The path of a PostgreSQL program. It is in the same folder as the server, which is not always in PATH.
pub fn program(name: &str) -> PathBuf {
    let folder = Command::new("pg_config").arg("--bindir").output().ok();
    let folder = folder.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let full = Path::new(&folder.unwrap_or_default()).join(name);
    if full.exists() { full } else { PathBuf::from(name) }
}

/// Runs one statement on a database.
pub fn run_on(url: &str, statement: &str) {
    sql_query(statement).execute(&mut PgConnection::establish(url).unwrap()).unwrap();
}
