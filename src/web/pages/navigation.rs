//! The links in the header, by role. To add one, add a line to `LINKS` and its text.

use super::Page;
use crate::domain::actor::Role;

/// Address, key of the text, and the roles that see it.
const LINKS: &[(&str, &str, &[Role])] = &[
    ("/applications", "nav-applications", &[Role::Applicant, Role::Sponsor]),
    ("/sponsorships", "nav-sponsorships", &[Role::Sponsor]),
    ("/console", "nav-queue", &[Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor]),
    (
        "/console/batches",
        "nav-batches",
        &[Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor, Role::Administrator],
    ),
    ("/console/jobs", "nav-jobs", &[Role::BatchManager, Role::Administrator]),
    ("/console/journal", "nav-journal", &[Role::Auditor, Role::Administrator]),
    ("/admin/accounts", "people-accounts", &[Role::Administrator]),
    ("/admin/organisations", "people-organisations", &[Role::Administrator]),
    ("/admin/clients", "people-clients", &[Role::Administrator]),
    ("/admin/messages", "messages-nav", &[Role::Administrator]),
];

/// One link.
pub struct Item {
    /// The address.
    pub href: &'static str,
    /// The text.
    pub text: String,
    /// Whether the current page is below this link.
    pub is_here: bool,
}

pub(super) fn items(page: &Page) -> Vec<Item> {
    let Some(person) = &page.signed_in else { return Vec::new() };
    LINKS
        .iter()
        .filter(|(_, _, roles)| roles.iter().any(|role| person.actor.is(*role)))
        .map(|(href, key, _)| Item { href, text: page.t.get(key), is_here: is_within(&page.path, href) })
        .collect()
}

/// Whether a path is below `link`, and below no longer link of the header.
fn is_within(path: &str, link: &str) -> bool {
    let lies_at =
        |link: &str| path.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    lies_at(link) && !LINKS.iter().any(|(other, _, _)| other.len() > link.len() && lies_at(other))
}
