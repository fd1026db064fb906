//! The ways out for a letter: a mail server, or files in the data folder. They differ in nothing else.

use std::{fs, io, path::PathBuf, time::Duration};

use jiff::Timestamp;
use lettre::{
    Message as Mail, SmtpTransport, Transport as _,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use url::Url;

use super::letter::{self, Letter};
use crate::{
    config::Settings,
    domain::ids::NotificationId,
    store::outbox::{Due, Outcome},
};

/// How long a mail server may take for each step.
const PATIENCE: Duration = Duration::from_secs(20);

/// A way out.
pub enum Outlet {
    /// A mail server; connections are kept.
    Smtp(SmtpTransport),
    /// A folder of `.eml` files.
    Folder(PathBuf),
}

/// Why a letter did not leave. Says nothing of its contents.
#[derive(Debug)]
pub struct Failure {
    /// Whether another attempt can help.
    pub outcome: Outcome,
    /// The server's reply code, or what kind of failure.
    pub detail: String,
}

/// Who sends, and how.
pub struct Postman {
    outlet: Outlet,
    from: Mailbox,
    public_url: Url,
}

impl Postman {
    /// The way out that the settings name.
    pub fn of(settings: &Settings, public_url: &Url) -> Result<Self, String> {
        let outlet = match &settings.smtp_url {
            Some(url) => Outlet::Smtp(smtp(url)?),
            None => Outlet::Folder(settings.data_dir.join("mail")),
        };
        Ok(Self { outlet, from: settings.mail_from.clone(), public_url: public_url.clone() })
    }

    /// Sends a due message. Blocks; at most for some times [`PATIENCE`].
    pub fn send(&self, due: &Due) -> Result<(), Failure> {
        let technical = |detail: String| Failure { outcome: Outcome::Technical, detail };
        let base = self.public_url.as_str().trim_end_matches('/');
        let letter = letter::write(&due.notice, base).map_err(|e| technical(format!("template: {e}")))?;
        let mail = self.mail(due, letter)?;
        match &self.outlet {
            Outlet::Smtp(server) => server.send(&mail).map(|_| ()).map_err(|e| classify(&e)),
            Outlet::Folder(folder) => write_file(folder, due, &mail.formatted())
                .map_err(|e| technical(format!("file: {}", e.kind()))),
        }
    }

    fn mail(&self, due: &Due, letter: Letter) -> Result<Mail, Failure> {
        let unsendable = |what: &str| Failure { outcome: Outcome::Permanent, detail: what.to_owned() };
        let address = due.notice.recipient.parse().map_err(|_| unsendable("the address is none"))?;
        Mail::builder()
            .from(self.from.clone())
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

/// `smtp://user:password@host:port?tls=required|opportunistic|none&ca=/path.pem`, or `smtps://…`.
fn smtp(url: &Url) -> Result<SmtpTransport, String> {
    let host = url.host_str().ok_or("the host is missing")?;
    let parameter =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = parameter("ca") {
        let pem = fs::read(&path).map_err(|e| format!("the certificate {path} cannot be read: {e}"))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|e| format!("the certificate {path} is none: {e}"))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters.build().map_err(|e| format!("TLS: {e}"))?;
    let implicit = url.scheme() == "smtps";
    let tls = match (implicit, parameter("tls").as_deref()) {
        (true, _) => Tls::Wrapper(parameters),
        (false, Some("none")) => Tls::None,
        (false, Some("opportunistic")) => Tls::Opportunistic(parameters),
        // Without a word, passwords travel encrypted or not at all.
        (false, Some("required")) | (false, None) => Tls::Required(parameters),
        (false, Some(other)) => return Err(format!("tls={other} is not required, opportunistic or none")),
    };
    let port = url.port().unwrap_or(if implicit { 465 } else { 587 });
    let mut server = SmtpTransport::builder_dangerous(host)
        .port(port)
        .tls(tls)
        .timeout(Some(PATIENCE))
        .pool_config(PoolConfig::new().max_size(4).idle_timeout(Duration::from_secs(30)));
    if !url.username().is_empty() {
        let decoded = |text: &str| percent_decoded(text);
        server = server.credentials(Credentials::new(
            decoded(url.username()),
            decoded(url.password().unwrap_or_default()),
        ));
    }
    Ok(server.build())
}

/// User and password stand percent-encoded in a URL (RFC 3986 §2.1); `+` is a plus sign there.
fn percent_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn classify(error: &lettre::transport::smtp::Error) -> Failure {
    let outcome = if error.is_permanent() {
        Outcome::Permanent
    } else if error.is_transient() {
        Outcome::Temporary
    } else {
        Outcome::Technical
    };
    // The reply's text may repeat the address; its code does not.
    let detail = error.status().map_or_else(|| kind_of(error).to_owned(), |code| code.to_string());
    Failure { outcome, detail }
}

fn kind_of(error: &lettre::transport::smtp::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_tls() {
        "tls"
    } else if error.is_response() {
        "unreadable reply"
    } else {
        "connection"
    }
}

/// Beside it first, then renamed: who reads the folder never sees half a message.
fn write_file(folder: &PathBuf, due: &Due, contents: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("{}-{}", stamp(due.created_at), due.id);
    let draft = folder.join(format!(".{name}.part"));
    fs::write(&draft, contents)?;
    fs::rename(draft, folder.join(format!("{name}.eml")))
}

fn stamp(at: Timestamp) -> String {
    format!("{at:.3}").replace([':', '.'], "-")
}
