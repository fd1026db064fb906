//! E-mail: a letter goes to a mail server, or into files in the data folder. The two differ in nothing else.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use lettre::{
    Message as Mail, SmtpTransport, Transport as _,
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
    domain::{delivery::Outcome, ids::NotificationId, notification::Notification},
    private,
    store::outbox::Due,
};

/// A way out.
pub enum Outlet {
    /// A mail server; connections are kept.
    Smtp(SmtpTransport),
    /// A folder of `.eml` files.
    Folder(PathBuf),
}

/// Who sends, and how.
pub struct Mailer {
    outlet: Outlet,
    from: Mailbox,
    public_url: Url,
}

impl Mailer {
    /// The way out that the settings name.
    pub fn of(settings: &Settings, public_url: &Url) -> Result<Self, String> {
        let outlet = match &settings.smtp_url {
            Some(url) => Outlet::Smtp(smtp::transport(url)?),
            None => Outlet::Folder(settings.data_dir.join("mail")),
        };
        Ok(Self { outlet, from: settings.mail_from.clone(), public_url: public_url.clone() })
    }

    /// Sends a due message. Blocks, for as long as a mail server may take.
    pub(super) fn send(&self, due: &Due, notification: &Notification) -> Result<(), Undelivered> {
        let base = self.public_url.as_str().trim_end_matches('/');
        let letter = letter::write(notification, base)
            .map_err(|e| Undelivered::technical(format!("template: {e}")))?;
        let mail = self.mail(due, &notification.recipient, letter)?;
        match &self.outlet {
            Outlet::Smtp(server) => server.send(&mail).map(|_| ()).map_err(|e| smtp::classify(&e)),
            Outlet::Folder(folder) => write_file(folder, due, &mail.formatted())
                .map_err(|e| Undelivered::technical(format!("file: {}", e.kind()))),
        }
    }

    fn mail(&self, due: &Due, recipient: &str, letter: Letter) -> Result<Mail, Undelivered> {
        let unsendable = |what: &str| Undelivered {
            outcome: Outcome::Permanent,
            detail: what.to_owned(),
            server_is_away: false,
        };
        let address = recipient.parse().map_err(|_| unsendable("the address is none"))?;
        Mail::builder()
            .from(self.from.clone())
            // Without the name: whoever sees the envelope learns no more than the address.
            .to(Mailbox::new(None, address))
            .subject(letter.subject)
            .message_id(Some(self.message_id(due.id)))
            .date(std::time::UNIX_EPOCH + Duration::from_secs(due.created_at.as_second().unsigned_abs()))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
            .map_err(|_| unsendable("the message cannot be built"))
    }

    /// The same for every attempt, so that a repeated delivery is recognised.
    fn message_id(&self, id: NotificationId) -> String {
        format!("<{id}@{}>", self.public_url.host_str().unwrap_or("localhost"))
    }
}

/// No answering machine answers (RFC 3834).
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

/// Beside it first, then renamed: who reads the folder never sees half a message. For the service's eyes alone.
fn write_file(folder: &Path, due: &Due, contents: &[u8]) -> io::Result<()> {
    private::make_folder(folder)?;
    let name = format!("{}-{}", stamp(due.created_at), due.id);
    let draft = folder.join(format!(".{name}.{}.part", due.attempt));
    private::write(&draft, contents)?;
    fs::rename(draft, folder.join(format!("{name}.eml")))
}

/// Names sort by time: `2026-03-05T14-30-00-000Z`.
fn stamp(at: Timestamp) -> String {
    format!("{at:.3}").replace([':', '.'], "-")
}
