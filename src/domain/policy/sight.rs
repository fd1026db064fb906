//! Which cases an actor may know of. A listing and the page of a single case follow from the same value: a case is
//! listed for an actor if and only if the actor may open it.

use super::parties::{authority_reviews, is_own};
use crate::domain::{
    actor::{Actor, Identity, Membership, Role},
    case::Dossier,
    ids::{AccountId, OrganisationId},
};

/// One way to know of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The person's own cases, and those that the organisation sponsors or entered.
    Side {
        /// The person, if an applicant.
        account: Option<AccountId>,
        /// The organisation, if the actor acts for a sponsor.
        organisation: Option<OrganisationId>,
    },
    /// Cases of others whose form names this sponsor, which has not answered yet. Of these, the sponsor sees the
    /// reference and the name, and nothing else.
    Asked {
        /// The sponsor.
        sponsor: OrganisationId,
    },
    /// Submitted cases that the authority of this code reviews at some stage.
    Reviewed {
        /// The code.
        authority: String,
    },
    /// All submitted cases.
    Submitted,
    /// All cases.
    Everything,
}

impl Sight {
    /// Whether the case is seen this way.
    pub fn covers(&self, dossier: &Dossier) -> bool {
        let is_submitted = dossier.case.submitted_at.is_some();
        match self {
            Self::Side { account, organisation } => is_own(dossier, *account, *organisation),
            Self::Asked { sponsor } => dossier.asked_sponsor() == Some(*sponsor),
            Self::Reviewed { authority } => is_submitted && authority_reviews(dossier, authority),
            Self::Submitted => is_submitted,
            Self::Everything => true,
        }
    }
}

/// Every way in which the actor knows of cases.
pub fn sights(actor: &Actor) -> Vec<Sight> {
    let mut sights: Vec<Sight> = own_sight(actor).into_iter().chain(asked_sight(actor)).collect();
    let reviews = [Role::Officer, Role::Supervisor, Role::BatchManager].iter().any(|role| actor.is(*role));
    if let Some(own) = actor.organisation.as_ref().filter(|_| reviews) {
        sights.push(Sight::Reviewed { authority: own.code.clone() });
    }
    if actor.is(Role::Auditor) {
        sights.push(audit_sight(actor));
    }
    if actor.identity == Identity::System {
        sights.push(Sight::Everything);
    }
    sights
}

/// What an auditor sees: what the organisation reviews, or, if an administrator appointed the person for the whole
/// installation and for no organisation, all submitted cases.
pub(super) fn audit_sight(actor: &Actor) -> Sight {
    let of = |own: &Membership| Sight::Reviewed { authority: own.code.clone() };
    actor.organisation.as_ref().map_or(Sight::Submitted, of)
}

/// How the actor sees its own cases; none if it can have none.
pub fn own_sight(actor: &Actor) -> Option<Sight> {
    let account = actor.account().filter(|_| actor.is(Role::Applicant));
    let organisation = actor.organisation_id().filter(|_| actor.is(Role::Sponsor));
    (account.is_some() || organisation.is_some()).then_some(Sight::Side { account, organisation })
}

/// How the actor sees the cases that its organisation is asked to sponsor; none if it acts for no sponsor.
pub fn asked_sight(actor: &Actor) -> Option<Sight> {
    actor.organisation_id().filter(|_| actor.is(Role::Sponsor)).map(|sponsor| Sight::Asked { sponsor })
}

/// Whether the actor may know of the case.
pub fn sees(actor: &Actor, dossier: &Dossier) -> bool {
    sights(actor).iter().any(|sight| sight.covers(dossier))
}

/// Whether the actor may know more of the case than its reference and name.
pub fn reads(actor: &Actor, dossier: &Dossier) -> bool {
    let mut sights = sights(actor).into_iter().filter(|sight| !matches!(sight, Sight::Asked { .. }));
    sights.any(|sight| sight.covers(dossier))
}
