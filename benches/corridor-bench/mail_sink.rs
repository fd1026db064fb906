//! A mail server that accepts every message, and records its id, recipient and subject.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A received message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReceivedMail {
    /// The part of the `Message-ID` before the `@`, without hyphens.
    pub id: String,
    pub recipient: String,
    pub subject: String,
}

/// The server. It runs until this process ends.
pub struct MailSink {
    port: u16,
    received: Arc<Mutex<Vec<ReceivedMail>>>,
}

impl MailSink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let received = Arc::clone(&shared);
                // An error means that a killed client has disconnected. Its message was not accepted.
                thread::spawn(move || serve(&stream, &received));
            }
        });
        Self { port, received }
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    pub fn received(&self) -> Vec<ReceivedMail> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Serves one client, with the part of SMTP (RFC 5321) that the service uses.
fn serve(stream: &TcpStream, received: &Mutex<Vec<ReceivedMail>>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let reply = |text: &str| (&*stream).write_all(format!("{text}\r\n").as_bytes());
    reply("220 sink.test")?;
    let mut recipient = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => reply("250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut recipient);
                reply("250 OK")?;
            }
            "DATA" => {
                reply("354 Start mail input")?;
                let mut message = Vec::new();
                loop {
                    // A message without its end is not accepted.
                    let line = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
                    if line == "." {
                        break;
                    }
                    message.push(line);
                }
                let message = read(&message, &recipient);
                received.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                reply("250 OK")?;
            }
            "QUIT" => return reply("221 bye"),
            _ => reply("250 OK")?,
        }
    }
    Ok(())
}

fn read(message: &[String], recipient: &str) -> ReceivedMail {
    let header = |name: &str| {
        let line =
            message.iter().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    let id = header("Message-ID:");
    let id = id.trim_start_matches('<').split('@').next().unwrap_or_default().replace('-', "");
    ReceivedMail { id, recipient: recipient.to_owned(), subject: header("Subject:") }
}
