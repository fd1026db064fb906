//! A PostgreSQL server for one test, whose messages are Russian. The test may stop it, fill its disk and change its
//! settings.

use std::{
    env::temp_dir,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use corridor::random;

use super::postgres_server;

/// The locale of the server's messages.
const LOCALE: &str = "ru_RU.UTF-8";

/// The server. Dropping it stops it and removes its files.
pub struct OwnPostgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl OwnPostgres {
    /// Starts a server. None: there is no PostgreSQL for tests at all.
    pub fn start() -> Option<Self> {
        postgres_server()?;
        let server = Self::without_data();
        let mut initdb = server.command("initdb");
        initdb.args(["-U", "corridor", "-A", "trust", "-E", "UTF8", "--locale=C"]);
        succeed(&mut initdb);
        server.start_again();
        Some(server)
    }

    /// Starts another server that follows this one and is read-only.
    pub fn start_standby(&self) -> Self {
        let standby = Self::without_data();
        let mut copy = standby.command("pg_basebackup");
        succeed(copy.args(["-R", "-c", "fast", "-d"]).arg(self.url()));
        standby.start_again();
        standby
    }

    fn without_data() -> Self {
        let folder = temp_dir().join(format!("corridor-postgres-{}", random::id().simple()));
        fs::create_dir(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs: programs(), port };
        let locale = server.folder.join("locale");
        fs::create_dir(&locale).unwrap();
        // Into a folder of its own: no right to change the system's locales is needed.
        let mut localedef = Command::new("localedef");
        localedef.args(["-i", "ru_RU", "-f", "UTF-8"]).arg(locale.join(LOCALE));
        succeed(localedef.stderr(Stdio::null()));
        succeed(Command::new("chown").args(["-R", &owner()]).arg(&server.folder));
        server
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://corridor@127.0.0.1:{}", self.port)
    }

    /// A folder that the server owns.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts it after a stop.
    pub fn start_again(&self) {
        let mut start = self.command("pg_ctl");
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=100 \
             -c lc_messages={LOCALE}",
            self.port,
            self.folder.display()
        );
        start.args(["-w", "-o", &options, "-l"]).arg(self.folder.join("log")).arg("start");
        succeed(&mut start);
    }

    /// Starts again, and accepts connections by TLS alone, with this certificate and key (PEM).
    #[cfg(feature = "postgres-tls")]
    pub fn demand_tls(&self, certificate: &str, key: &str) {
        let data = self.folder.join("data");
        for (name, contents) in [
            ("server.crt", certificate),
            ("server.key", key),
            ("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n"),
            ("postgresql.auto.conf", "ssl = on\n"),
        ] {
            fs::write(data.join(name), contents).unwrap();
            succeed(Command::new("chmod").arg("600").arg(data.join(name)));
            succeed(Command::new("chown").arg(owner()).arg(data.join(name)));
        }
        self.stop();
        self.start_again();
    }

    /// Stops it, and ends all connections.
    pub fn stop(&self) {
        succeed(self.command("pg_ctl").args(["-m", "fast", "-w", "stop"]));
    }

    /// Makes a standby a server that takes writes.
    pub fn promote(&self) {
        succeed(self.command("pg_ctl").args(["-w", "promote"]));
    }

    /// A program of PostgreSQL, run by a user that the server accepts.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--inh-caps=-all"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.folder.join("data")).current_dir(&self.folder);
        command.env("LOCPATH", self.folder.join("locale")).env_remove("LANGUAGE").env_remove("LC_ALL");
        command.stdout(Stdio::null());
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let _ = self.command("pg_ctl").args(["-m", "immediate", "-w", "stop"]).status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether this process may do everything, such as mount.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

fn owner() -> String {
    if is_root() {
        return "postgres".to_owned();
    }
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}

fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.pop().unwrap_or_default()
}

fn succeed(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
