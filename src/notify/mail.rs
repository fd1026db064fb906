//! E-mail: sends a letter to a mail server, or writes it to a file in the data folder. Nothing else differs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use lettre::{
    Message as Mail,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use url::Url;

use super::{
    letter::{self, Letter},
    smtp,
    transport::Undelivered,
};
use crate::{
    config::Settings,
    domain::{delivery::Outcome, email::EmailAddress, ids::NotificationId, notification::Notification},
    private,
    store::outbox::Due,
};

/// Where mail goes.
pub enum Target {
    /// A mail server.
    Smtp(smtp::Server),
    /// A folder of `.eml` files.
    Folder(PathBuf),
}

/// Sends e-mail.
pub struct Mailer {
    target: Target,
    from: Mailbox,
    public_url: Url,
}

impl Mailer {
    /// The mailer that the settings describe.
    pub fn of(settings: &Settings, public_url: &Url) -> Result<Self, String> {
        let target = match &settings.smtp_url {
            Some(url) => Target::Smtp(smtp::Server::of(url)?),
            None => Target::Folder(settings.data_dir.join("mail")),
        };
        let Mailbox { name, email } = settings.mail_from.clone();
        let email = EmailAddress::parse(email.as_ref()).map_or(email, |address| address.mailbox().clone());
        Ok(Self { target, from: Mailbox::new(name, email), public_url: public_url.clone() })
    }

    /// Sends a due message.
    pub(super) async fn send(&self, due: &Due, notification: &Notification) -> Result<(), Undelivered> {
        let base = self.public_url.as_str().trim_end_matches('/');
        let letter = letter::write(notification, base)
            .map_err(|e| Undelivered::technical(format!("template: {e}")))?;
        let mail = self.mail(due, &notification.recipient, letter)?;
        match &self.target {
            Target::Smtp(server) => server.send(mail.envelope(), &mail.formatted()).await,
            Target::Folder(folder) => {
                let (folder, contents) = (folder.clone(), mail.formatted());
                let (name, attempt) = (format!("{}-{}", stamp(due.created_at), due.id), due.attempt);
                let write = move || write_file(&folder, &name, attempt, &contents);
                let written = tokio::task::spawn_blocking(write).await.unwrap_or_else(|e| Err(e.into()));
                written.map_err(|e| Undelivered::technical(format!("file: {}", e.kind())))
            }
        }
    }

    fn mail(&self, due: &Due, recipient: &str, letter: Letter) -> Result<Mail, Undelivered> {
        let unsendable = |what: &str| Undelivered {
            outcome: Outcome::Permanent,
            detail: what.to_owned(),
            server_is_away: false,
        };
        let address = EmailAddress::parse(recipient).ok_or_else(|| unsendable("the address is not valid"))?;
        Mail::builder()
            .from(self.from.clone())
            // Without the person's name: the envelope shows only the address.
            .to(Mailbox::new(None, address.mailbox().clone()))
            .subject(letter.subject)
            .message_id(Some(self.message_id(due.id)))
            .date(std::time::UNIX_EPOCH + Duration::from_secs(due.created_at.as_second().unsigned_abs()))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|_| unsendable("the message cannot be built"))
    }

    /// The same for every attempt, so that mail programs recognise a repeated delivery.
    fn message_id(&self, id: NotificationId) -> String {
        format!("<{id}@{}>", self.public_url.host_str().unwrap_or("localhost"))
    }
}

/// Tells autoresponders not to reply (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a temporary file and renames it, so that readers never see half a message. Readable only by its owner.
fn write_file(folder: &Path, name: &str, attempt: i32, contents: &[u8]) -> io::Result<()> {
    private::make_folder(folder)?;
    let draft = folder.join(format!(".{name}.{attempt}.part"));
    private::write(&draft, contents)?;
    fs::rename(draft, folder.join(format!("{name}.eml")))
}

/// Sorts by time: `2026-03-05T14-30-00-000Z`.
fn stamp(at: Timestamp) -> String {
    format!("{at:.3}").replace([':', '.'], "-")
}
