//! The organisations besides the programme's authorities, and the accounts that `corridor demo` prints.

use crate::{
    domain::actor::{Actor, OrganisationKind, Role},
    workflow::{
        WorkflowError,
        entrance::Context,
        people::{
            create_account::{CreateAccount, FirstLink},
            create_organisation::CreateOrganisation,
        },
    },
};

/// The password of every account of the demo.
pub const PASSWORD: &str = "four quiet winter rivers";

/// An account of the demo, and what to try with it.
pub struct DemoAccount {
    /// The address to sign in with.
    pub email: &'static str,
    name: &'static str,
    roles: &'static [Role],
    organisation: Option<&'static str>,
    /// What to try.
    pub to_try: &'static str,
}

const fn member(
    email: &'static str,
    name: &'static str,
    roles: &'static [Role],
    organisation: Option<&'static str>,
    to_try: &'static str,
) -> DemoAccount {
    DemoAccount { email, name, roles, organisation, to_try }
}

/// The accounts, in the order in which a visitor would try them.
#[rustfmt::skip]
pub const ACCOUNTS: [DemoAccount; 15] = [
    member("applicant@demo.example", "Li Na", &[Role::Applicant], None, "answer a question, finish a draft, apply anew"),
    member("expert@demo.example", "Chen Haoran", &[Role::Applicant], None, "an approved application with its authorization"),
    member("sponsor@demo.example", "Gulmira Sadykova", &[Role::Sponsor], Some("steppe-power"), "see all people of a company, enter one more"),
    member("nomination-cn@demo.example", "Zhao Min", &[Role::Officer], Some("cn-mofcom"), "review at the first stage, China to Kazakhstan"),
    member("health-kz@demo.example", "Asel Omarova", &[Role::Officer], Some("kz-moh"), "the second stage: health findings, questions"),
    member("decision-kz@demo.example", "Daniyar Iskakov", &[Role::Officer], Some("kz-mfa"), "the last stage: an endorsement takes a place"),
    member("nomination-kz@demo.example", "Saule Abenova", &[Role::Officer], Some("kz-mti"), "the first stage of the other direction"),
    member("health-cn@demo.example", "Chen Wei", &[Role::Officer], Some("cn-nhc"), "its second stage"),
    member("decision-cn@demo.example", "Wu Jing", &[Role::Officer], Some("cn-mfa"), "its last stage"),
    member("colleague-cn@demo.example", "Sun Lei", &[Role::Officer], Some("cn-mofcom"), "a second officer: claimed cases are somebody's own"),
    member("supervisor@demo.example", "Aigerim Tulegenova", &[Role::Supervisor, Role::Officer], Some("kz-mfa"), "assign cases, revoke an authorization"),
    member("batches@demo.example", "Yerlan Bekov", &[Role::BatchManager], Some("kz-mfa"), "raise a batch's capacity and see who is promoted"),
    member("auditor@demo.example", "Anna Orlova", &[Role::Auditor], None, "read everything, change nothing"),
    member("administrator@demo.example", "Timur Kim", &[Role::Administrator], None, "accounts and organisations"),
    member("verifier@demo.example", "Khorgos border post", &[Role::Verifier], Some("khorgos-border"), "the border's side"),
];

const ORGANISATIONS: [(&str, &str, OrganisationKind, &str); 4] = [
    ("steppe-power", "Steppe Power", OrganisationKind::Sponsor, "KZ"),
    ("tianshan-turbines", "Tianshan Turbines", OrganisationKind::Sponsor, "CN"),
    ("silk-road-rail", "Silk Road Rail Systems", OrganisationKind::Sponsor, "CN"),
    ("khorgos-border", "Khorgos border post", OrganisationKind::Verifier, "KZ"),
];

/// The representatives of the other sponsors, who create cases. Their accounts are not printed.
const REPRESENTATIVES: [(&str, &str); 2] = [
    ("people@tianshan.demo.example", "tianshan-turbines"),
    ("people@silkroad.demo.example", "silk-road-rail"),
];

/// The actors of the demo.
pub struct Actors {
    /// By e-mail address.
    actors: Vec<(&'static str, Actor)>,
}

impl Actors {
    /// The actor with this address.
    pub fn by_email(&self, email: &str) -> Actor {
        let found = self.actors.iter().find(|(known, _)| *known == email);
        found.map_or_else(Actor::system, |(_, actor)| actor.clone())
    }

    /// An officer of this authority.
    pub fn officer_of(&self, authority: &str) -> Actor {
        let officer = ACCOUNTS
            .iter()
            .find(|each| each.organisation == Some(authority) && each.roles == [Role::Officer]);
        officer.map_or_else(Actor::system, |each| self.by_email(each.email))
    }

    /// The representatives of the sponsors.
    pub fn sponsors(&self) -> Vec<Actor> {
        let emails = REPRESENTATIVES.iter().map(|(email, _)| *email);
        emails.chain(["sponsor@demo.example"]).map(|email| self.by_email(email)).collect()
    }
}

/// Creates organisations and accounts.
pub fn create(operator: &mut Context<'_, '_>, password_hash: &str) -> Result<Actors, WorkflowError> {
    for (code, name, kind, territory) in ORGANISATIONS {
        let (code, name, territory) = (code.to_owned(), name.to_owned(), Some(territory.to_owned()));
        operator.execute(&CreateOrganisation { code, name, kind, territory })?;
    }
    let mut actors = Vec::new();
    let sponsor: &[Role] = &[Role::Sponsor];
    let printed = ACCOUNTS.iter().map(|each| (each.email, each.name, each.roles, each.organisation));
    let others = REPRESENTATIVES.iter().map(|(email, code)| (*email, "Personnel", sponsor, Some(*code)));
    for (email, name, roles, organisation) in printed.chain(others) {
        let new = CreateAccount {
            email: email.to_owned(),
            name: Some(name.to_owned()),
            roles: roles.to_vec(),
            organisation: organisation.map(str::to_owned),
            language: "en".to_owned(),
            password_hash: Some(password_hash.to_owned()),
            link: FirstLink::Shown,
        };
        actors.push((email, operator.execute(&new)?.account.actor()));
    }
    Ok(Actors { actors })
}
