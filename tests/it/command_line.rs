//! The command line: settings, exit codes, signals.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// A temporary folder. The program runs in it with an empty environment.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("corridor-it-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn corridor(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.env_clear().current_dir(&self.0).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.corridor(arguments).output().unwrap()
    }

    /// Starts a service. Returns the address that it printed too.
    fn serve(&self) -> (Child, String) {
        let mut command = self.corridor(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("\"listen\"")).unwrap();
        let listen = line.split('"').nth(3).unwrap().to_owned();
        (child, listen)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
}

#[test]
fn a_bad_variable_stops_the_start_with_one_line_and_exit_code_2() {
    let folder = Folder::new("settings");
    for (variable, value) in [
        ("CORRIDOR_LISTEN", "nowhere"),
        ("CORRIDOR_DATABASE_URL", "postgres://u:hunter2@db:port/c"),
        ("CORRIDOR_DB_POOL", "0"),
        ("CORRIDOR_CONFIG", "/nowhere.toml"),
    ] {
        let output = folder.corridor(&[]).env(variable, value).output().unwrap();
        let printed = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{printed}");
        assert!(
            printed.contains(variable) && printed.lines().count() == 1 && !printed.contains("hunter2"),
            "{printed}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn flags_come_before_the_environment_and_the_environment_before_the_file() {
    let folder = Folder::new("order");
    std::fs::write(folder.0.join("c.toml"), "log = \"file-is=loud\"").unwrap();
    let with_file =
        |command: &mut Command| stderr(&command.env("CORRIDOR_CONFIG", "c.toml").output().unwrap());
    assert!(with_file(&mut folder.corridor(&["migrate"])).contains("log in c.toml"));
    std::fs::write(folder.0.join("c.toml"), "database_url = \"sqlite://file.db\"").unwrap();
    with_file(folder.corridor(&["migrate"]).env("CORRIDOR_DATABASE_URL", ""));
    assert!(folder.0.join("file.db").exists(), "an empty variable counts as unset");
    with_file(folder.corridor(&["migrate"]).env("CORRIDOR_DATABASE_URL", "sqlite://variable.db"));
    assert!(folder.0.join("variable.db").exists());
    let both = &["migrate", "--database-url", "sqlite://flag.db"];
    with_file(folder.corridor(both).env("CORRIDOR_DATABASE_URL", "sqlite://other.db"));
    assert!(folder.0.join("flag.db").exists() && !folder.0.join("other.db").exists());
}

#[test]
fn results_go_to_stdout_and_nothing_else_does() {
    let folder = Folder::new("output");
    let migrated = folder.run(&["migrate", "--json"]);
    let result: serde_json::Value = serde_json::from_slice(&migrated.stdout).unwrap();
    assert!(result["applied"].as_u64().unwrap() > 0);
    assert_eq!(folder.run(&["--help"]).status.code(), Some(0));
    assert_eq!(folder.run(&["no-such-command"]).status.code(), Some(2));
}

#[test]
fn a_batch_by_lot_is_run_from_the_command_line() {
    let folder = Folder::new("ballot");
    let (mut service, _) = folder.serve();
    terminate(&service);
    service.wait().unwrap();
    let run = |arguments: &[&str]| -> serde_json::Value {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let terms = ["--programme=cn-kz", "--name=A", "--capacity=1", "--order=ballot", "--hold-at=submission"];
    let planned = run(&[&["batch", "create"], &terms[..]].concat());
    assert_eq!((&planned["order"], &planned["ballot"]), (&"ballot".into(), &serde_json::Value::Null));
    let id = planned["id"].as_str().unwrap();
    let opened = run(&["batch", "open", id]);
    assert_eq!(opened["ballot"]["commitment"].as_str().unwrap().len(), 64);
    let closed = run(&["batch", "close", id]);
    assert_eq!(closed["ballot"]["commitment"], opened["ballot"]["commitment"]);
    assert_eq!(closed["ballot"]["seed"].as_str().unwrap().len(), 64);
    assert_eq!(folder.run(&["batch", "open", id]).status.code(), Some(1));
    let refused = folder.run(&[&["batch", "create", "--on-full=refuse"], &terms[..]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("on_full"), "{}", stderr(&refused));
}

#[test]
fn a_backup_works_while_the_service_runs_and_never_overwrites_a_file() {
    let folder = Folder::new("backup");
    let (mut service, _) = folder.serve();
    let first = folder.run(&["backup", "copy.db"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    assert!(stderr(&first).contains("secret.key"));
    assert_eq!(folder.run(&["backup", "copy.db"]).status.code(), Some(1));
    #[cfg(unix)]
    for made in ["copy.db", "data", "data/corridor.db", "data/corridor.db-wal", "data/secret.key"] {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&folder.0.join(made).metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "others may not read {made}");
    }
    let second = folder.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(stderr(&second).contains("another `corridor serve`"));
    terminate(&service);
    service.wait().unwrap();
}

#[test]
fn sigterm_finishes_current_requests_and_a_second_one_does_not_wait() {
    let folder = Folder::new("sigterm");
    let (mut service, listen) = folder.serve();
    // An idle connection does not delay the stop.
    let mut idle = TcpStream::connect(&listen).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let began = Instant::now();
    terminate(&service);
    assert_eq!(service.wait().unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5));

    let (mut service, listen) = folder.serve();
    // A client that has sent only part of its body.
    let mut slow = TcpStream::connect(&listen).unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    terminate(&service);
    std::thread::sleep(Duration::from_millis(200));
    terminate(&service);
    service.wait().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
}
