//! The mail server: interprets `CORRIDOR_SMTP_URL` and the server's replies.

use std::{fs, time::Duration};

use lettre::{
    SmtpTransport,
    transport::smtp::{
        Error as SmtpError, PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use url::{Host, Url};

use super::{transport::Undelivered, worker::PARALLEL};
use crate::domain::delivery::Outcome;

/// The timeout of each SMTP step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// `smtp://user:password@host:port?tls=required|opportunistic|none&ca=/path.pem`, or `smtps://…`. The server's
/// certificate must be signed by an authority that this machine trusts, or by the one in the file `ca`.
pub(super) fn transport(url: &Url) -> Result<SmtpTransport, String> {
    let host = match url.host() {
        // A URL puts brackets around an IPv6 address.
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => return Err("the host is missing".to_owned()),
    };
    let parameter =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let mut parameters = TlsParameters::builder(host.clone());
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
        // By default, require TLS: a password must not travel unencrypted.
        (false, Some("required")) | (false, None) => Tls::Required(parameters),
        (false, Some(other)) => return Err(format!("tls={other} is not required, opportunistic or none")),
    };
    let port = url.port().unwrap_or(if implicit { 465 } else { 587 });
    let mut server = SmtpTransport::builder_dangerous(host)
        .port(port)
        .tls(tls)
        .timeout(Some(TIMEOUT))
        .pool_config(PoolConfig::new().max_size(PARALLEL as u32).idle_timeout(Duration::from_secs(30)));
    if !url.username().is_empty() {
        let password = percent_decoded(url.password().unwrap_or_default());
        server = server.credentials(Credentials::new(percent_decoded(url.username()), password));
    }
    Ok(server.build())
}

/// User and password are percent-encoded in a URL (RFC 3986 §2.1), where `+` means a plus sign.
fn percent_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// What a failed attempt means. Uses the reply's code and not its text, which may repeat the address.
pub(super) fn classify(error: &SmtpError) -> Undelivered {
    let code = error.status().map(u16::from);
    let outcome = match code {
        // The server refuses our credentials (RFC 4954 §6). The settings are wrong, not the message.
        Some(432 | 454 | 530 | 534 | 535 | 538) => Outcome::Technical,
        _ if error.is_permanent() => Outcome::Permanent,
        // Greylisting, a full mailbox, or a server that is down.
        _ if error.is_transient() || !error.is_client() => Outcome::Temporary,
        // TLS or authentication that only one side supports.
        _ => Outcome::Technical,
    };
    let detail = code.map_or_else(|| kind_of(error).to_owned(), |code| code.to_string());
    // No reply, or "service not available, closing transmission channel" (RFC 5321 §4.2.3).
    let server_is_away = code.is_none_or(|code| code == 421) || outcome == Outcome::Technical;
    Undelivered { outcome, detail, server_is_away }
}

fn kind_of(error: &SmtpError) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_tls() {
        "tls"
    } else if error.is_response() {
        "unreadable reply"
    } else if error.is_client() {
        "no common TLS or authentication"
    } else {
        "connection"
    }
}
