//! The mail server of `CORRIDOR_SMTP_URL`: keeps connections open, and says what a failure means.
//!
//! `smtp://user:password@host:port?tls=required|opportunistic|none&ca=/path.pem`, or `smtps://…`. The server's
//! certificate must be signed by an authority that this machine trusts, or by the one in the file `ca`.

use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{tls_stream::TlsStream, transport::Undelivered, worker::PARALLEL};
use crate::domain::delivery::Outcome;

/// The time limit for a new connection, with TLS and authentication.
const CONNECT: Duration = Duration::from_secs(20);
/// The time limit for a message. RFC 5321 §4.5.3.2 allows a server minutes for each step; a server of one's own is
/// quicker, and other messages wait.
const SEND: Duration = Duration::from_secs(60);
/// A connection that was idle for longer is not used any more: most servers close it.
const IDLE: Duration = Duration::from_secs(30);

/// The mail server, and the open connections to it.
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// How a connection is encrypted.
enum Security {
    /// Not at all.
    None,
    /// After `STARTTLS`, if the server offers it.
    Opportunistic(TlsParameters),
    /// After `STARTTLS`.
    Required(TlsParameters),
    /// From the beginning (RFC 8314 §3.3).
    Implicit(TlsConnector, ServerName<'static>),
}

impl Server {
    /// The server of a URL. Connects to it only when there is something to send.
    pub fn of(url: &Url) -> Result<Self, String> {
        let host = match url.host() {
            // A URL puts brackets around an IPv6 address.
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err("the host is missing".to_owned()),
        };
        let parameter =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let authority = parameter("ca").map(|path| read_certificate(&path)).transpose()?;
        let start_tls = || start_tls(&host, authority.as_deref());
        let is_implicit = url.scheme() == "smtps";
        let security = match (is_implicit, parameter("tls").as_deref()) {
            (true, _) => implicit_tls(&host, authority.as_deref())?,
            (false, Some("none")) => Security::None,
            (false, Some("opportunistic")) => Security::Opportunistic(start_tls()?),
            // By default, require TLS: a password must not travel unencrypted.
            (false, Some("required")) | (false, None) => Security::Required(start_tls()?),
            (false, Some(other)) => {
                return Err(format!("tls={other} is not required, opportunistic or none"));
            }
        };
        let credentials = (!url.username().is_empty()).then(|| {
            let password = percent_decoded(url.password().unwrap_or_default());
            Credentials::new(percent_decoded(url.username()), password)
        });
        Ok(Self {
            port: url.port().unwrap_or(if is_implicit { 465 } else { 587 }),
            host,
            security,
            credentials,
            hello: ClientId::default(),
            idle: Mutex::default(),
        })
    }

    /// Sends a message.
    pub async fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<(), Undelivered> {
        if let Some(connection) = self.idle_connection() {
            match self.send_on(connection, envelope, message).await {
                // The server closed the connection while it was idle.
                Err(Failed { step: Step::Begin, cause: Cause::Connection | Cause::Unreadable }) => {}
                ended => return Ok(ended?),
            }
        }
        let late = Failed { step: Step::Begin, cause: Cause::Late };
        let connection = timeout(CONNECT, self.connect()).await.map_err(|_| late)??;
        Ok(self.send_on(connection, envelope, message).await?)
    }

    fn idle_connection(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let failed = |cause| Failed { step: Step::Begin, cause };
        let refused = |error: SmtpError| failed(Cause::of(&error));
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|_| failed(Cause::Connection))?;
        // A message and the dot that ends it are two segments: the second would wait for an acknowledgement.
        stream.set_nodelay(true).map_err(|_| failed(Cause::Connection))?;
        let stream: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Implicit(connector, name) => {
                let encrypted = connector.connect(name.clone(), stream).await;
                Box::new(TlsStream(encrypted.map_err(|_| failed(Cause::Tls))?))
            }
            _ => Box::new(stream),
        };
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await.map_err(refused)?;
        match &self.security {
            Security::Opportunistic(_) if !connection.can_starttls() => {}
            Security::Required(_) if !connection.can_starttls() => return Err(failed(Cause::Tls)),
            Security::Opportunistic(tls) | Security::Required(tls) => {
                connection.starttls(tls.clone(), &self.hello).await.map_err(refused)?;
            }
            Security::None | Security::Implicit(..) => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await.map_err(refused)?;
        }
        Ok(connection)
    }

    /// Sends a message, and keeps the connection if the server still listens.
    async fn send_on(
        &self,
        mut connection: AsyncSmtpConnection,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<(), Failed> {
        let mut step = Step::Begin;
        let sending = transaction(&mut connection, envelope, message, &mut step);
        let sent = match timeout(SEND, sending).await {
            Ok(sent) => sent,
            Err(_) => Err(Cause::Late),
        };
        let is_usable = match sent {
            Ok(()) => true,
            // The server refused this message, and takes others.
            Err(Cause::Reply(code)) if code != CLOSING => {
                timeout(SEND, connection.command(Rset)).await.is_ok_and(|reset| reset.is_ok())
            }
            Err(_) => false,
        };
        if is_usable {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < PARALLEL {
                idle.push((connection, Instant::now()));
            }
        }
        sent.map_err(|cause| Failed { step, cause })
    }
}

/// One mail transaction (RFC 5321 §3.3). `step` says how far it got.
async fn transaction(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
    step: &mut Step,
) -> Result<(), Cause> {
    let parameters = mail_parameters(connection, envelope, message).inspect_err(|_| *step = Step::Message)?;
    let refused = |error: SmtpError| Cause::of(&error);
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(refused)?;
    *step = Step::Message;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    connection.message(message).await.map_err(refused)?;
    Ok(())
}

/// What the server must know before the message: letters beyond ASCII in an address (RFC 6531 §3.4) or in the message
/// (RFC 6152 §2).
fn mail_parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Vec<MailParameter>, Cause> {
    let mut parameters = Vec::new();
    let server = connection.server_info();
    if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        parameters.push((Extension::SmtpUtfEight, MailParameter::SmtpUtfEight));
    }
    if !message.is_ascii() {
        parameters.push((Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)));
    }
    match parameters.iter().all(|(extension, _)| server.supports_feature(*extension)) {
        true => Ok(parameters.into_iter().map(|(_, parameter)| parameter).collect()),
        false => Err(Cause::Unsupported),
    }
}

/// "Service not available, closing transmission channel" (RFC 5321 §4.2.3).
const CLOSING: u16 = 421;

/// How far a transaction got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Not to the recipient: a failure is the installation's or the server's, and would be that of every message.
    Begin,
    /// To the recipient or further: a failure is this message's.
    Message,
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// A refusal with this code. Its text is not used: it may repeat the address.
    Reply(u16),
    /// No answer in time.
    Late,
    /// No connection, or it broke.
    Connection,
    /// No encryption that both sides accept.
    Tls,
    /// A reply that cannot be parsed, or the end of the connection instead of one.
    Unreadable,
    /// The server lacks an extension that the message needs, or takes a password in no way that we know.
    Unsupported,
}

impl Cause {
    fn of(error: &SmtpError) -> Self {
        match error.status() {
            Some(code) => Self::Reply(code.into()),
            None if error.is_timeout() => Self::Late,
            None if error.is_tls() => Self::Tls,
            None if error.is_client() => Self::Unsupported,
            None if error.is_response() => Self::Unreadable,
            None => Self::Connection,
        }
    }
}

/// A transaction that failed.
struct Failed {
    step: Step,
    cause: Cause,
}

impl From<Failed> for Undelivered {
    fn from(Failed { step, cause }: Failed) -> Self {
        let (outcome, server_is_away) = match (step, cause) {
            (_, Cause::Reply(CLOSING)) => (Outcome::Temporary, true),
            // The server refuses our credentials, or wants some (RFC 4954 §6). The settings are wrong, not the message.
            (Step::Begin, Cause::Reply(530 | 534 | 535 | 538)) => (Outcome::Technical, true),
            (Step::Begin, Cause::Late | Cause::Connection | Cause::Unreadable) => (Outcome::Temporary, true),
            (Step::Begin, Cause::Reply(400..=499)) => (Outcome::Temporary, true),
            (Step::Begin, Cause::Reply(_) | Cause::Tls | Cause::Unsupported) => (Outcome::Technical, true),
            (Step::Message, Cause::Reply(500..) | Cause::Unsupported) => (Outcome::Permanent, false),
            // Greylisting, a full mailbox, a connection that broke.
            (Step::Message, _) => (Outcome::Temporary, false),
        };
        let detail = match cause {
            Cause::Reply(code) => code.to_string(),
            Cause::Late => "timeout".to_owned(),
            Cause::Connection => "connection".to_owned(),
            Cause::Tls => "tls".to_owned(),
            Cause::Unreadable => "unreadable reply".to_owned(),
            Cause::Unsupported if step == Step::Begin => "authentication method".to_owned(),
            Cause::Unsupported => "extension".to_owned(),
        };
        Self { outcome, detail, server_is_away }
    }
}

fn read_certificate(path: &str) -> Result<Vec<u8>, String> {
    let pem = fs::read(path).map_err(|e| format!("the certificate {path} cannot be read: {e}"))?;
    match CertificateDer::from_pem_slice(&pem) {
        Ok(_) => Ok(pem),
        Err(e) => Err(format!("{path} contains no certificate in PEM form: {e}")),
    }
}

fn start_tls(host: &str, authority: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authority {
        let certificate = Certificate::from_pem(pem).map_err(|e| format!("the certificate of `ca`: {e}"))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|e| format!("TLS: {e}"))
}

fn implicit_tls(host: &str, authority: Option<&[u8]>) -> Result<Security, String> {
    let faulty = |e: &dyn std::fmt::Display| format!("TLS: {e}");
    let authorities: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(authority.unwrap_or_default())
            .collect::<Result<_, _>>()
            .map_err(|e| format!("the certificate of `ca`: {e}"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(authorities, Arc::clone(&provider));
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| faulty(&e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier.map_err(|e| faulty(&e))?))
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|e| faulty(&e))?;
    Ok(Security::Implicit(TlsConnector::from(Arc::new(config)), name))
}

/// User and password are percent-encoded in a URL (RFC 3986 §2.1), where `+` means a plus sign.
fn percent_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
