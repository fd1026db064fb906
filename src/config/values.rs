//! Validates each setting. An error describes the format and gives an example; `read.rs` puts the variable before it.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use lettre::{Address, message::Mailbox};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::TrustedProxies;

type Checked<T> = Result<T, String>;

pub(super) fn database_url(text: &str) -> Checked<String> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        return if path.is_empty() {
            Err("names no file; write it as sqlite://path, for example sqlite://data/corridor.db".into())
        } else {
            Ok(text.to_owned())
        };
    }
    let form = || {
        "must be sqlite://path or postgres://user:password@host/name, for example sqlite://data/corridor.db"
            .to_owned()
    };
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(form());
    }
    let url = Url::parse(&with_one_host(text)).map_err(|_| form())?;
    if !cfg!(feature = "postgres-tls") {
        refuse_tls(&url)?;
    }
    Ok(text.to_owned())
}

/// The URL with the last of its hosts: libpq takes several, each with its port, which RFC 3986 §3.2 does not allow.
fn with_one_host(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) =
        authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
    let host = hosts.rsplit(',').next().unwrap_or(hosts);
    format!("{scheme}://{}{host}{path}", user.map(|user| format!("{user}@")).unwrap_or_default())
}

/// Without the feature `postgres-tls` the bundled libpq has no TLS. A URL that asks for TLS is an error; the connection
/// must not fall back to plain text.
pub(super) fn refuse_tls(url: &Url) -> Checked<()> {
    let asks = url.query_pairs().find(|(name, value)| match name.as_ref() {
        "sslmode" => !matches!(value.as_ref(), "disable" | "allow" | "prefer"),
        "ssl" | "requiressl" => !matches!(value.as_ref(), "false" | "0"),
        "sslrootcert" | "sslcert" | "sslkey" => true,
        _ => false,
    });
    match asks {
        None => Ok(()),
        Some((name, _)) => Err(format!(
            "asks for TLS ({name}), which this build cannot speak: build it with `--features postgres-tls`, or reach \
             PostgreSQL through a Unix socket or a proxy on this machine and say sslmode=disable, for example \
             postgres://corridor@localhost/corridor?sslmode=disable"
        )),
    }
}

pub(super) fn trusted_proxies(text: &str) -> Checked<TrustedProxies> {
    let listed = text.split(',').map(str::trim).filter(|network| !network.is_empty());
    let network = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    let parsed: Option<Vec<IpNet>> = listed.map(network).collect();
    let form = || {
        "must be IP addresses or networks with commas between them, for example 127.0.0.1,10.0.0.0/8"
            .to_owned()
    };
    parsed.map(TrustedProxies).ok_or_else(form)
}

pub(super) fn files_url(text: &str) -> Checked<String> {
    let form =
        || "must be file://folder or s3://bucket/prefix, for example file:///srv/corridor/files".to_owned();
    let is_path = |path: &str| !path.is_empty() && !path.contains(['?', '#']);
    match text.split_once("://") {
        Some(("file", path)) if is_path(path) => Ok(text.to_owned()),
        Some(("s3", path)) if is_path(path) && !path.starts_with('/') => match cfg!(feature = "s3") {
            true => Ok(text.to_owned()),
            false => {
                Err("names a bucket, which this build cannot use: build it with `--features s3`, or name a \
                          folder, for example file:///srv/corridor/files"
                    .to_owned())
            }
        },
        _ => Err(form()),
    }
}

pub(super) fn listen(text: &str) -> Checked<SocketAddr> {
    text.parse()
        .map_err(|_| "must be an IP address and a port, for example 127.0.0.1:8080 or [::]:8080".into())
}

pub(super) fn public_url(text: &str) -> Checked<Url> {
    let form = || {
        "must be an http or https address without path, for example https://corridor.example.org".to_owned()
    };
    let url = Url::parse(text).map_err(|_| form())?;
    let is_origin = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if is_origin { Ok(url) } else { Err(form()) }
}

pub(super) fn smtp_url(text: &str) -> Checked<Url> {
    let form = || {
        "must be smtp://user:password@host:port?tls=required or smtps://user:password@host, \
         for example smtps://corridor:secret@mail.example.org"
            .to_owned()
    };
    let url = Url::parse(text).map_err(|_| form())?;
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let knows_options = url.query_pairs().all(|(name, value)| match name.as_ref() {
        "tls" => url.scheme() == "smtp" && matches!(value.as_ref(), "required" | "opportunistic" | "none"),
        "ca" => !value.is_empty(),
        _ => false,
    });
    if matches!(url.scheme(), "smtp" | "smtps") && has_host && knows_options { Ok(url) } else { Err(form()) }
}

pub(super) fn mailbox(text: &str) -> Checked<Mailbox> {
    text.parse().map_err(|_| {
        "must be an e-mail address, with a name or without, for example Corridor <no-reply@example.org>"
            .into()
    })
}

/// The default sender's address.
pub(super) fn default_sender() -> Address {
    #[expect(clippy::expect_used, reason = "a constant")]
    Address::new("no-reply", "localhost").expect("an address")
}

pub(super) fn workers(text: &str) -> Checked<usize> {
    let form = || "must be a whole number from 1 to 256, for example 4".to_owned();
    text.parse().ok().filter(|number| (1..=256).contains(number)).ok_or_else(form)
}

pub(super) fn db_pool(text: &str) -> Checked<u32> {
    let form = || "must be a whole number from 1 to 1000, for example 8".to_owned();
    text.parse().ok().filter(|number| (1..=1000).contains(number)).ok_or_else(form)
}

pub(super) fn program_drafts(text: &str) -> Checked<u32> {
    let form = || "must be a whole number from 1 to 100000000, for example 100000".to_owned();
    text.parse().ok().filter(|number| (1..=100_000_000).contains(number)).ok_or_else(form)
}

pub(super) fn log_levels(text: &str) -> Checked<String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be levels, by module if wanted, for example info,corridor::notify=debug".into()),
    }
}
