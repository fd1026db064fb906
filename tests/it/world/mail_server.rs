//! A mail server: aiosmtpd (`mail_server.py`) on a free port, with TLS and a password.

use std::{
    cell::{Cell, RefCell},
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use corridor::random;
use url::Url;

use super::{certificates::Certificates, mail::Letter};

/// When the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// After the command `STARTTLS`.
    StartTls,
    /// From the beginning.
    Implicit,
    /// Never; without a password.
    None,
}

/// The server. Dropping it stops it.
pub struct MailServer {
    encryption: Cell<Encryption>,
    port: u16,
    folder: PathBuf,
    running: RefCell<Option<Child>>,
}

/// User and password, with characters that a URL escapes.
const USER_AND_PASSWORD: &str = "corridor%40mail:s3cret+%2F%25%20%D0%BF%D0%B0%D1%80%D0%BE%D0%BB%D1%8C";

impl MailServer {
    /// Starts a server with a certificate of its own authority.
    pub fn start() -> Self {
        Self::start_with(Encryption::StartTls)
    }

    /// The same with this encryption.
    pub fn start_with(encryption: Encryption) -> Self {
        let folder = std::env::temp_dir().join(format!("corridor-mail-{}", random::id()));
        std::fs::create_dir_all(folder.join("messages")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { encryption: Cell::new(encryption), port, folder, running: RefCell::default() };
        server.make_certificates();
        server.run();
        server
    }

    fn make_certificates(&self) {
        let Certificates { authority, certificate, key } = Certificates::of("localhost");
        for (name, text) in [("ca.pem", authority), ("certificate.pem", certificate), ("key.pem", key)] {
            std::fs::write(self.folder.join(name), text).unwrap();
        }
    }

    /// The value of `CORRIDOR_SMTP_URL`.
    pub fn url(&self) -> Url {
        let ca = self.folder.join("ca.pem");
        let (scheme, tls) = match self.encryption.get() {
            Encryption::StartTls | Encryption::None => ("smtp", "tls=required&"),
            Encryption::Implicit => ("smtps", ""),
        };
        let address = format!("{scheme}://{USER_AND_PASSWORD}@localhost:{}", self.port);
        format!("{address}?{tls}ca={}", ca.display()).parse().unwrap()
    }

    /// The URL for a relay on the same machine.
    pub fn url_without_encryption(&self) -> Url {
        format!("smtp://localhost:{}?tls=none", self.port).parse().unwrap()
    }

    /// Starts again, with this encryption.
    pub fn restart_with(&self, encryption: Encryption) {
        self.stop();
        self.encryption.set(encryption);
        self.run();
    }

    /// Answers `MAIL` or a recipient with another reply from now on, or closes the connection, or waits
    /// (`mail_server.py`).
    pub fn reply(&self, replies: &[(&str, &str)]) {
        let lines: Vec<String> = replies.iter().map(|(to, reply)| format!("{to} {reply}\n")).collect();
        let unfinished = self.folder.join(".replies");
        std::fs::write(&unfinished, lines.concat()).unwrap();
        std::fs::rename(unfinished, self.folder.join("replies")).unwrap();
    }

    /// Stops the server.
    pub fn stop(&self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts the server (again).
    pub fn run(&self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/world/mail_server.py");
        let mut command = Command::new("python3");
        command.args(["-W", "ignore", script]).arg(self.port.to_string());
        command.args(["messages", "certificate.pem", "key.pem"].map(|name| self.folder.join(name)));
        command.arg(match self.encryption.get() {
            Encryption::StartTls => "starttls",
            Encryption::Implicit => "smtps",
            Encryption::None => "none",
        });
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "./test installs aiosmtpd");
        *self.running.borrow_mut() = Some(child);
    }

    /// The received letters, in order.
    pub fn letters(&self) -> Vec<Letter> {
        let mut files: Vec<_> =
            self.folder.join("messages").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|kind| kind == "eml"));
        files.sort();
        files.iter().map(|file| Letter::read(&std::fs::read(file).unwrap())).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if self.running.borrow().is_some() {
            self.stop();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
