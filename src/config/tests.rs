use std::{ffi::OsString, fs, path::PathBuf};

use clap::Parser;

use super::{values::refuse_tls, *};

#[derive(Parser, Debug)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

fn settings(arguments: &[&str]) -> Result<Settings, String> {
    let arguments =
        std::iter::once("corridor").chain(arguments.iter().copied()).map(OsString::from).collect();
    match read::<Line>(arguments) {
        Ok(line) => Ok(line.settings),
        Err(BadCommandLine::Setting(line)) => Err(line),
        Err(BadCommandLine::Usage(error)) => Err(format!("usage: {error}")),
    }
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("corridor-config-{name}-{}.toml", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn nothing_set_is_a_small_installation_in_one_folder() {
    let read = settings(&[]).unwrap();
    assert_eq!(read.database_url(), "sqlite://data/corridor.db");
    assert_eq!(read.secret_file(), PathBuf::from("data/secret.key"));
    assert_eq!(format!("{read:?}"), format!("{:?}", Settings::default()));
}

#[test]
fn a_database_has_several_hosts_with_ports() {
    for url in [
        "postgres://u:p%40ss@one:5432,two:5433/db?target_session_attrs=read-write",
        "postgres://one,two/db",
        "postgres://[::1]:5432,127.0.0.1:5433/db",
        "postgresql:///db?host=/run/postgresql",
    ] {
        assert_eq!(settings(&["--database-url", url]).unwrap().database_url(), url);
    }
}

#[test]
fn a_proxy_is_an_address_or_a_network() {
    let proxies =
        |text: &str| settings(&["--trusted-proxies", text]).map(|read| read.trusted_proxies.0.len());
    assert_eq!(settings(&[]).unwrap().trusted_proxies.0, []);
    assert_eq!(proxies("127.0.0.1, ::1,10.0.0.0/8"), Ok(3));
    assert!(proxies("10.0.0.0/99").unwrap_err().contains("for example"));
    assert!(proxies("proxy.example").unwrap_err().contains("for example"));
}

#[test]
fn a_wrong_value_is_one_line_with_the_variable_the_form_and_an_example() {
    for (flag, value, variable) in [
        ("--listen", "8080", "CORRIDOR_LISTEN"),
        ("--public-url", "corridor.example.org", "CORRIDOR_PUBLIC_URL"),
        ("--public-url", "https://corridor.example.org/sub", "CORRIDOR_PUBLIC_URL"),
        ("--database-url", "mysql://u:hunter2@host/x", "CORRIDOR_DATABASE_URL"),
        ("--database-url", "sqlite://", "CORRIDOR_DATABASE_URL"),
        ("--files-url", "/srv/files", "CORRIDOR_FILES_URL"),
        ("--files-url", "file://", "CORRIDOR_FILES_URL"),
        ("--files-url", "s3://", "CORRIDOR_FILES_URL"),
        ("--smtp-url", "smtp://user:hunter2@host?tls=maybe", "CORRIDOR_SMTP_URL"),
        ("--mail-from", "nobody", "CORRIDOR_MAIL_FROM"),
        ("--workers", "0", "CORRIDOR_WORKERS"),
        ("--db-pool", "many", "CORRIDOR_DB_POOL"),
        ("--program-drafts", "0", "CORRIDOR_PROGRAM_DRAFTS"),
        ("--log", "corridor=loud", "CORRIDOR_LOG"),
    ] {
        let line = settings(&[flag, value]).unwrap_err();
        assert!(line.starts_with(variable) && line.contains("for example"), "{line}");
        assert!(!line.contains('\n') && !line.contains("hunter2"), "{line}");
    }
}

#[test]
fn a_build_without_tls_refuses_a_database_that_must_be_reached_by_it() {
    let refuse = |query: &str| refuse_tls(&format!("postgres://u:p@db/corridor?{query}").parse().unwrap());
    for query in ["sslmode=require", "sslmode=verify-full&sslrootcert=ca.pem", "ssl=true"] {
        let line = refuse(query).unwrap_err();
        assert!(line.contains("--features postgres-tls") && line.contains("sslmode=disable"), "{line}");
        let read = settings(&["--database-url", &format!("postgres://u:p@db/corridor?{query}")]);
        assert_eq!(read.is_ok(), cfg!(feature = "postgres-tls"));
    }
    assert!(refuse("sslmode=disable").is_ok());
}

#[test]
fn a_flag_counts_more_than_the_file_and_the_file_more_than_the_default() {
    let path = file("order", "listen = \"0.0.0.0:1\"\nworkers = 3\n");
    let path = path.to_str().unwrap();
    let read = settings(&["--config", path, "--listen", "0.0.0.0:2"]).unwrap();
    assert_eq!((read.listen.port(), read.workers()), (2, 3));
    assert_eq!(settings(&["--config", path]).unwrap().listen.port(), 1);
}

#[test]
fn a_fault_in_the_file_names_the_file_and_the_key() {
    for (name, text, expected) in [
        ("unknown", "listne = \"x\"", "listne in"),
        ("wrong", "listen = \"x\"", "listen in"),
        ("type", "workers = [1]", "workers in"),
        ("toml", "listen", "is not TOML"),
    ] {
        let path = file(name, text);
        let line = settings(&["--config", path.to_str().unwrap()]).unwrap_err();
        assert!(
            line.contains(expected) && line.contains(path.to_str().unwrap()) && !line.contains('\n'),
            "{line}"
        );
    }
    assert!(settings(&["--config", "/nowhere/at.toml"]).unwrap_err().starts_with("CORRIDOR_CONFIG"));
}

#[test]
fn passwords_are_not_shown() {
    let read =
        settings(&["--database-url", "postgres://u:hidden@db/c", "--smtp-url", "smtps://u:hidden@mail"])
            .unwrap();
    assert!(!format!("{read:?}").contains("hidden"));
}
