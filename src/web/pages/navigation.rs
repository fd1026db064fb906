//! The links in the header, by role. To add one: a line in `LINKS` and its text.

use super::Page;
use crate::domain::actor::Role;

/// Address, key of the text, and the roles that see it.
const LINKS: &[(&str, &str, &[Role])] = &[
    ("/applications", "nav-applications", &[Role::Applicant, Role::Sponsor]),
    ("/console", "nav-queue", &[Role::Officer, Role::Supervisor, Role::Auditor]),
    (
        "/console/batches",
        "nav-batches",
        &[Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor, Role::Administrator],
    ),
    ("/admin/accounts", "people-accounts", &[Role::Administrator]),
    ("/admin/organisations", "people-organisations", &[Role::Administrator]),
];

/// One link.
pub struct Item {
    /// Where to.
    pub href: &'static str,
    /// Its words.
    pub text: String,
    /// Whether the page that is shown lies there.
    pub is_here: bool,
}

pub(super) fn items(page: &Page) -> Vec<Item> {
    let Some(visitor) = &page.visitor else { return Vec::new() };
    LINKS
        .iter()
        .filter(|(_, _, roles)| roles.iter().any(|role| visitor.actor.is(*role)))
        .map(|(href, key, _)| Item { href, text: page.t.get(key), is_here: page.path.starts_with(href) })
        .collect()
}
