//! A mail server that accepts everything and records the recipient and the kind of each message.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// An accepted message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The part before the `@` of its `Message-ID`.
    pub id: String,
    pub recipient: String,
    pub subject: String,
}

/// The server. It runs as long as the measurement.
pub struct MailSink {
    port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl MailSink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // A killed client disconnects in the middle of a command: nothing was accepted then.
                thread::spawn(move || converse(&stream, &kept));
            }
        });
        Self { port, taken }
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The part of RFC 5321 that a well-behaved client needs.
fn converse(stream: &TcpStream, taken: &Mutex<Vec<Taken>>) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let answer = |words: &str| (&*stream).write_all(format!("{words}\r\n").as_bytes());
    answer("220 sink.test")?;
    let mut recipient = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => answer("250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut recipient);
                answer("250 fine")?;
            }
            "DATA" => {
                answer("354 go on")?;
                let mut message = Vec::new();
                loop {
                    // A client that disconnects before the end has sent nothing.
                    let line = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
                    if line == "." {
                        break;
                    }
                    message.push(line);
                }
                let taken_now = read(&message, &recipient);
                taken.lock().unwrap_or_else(PoisonError::into_inner).push(taken_now);
                answer("250 taken")?;
            }
            "QUIT" => return answer("221 bye"),
            _ => answer("250 fine")?,
        }
    }
    Ok(())
}

fn read(message: &[String], recipient: &str) -> Taken {
    let header = |name: &str| {
        let line =
            message.iter().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    let id = header("Message-ID:");
    let id = id.trim_start_matches('<').split('@').next().unwrap_or_default().replace('-', "");
    Taken { id, recipient: recipient.to_owned(), subject: header("Subject:") }
}
