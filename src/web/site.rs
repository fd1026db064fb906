//! What handlers need besides the use cases: addresses, the demo's mail folder, cached tokens.

use std::path::PathBuf;

use ipnet::IpNet;
use tokio::sync::watch;
use url::Url;

use super::{api::TokenCache, memory::Memory};
use crate::workflow::Service;

/// Handlers take it as `web::Data<Site>`.
pub struct Site {
    /// The use cases.
    pub service: Service,
    /// The public address.
    pub public_url: Url,
    /// In a demo, the folder of the messages, which everybody may read.
    pub mail_folder: Option<PathBuf>,
    /// The cache of checked access tokens.
    pub tokens: TokenCache,
    /// The budget for the bodies of requests.
    pub(super) memory: Memory,
    /// The addresses of the proxies in front of the service.
    pub trusted_proxies: Vec<IpNet>,
    stopping: watch::Receiver<bool>,
}

impl Site {
    /// The site of a service.
    pub fn new(
        service: Service,
        public_url: Url,
        mail_folder: Option<PathBuf>,
        trusted_proxies: Vec<IpNet>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let (tokens, memory) = (TokenCache::default(), Memory::default());
        Self { service, public_url, mail_folder, tokens, memory, trusted_proxies, stopping }
    }

    /// Whether the public address uses TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Whether this is a demo.
    pub const fn is_demo(&self) -> bool {
        self.mail_folder.is_some()
    }

    /// Whether the service is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}
