//! The settings: read once, validated at start, passed down. No other module reads the environment.
//!
//! Each setting is a field here: its doc comment is the help text, its `env` the variable, its name the key in the file
//! of `--config`. A flag overrides the environment, which overrides the file, which overrides the default.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    thread::available_parallelism,
};

use clap::Args;
use ipnet::IpNet;
use url::Url;

mod read;
mod values;

pub use read::{BadCommandLine, read};

/// The networks of the proxies in front of the service.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

/// The settings of an installation.
#[derive(Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// A TOML file with settings: `listen = "0.0.0.0:8080"`
    #[arg(long, global = true, env = "CORRIDOR_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The database: `sqlite://path` or `postgres://user:password@host/name`. Default: `corridor.db` in the data folder
    #[arg(long, global = true, env = "CORRIDOR_DATABASE_URL", hide_env_values = true, value_name = "URL",
          value_parser = values::database_url)]
    pub database_url: Option<String>,

    /// Address and port to listen on
    #[arg(long, global = true, env = "CORRIDOR_LISTEN", hide_env_values = true, value_name = "ADDRESS",
          default_value = "127.0.0.1:8080", value_parser = values::listen)]
    pub listen: SocketAddr,

    /// The proxies in front of the service, by their addresses or networks (`10.0.0.0/8`). Their `X-Forwarded-For` names
    /// the client of a request, by which guesses and mails are limited. Default: none
    #[arg(long, global = true, env = "CORRIDOR_TRUSTED_PROXIES", hide_env_values = true, value_name = "NETWORKS",
          default_value = "", value_parser = values::trusted_proxies)]
    pub trusted_proxies: TrustedProxies,

    /// The public address, used in links and tokens. Default: `http://<listen>`
    #[arg(long, global = true, env = "CORRIDOR_PUBLIC_URL", hide_env_values = true, value_name = "URL",
          value_parser = values::public_url)]
    pub public_url: Option<Url>,

    /// The mail server: `smtp://user:password@host:587?tls=required` or `smtps://…`. Default: mail is written to files
    /// in the data folder
    #[arg(long, global = true, env = "CORRIDOR_SMTP_URL", hide_env_values = true, value_name = "URL",
          value_parser = values::smtp_url)]
    pub smtp_url: Option<Url>,

    /// The sender of e-mails
    #[arg(long, global = true, env = "CORRIDOR_MAIL_FROM", hide_env_values = true, value_name = "MAILBOX",
          default_value = "Corridor <no-reply@localhost>", value_parser = values::mailbox)]
    pub mail_from: lettre::message::Mailbox,

    /// Where uploaded files are: `file://folder`, or, in a build with the feature `s3`, `s3://bucket/prefix` with the
    /// variables `AWS_…` of the AWS tools. All instances on one database use the same. Default: `files` in the data folder
    #[arg(long, global = true, env = "CORRIDOR_FILES_URL", hide_env_values = true, value_name = "URL",
          value_parser = values::files_url)]
    pub files_url: Option<String>,

    /// The folder that holds by default the uploaded files, the database, the master key and mail files
    #[arg(
        long,
        global = true,
        env = "CORRIDOR_DATA_DIR",
        hide_env_values = true,
        value_name = "FOLDER",
        default_value = "data"
    )]
    pub data_dir: PathBuf,

    /// The file with the master key; created at the first start. Default: `secret.key` in the data folder
    #[arg(long, global = true, env = "CORRIDOR_SECRET_FILE", hide_env_values = true, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The file to which signed checkpoints of all histories are appended daily. Default: none are written
    #[arg(
        long,
        global = true,
        env = "CORRIDOR_CHECKPOINT_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub checkpoint_file: Option<PathBuf>,

    /// Number of threads that answer requests. Default: the number of cores
    #[arg(long, global = true, env = "CORRIDOR_WORKERS", hide_env_values = true, value_name = "NUMBER",
          value_parser = values::workers)]
    pub workers: Option<usize>,

    /// Number of database connections. Default: twice the number of cores, plus two; at most 32
    #[arg(long, global = true, env = "CORRIDOR_DB_POOL", hide_env_values = true, value_name = "NUMBER",
          value_parser = values::db_pool)]
    pub db_pool: Option<u32>,

    /// The drafts that the programs of an organisation may create within 24 hours, all together. Default: 100000
    #[arg(long, global = true, env = "CORRIDOR_PROGRAM_DRAFTS", hide_env_values = true, value_name = "NUMBER",
          value_parser = values::program_drafts)]
    pub program_drafts: Option<u32>,

    /// Log levels: `error`, `warn`, `info`, `debug` or `trace`, also by module: `info,corridor::notify=debug`
    #[arg(long, global = true, env = "CORRIDOR_LOG", hide_env_values = true, value_name = "LEVELS",
          default_value = "info", value_parser = values::log_levels)]
    pub log: String,
}

/// The defaults.
impl Default for Settings {
    fn default() -> Self {
        Self {
            config: None,
            database_url: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            trusted_proxies: TrustedProxies::default(),
            public_url: None,
            smtp_url: None,
            mail_from: lettre::message::Mailbox::new(Some("Corridor".into()), values::default_sender()),
            files_url: None,
            data_dir: "data".into(),
            secret_file: None,
            checkpoint_file: None,
            workers: None,
            db_pool: None,
            program_drafts: None,
            log: "info".into(),
        }
    }
}

impl Settings {
    /// The URL of the database.
    pub fn database_url(&self) -> String {
        let default = || format!("sqlite://{}", self.data_dir.join("corridor.db").display());
        self.database_url.clone().unwrap_or_else(default)
    }

    /// The public address, without a trailing slash.
    pub fn public_address(&self) -> String {
        let set = self.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        set.unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// The URL of the uploaded files.
    pub fn files_url(&self) -> String {
        let default = || format!("file://{}", self.data_dir.join("files").display());
        self.files_url.clone().unwrap_or_else(default)
    }

    /// The folder where earlier versions have stored uploaded files.
    pub fn earlier_files(&self) -> PathBuf {
        self.data_dir.join("evidence")
    }

    /// The path of the key file.
    pub fn secret_file(&self) -> PathBuf {
        self.secret_file.clone().unwrap_or_else(|| self.data_dir.join("secret.key"))
    }

    /// Number of threads that answer requests.
    pub fn workers(&self) -> usize {
        self.workers.unwrap_or_else(cores)
    }

    /// Number of database connections.
    pub fn db_pool(&self) -> u32 {
        self.db_pool.unwrap_or_else(|| u32::try_from(2 * cores() + 2).unwrap_or(u32::MAX).min(32))
    }
}

/// Leaves out the URLs of database and mail server, which may contain passwords.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let database = self.database_url();
        f.debug_struct("Settings")
            .field("database", &database.split(':').next().unwrap_or_default())
            .field("listen", &self.listen)
            .field("trusted_proxies", &self.trusted_proxies.0)
            .field("public_url", &self.public_url.as_ref().map(Url::as_str))
            .field("smtp", &self.smtp_url.as_ref().and_then(Url::host_str))
            .field("mail_from", &self.mail_from.to_string())
            .field("files_url", &self.files_url())
            .field("data_dir", &self.data_dir)
            .field("secret_file", &self.secret_file())
            .field("checkpoint_file", &self.checkpoint_file)
            .field("workers", &self.workers())
            .field("db_pool", &self.db_pool())
            .field("program_drafts", &self.program_drafts)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

fn cores() -> usize {
    available_parallelism().map_or(2, usize::from)
}

#[cfg(test)]
mod tests;
