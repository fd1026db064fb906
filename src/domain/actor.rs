//! Who acts: a person, a program, the system itself or its operator, with an organisation and roles.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{AccountId, ClientId, OrganisationId};
use crate::text_enum;

text_enum! {
    /// The roles of people. One person can have several.
    pub enum Role {
        /// Travels, and applies for it.
        Applicant = "applicant",
        /// Acts for a sponsor: enters and follows its people's cases.
        Sponsor = "sponsor",
        /// Reviews at the stages of an authority.
        Officer = "officer",
        /// Assigns, unblocks, revokes within an authority's cases.
        Supervisor = "supervisor",
        /// Opens batches and moves limits.
        BatchManager = "batch_manager",
        /// Reads everything and changes nothing.
        Auditor = "auditor",
        /// Runs accounts and programmes and decides no cases.
        Administrator = "administrator",
        /// Checks authorizations: carrier, border.
        Verifier = "verifier",
    }
}

impl Role {
    /// The kind of organisation that the role needs.
    pub const fn organisation(self) -> Option<OrganisationKind> {
        match self {
            Self::Sponsor => Some(OrganisationKind::Sponsor),
            Self::Officer | Self::Supervisor | Self::BatchManager => Some(OrganisationKind::Authority),
            Self::Verifier => Some(OrganisationKind::Verifier),
            Self::Applicant | Self::Auditor | Self::Administrator => None,
        }
    }
}

text_enum! {
    /// The OAuth 2.0 scopes of API clients.
    pub enum Scope {
        /// Read the organisation's cases.
        ApplicationsRead = "applications:read",
        /// Enter and change the organisation's cases.
        ApplicationsWrite = "applications:write",
        /// Review at the authority's stages.
        ReviewsWrite = "reviews:write",
        /// Create and change batches.
        BatchesWrite = "batches:write",
        /// Check authorizations.
        AuthorizationsVerify = "authorizations:verify",
        /// Manage webhooks.
        WebhooksWrite = "webhooks:write",
        /// Read everything, for an audit.
        AuditRead = "audit:read",
    }
}

text_enum! {
    /// The kinds of organisation.
    pub enum OrganisationKind {
        /// Reviews: a ministry or agency of one side.
        Authority = "authority",
        /// Employs or invites travellers.
        Sponsor = "sponsor",
        /// Checks what was issued: carrier, border.
        Verifier = "verifier",
    }
}

/// The organisation an actor acts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its id.
    pub id: OrganisationId,
    /// Its code, as in the programme's stages.
    pub code: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// ISO 3166-1 alpha-2, if it belongs to a side.
    pub territory: Option<String>,
}

/// The kind of actor, with its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A person.
    Account(AccountId),
    /// A program.
    Client(ClientId),
    /// The service itself: the clock, a promotion.
    System,
    /// The operator, who runs the command line on the machine.
    Operator,
    /// Somebody who is not signed in.
    Anonymous,
}

impl Identity {
    /// `account`, `client`, `system`, `operator` or `anonymous`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Client(_) => "client",
            Self::System => "system",
            Self::Operator => "operator",
            Self::Anonymous => "anonymous",
        }
    }

    /// The id of the person or program, if it is one.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Account(id) => Some(id.0),
            Self::Client(id) => Some(id.0),
            Self::System | Self::Operator | Self::Anonymous => None,
        }
    }
}

/// Who acts. Every use case gets an actor and checks its rights first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Person, program, system or operator.
    pub identity: Identity,
    /// The organisation that the actor acts for.
    pub organisation: Option<Membership>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The scopes of a program; empty for people.
    pub scopes: Vec<Scope>,
}

impl Actor {
    /// The service itself.
    pub const fn system() -> Self {
        Self { identity: Identity::System, organisation: None, roles: Vec::new(), scopes: Vec::new() }
    }

    /// Somebody who is not signed in, and may read what is public.
    pub const fn anonymous() -> Self {
        Self { identity: Identity::Anonymous, organisation: None, roles: Vec::new(), scopes: Vec::new() }
    }

    /// The operator of the command line, who may set up organisations, accounts, programmes and batches.
    pub fn operator() -> Self {
        let roles = vec![Role::Administrator, Role::BatchManager];
        Self { identity: Identity::Operator, organisation: None, roles, scopes: Vec::new() }
    }

    /// A program: its roles follow from its organisation's kind and its scopes.
    pub fn client(id: ClientId, organisation: Membership, scopes: Vec<Scope>) -> Self {
        let mut roles = Vec::new();
        for scope in &scopes {
            let role = match (scope, organisation.kind) {
                (Scope::ApplicationsRead | Scope::ApplicationsWrite, OrganisationKind::Sponsor) => {
                    Role::Sponsor
                }
                (Scope::ApplicationsRead | Scope::ReviewsWrite, OrganisationKind::Authority) => Role::Officer,
                (Scope::ApplicationsWrite, OrganisationKind::Authority) => Role::Sponsor,
                (Scope::BatchesWrite, OrganisationKind::Authority) => Role::BatchManager,
                (Scope::AuthorizationsVerify, OrganisationKind::Verifier | OrganisationKind::Authority) => {
                    Role::Verifier
                }
                // A sponsor's or a carrier's program sees what its organisation may see, whatever its scopes.
                (Scope::AuditRead, OrganisationKind::Authority) => Role::Auditor,
                _ => continue,
            };
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        Self { identity: Identity::Client(id), organisation: Some(organisation), roles, scopes }
    }

    /// Whether the actor has `role`. A role that needs an organisation has no effect without one.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role) && self.can_have(role)
    }

    /// Whether the actor has roles and every one of them needs an organisation that is missing.
    pub fn lacks_organisation(&self) -> bool {
        !self.roles.is_empty() && !self.roles.iter().any(|role| self.can_have(*role))
    }

    fn can_have(&self, role: Role) -> bool {
        role.organisation().is_none() || self.organisation.is_some() || self.identity == Identity::Operator
    }

    /// Whether the actor may use what `scope` opens: people need no scopes, programs do.
    pub fn has_scope(&self, scope: Scope) -> bool {
        !matches!(self.identity, Identity::Client(_)) || self.scopes.contains(&scope)
    }

    /// The person's account, if a person acts.
    pub const fn account(&self) -> Option<AccountId> {
        match self.identity {
            Identity::Account(id) => Some(id),
            _ => None,
        }
    }

    /// The id of the organisation acted for.
    pub fn organisation_id(&self) -> Option<OrganisationId> {
        self.organisation.as_ref().map(|o| o.id)
    }
}
