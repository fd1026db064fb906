//! What only the web side of the service needs to know: its address, and what is shown to whom.

use std::path::PathBuf;

use tokio::sync::watch;
use url::Url;

use super::api::KnownTokens;
use crate::workflow::Service;

/// What handlers can reach besides the use cases: `web::Data<Site>`.
pub struct Site {
    /// The use cases.
    pub service: Service,
    /// The address that people see.
    pub public_url: Url,
    /// In a demo, the folder of the messages that everybody may read.
    pub mail_folder: Option<PathBuf>,
    /// Access tokens that were checked a moment ago.
    pub tokens: KnownTokens,
    stopping: watch::Receiver<bool>,
}

impl Site {
    /// The site of a service.
    pub fn new(
        service: Service,
        public_url: Url,
        mail_folder: Option<PathBuf>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self { service, public_url, mail_folder, tokens: KnownTokens::default(), stopping }
    }

    /// Whether people reach the service by TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Whether everything here is made up.
    pub const fn is_demo(&self) -> bool {
        self.mail_folder.is_some()
    }

    /// Whether the service is about to end.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}
