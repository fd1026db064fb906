//! Sent mail: the `.eml` files in the data folder, parsed as a mail program would.

use mailparse::{MailHeaderMap, ParsedMail, parse_mail};

use super::World;

/// A received letter.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    pub from: String,
    /// The envelope's recipient, if a mail server recorded it.
    pub envelope: String,
    pub subject: String,
    pub message_id: String,
    pub text: String,
    pub html: String,
}

impl World {
    /// Every letter, in the order in which the messages were written. Waits until the outbox is empty.
    pub async fn mail(&self) -> Vec<Letter> {
        self.until_outbox_is_empty().await;
        self.letters_so_far()
    }

    fn letters_so_far(&self) -> Vec<Letter> {
        let Ok(folder) = std::fs::read_dir(self.folder().join("mail")) else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|kind| kind == "eml"));
        files.sort();
        files.iter().map(|file| Letter::read(&std::fs::read(file).unwrap())).collect()
    }

    /// The subjects of the letters so far. Does not wait.
    pub fn subjects_so_far(&self) -> Vec<String> {
        self.letters_so_far().into_iter().map(|letter| letter.subject).collect()
    }

    /// The number of letters to this address so far. Does not wait.
    pub fn sent_to(&self, address: &str) -> usize {
        self.letters_so_far().into_iter().filter(|letter| letter.to == address).count()
    }

    /// The letters to a traveller of [`World::form`].
    pub async fn mail_to(&self, name: &str) -> Vec<Letter> {
        let address = format!("{}@travellers.example", name.to_lowercase());
        let mut letters = self.mail().await;
        letters.retain(|letter| letter.to == address);
        letters
    }

    /// The kinds of letters that a traveller got: the first word of each subject.
    pub async fn letter_kinds(&self, name: &str) -> Vec<String> {
        let letters = self.mail_to(name).await;
        letters.into_iter().map(|letter| letter.subject.split(": ").next().unwrap().to_owned()).collect()
    }
}

impl Letter {
    /// The path of the link in the letter, and its token.
    pub fn link(&self) -> (String, String) {
        let rest = self.text.split("http://corridor.test").nth(1).unwrap();
        let path = rest.split_whitespace().next().unwrap();
        (path.to_owned(), path.split("token=").nth(1).unwrap().to_owned())
    }

    pub(super) fn read(bytes: &[u8]) -> Self {
        let mail = parse_mail(bytes).unwrap();
        let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
        Self {
            to: header("To"),
            from: header("From"),
            envelope: header("X-Envelope"),
            subject: header("Subject"),
            message_id: header("Message-ID"),
            text: part(&mail, "text/plain"),
            html: part(&mail, "text/html"),
        }
    }
}

fn part(mail: &ParsedMail<'_>, media_type: &str) -> String {
    let found = mail.parts().find(|part| part.ctype.mimetype == media_type);
    found.unwrap().get_body().unwrap().replace("\r\n", "\n")
}
