//! The actors. A *program* uses the API with an access token; a *person* acts through the use cases that the pages
//! call.

use std::cell::RefCell;

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        ids::AccountId,
    },
    password,
    workflow::people::{
        authenticate_client::ClientById,
        create_account::{CreateAccount, FirstLink},
        create_client::CreateClient,
        create_organisation::CreateOrganisation,
        disable_account::DisableAccount,
    },
};
use jiff::{SignedDuration, Timestamp};

use super::{World, http::Request};

/// An API client.
pub struct Program {
    client_id: String,
    client_secret: String,
    /// An access token, and the end of its use.
    token: RefCell<Option<(Timestamp, String)>>,
}

/// A person with an account.
#[derive(Clone)]
pub struct Person {
    pub id: AccountId,
    pub actor: Actor,
}

/// Shorter than a token's lifetime of fifteen minutes.
const TOKEN_USED_FOR: SignedDuration = SignedDuration::from_mins(14);

impl World {
    /// A sponsor organisation.
    pub async fn sponsor_organisation(&self, code: &str) {
        self.organisation(code, OrganisationKind::Sponsor).await;
    }

    /// An organisation of any kind. Authorities come with the programme.
    pub async fn organisation(&self, code: &str, kind: OrganisationKind) {
        let (code, name) = (code.to_owned(), format!("The {code}"));
        let new = CreateOrganisation { code, name, kind, territory: None };
        self.service().execute(&Actor::operator(), new).await.unwrap();
    }

    /// An API client of an organisation.
    pub async fn program(&self, organisation: &str, scopes: &[Scope]) -> Program {
        let new = CreateClient {
            name: "A program".into(),
            organisation: organisation.to_owned(),
            scopes: scopes.to_vec(),
        };
        let made = self.service().execute(&Actor::operator(), new).await.unwrap();
        Program::with_credentials(&made.client_id, &made.client_secret)
    }

    /// A new sponsor with its program.
    pub async fn another_sponsor(&self, code: &str) -> Program {
        self.sponsor_organisation(code).await;
        self.program(code, &[Scope::ApplicationsRead, Scope::ApplicationsWrite]).await
    }

    /// A person with an account that can be used at once. Its password hash matches no password.
    pub async fn person(&self, email: &str, roles: &[Role], organisation: Option<&str>) -> Person {
        self.account(email, roles, organisation, Some("$none".into())).await
    }

    /// An account that somebody has created for a person, who has not chosen a password yet.
    pub async fn invite(&self, email: &str, roles: &[Role], organisation: Option<&str>) -> Person {
        self.account(email, roles, organisation, None).await
    }

    /// A person who signs in with this password.
    pub async fn person_with_password(
        &self,
        email: &str,
        roles: &[Role],
        organisation: Option<&str>,
        password: &str,
    ) -> Person {
        let hash = password::hash(password.to_owned()).await.unwrap();
        self.account(email, roles, organisation, Some(hash)).await
    }

    async fn account(
        &self,
        email: &str,
        roles: &[Role],
        organisation: Option<&str>,
        password_hash: Option<String>,
    ) -> Person {
        let new = CreateAccount {
            email: email.to_owned(),
            name: None,
            roles: roles.to_vec(),
            organisation: organisation.map(Into::into),
            language: "en".into(),
            password_hash,
            link: FirstLink::Shown,
        };
        let account = self.service().execute(&Actor::operator(), new).await.unwrap().account;
        Person { id: account.id, actor: account.actor() }
    }

    /// Locks a person's account.
    pub async fn lock_account(&self, person: &Person) {
        let lock = DisableAccount { account: person.id, disabled: true };
        self.service().execute(&Actor::operator(), lock).await.unwrap();
    }

    /// A program as the use cases see it.
    pub async fn actor_of(&self, program: &Program) -> Actor {
        let client = ClientById { client_id: program.client_id.clone(), secret_mark: None };
        let client = self.service().query(&Actor::anonymous(), client).await.unwrap();
        let scopes = client.scopes.clone();
        client.actor(scopes)
    }

    /// An officer of an authority, as a person.
    pub async fn officer(&self, email: &str, authority: &str) -> Person {
        self.person(email, &[Role::Officer], Some(authority)).await
    }

    /// A valid access token.
    pub async fn token(&self, program: &Program) -> String {
        if let Some((until, token)) = program.token.borrow().as_ref()
            && self.now() < *until
        {
            return token.clone();
        }
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            program.client_id, program.client_secret
        );
        let request = Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form);
        let answer = self.send(request).await.expect(200);
        let token = answer["access_token"].as_str().unwrap().to_owned();
        *program.token.borrow_mut() = Some((self.now() + TOKEN_USED_FOR, token.clone()));
        token
    }
}

impl Program {
    /// Requests a new token next time, because another service uses another clock.
    pub(super) fn forget_token(&self) {
        self.token.take();
    }

    /// The client id and secret.
    pub fn credentials(&self) -> (&str, &str) {
        (&self.client_id, &self.client_secret)
    }

    pub(super) fn with_credentials(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            token: RefCell::default(),
        }
    }

    /// A placeholder until the program is created.
    pub(super) fn placeholder() -> Self {
        Self::with_credentials("", "")
    }
}
