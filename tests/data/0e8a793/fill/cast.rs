//! Who is there: organisations, accounts in every state, programs, sessions.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use corridor::{
    chance,
    demo::Dice,
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        evidence::MediaType,
    },
    password,
    secret::sha256,
    store::{Tx, files::Files},
    web::session,
    workflow::{
        WorkflowError,
        add_evidence::Uploaded,
        people::{
            choose_password,
            create_account::{self, CreateAccount, FirstLink},
            list_people, request_link, sign_in,
        },
    },
};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::super::{Person, World, cases::PDF, people::Program};

/// The password of every account.
pub(super) const PASSWORD: &str = "four quiet winter rivers";
const NEWCOMER: &str = "newcomer@example.org";

/// Address, name, roles, organisation, language.
type Member = (&'static str, &'static str, &'static [Role], Option<&'static str>, &'static str);

#[rustfmt::skip]
const PEOPLE: [Member; 19] = [
    ("applicant@example.org", "Li Na", &[Role::Applicant], None, "zh"),
    ("expert@example.org", "Анна Ким", &[Role::Applicant], None, "ru"),
    ("sponsor@steppe.example", "Гүлмира Садықова", &[Role::Sponsor], Some("steppe"), "kk"),
    ("sponsor@tianshan.example", "王 静", &[Role::Sponsor], Some("tianshan"), "zh"),
    ("cn-mofcom@example.org", "Zhao Min", &[Role::Officer], Some("cn-mofcom"), "zh"),
    ("cn-nhc@example.org", "Chen Wei", &[Role::Officer], Some("cn-nhc"), "en"),
    ("cn-mfa@example.org", "Wu Jing", &[Role::Officer], Some("cn-mfa"), "en"),
    ("kz-mti@example.org", "Saule Abenova", &[Role::Officer], Some("kz-mti"), "ru"),
    ("kz-moh@example.org", "Asel Omarova", &[Role::Officer], Some("kz-moh"), "en"),
    ("kz-mfa@example.org", "Daniyar Iskakov", &[Role::Officer], Some("kz-mfa"), "kk"),
    ("colleague@example.org", "Sun Lei", &[Role::Officer], Some("cn-mofcom"), "en"),
    ("supervisor@example.org", "Aigerim Tulegenova", &[Role::Supervisor, Role::Officer], Some("kz-mfa"), "en"),
    ("batches@example.org", "Yerlan Bekov", &[Role::BatchManager], Some("kz-mfa"), "en"),
    ("auditor@example.org", "Anna Orlova", &[Role::Auditor], None, "en"),
    ("administrator@example.org", "Timur Kim", &[Role::Administrator], None, "en"),
    ("verifier@example.org", "Border post", &[Role::Verifier], Some("border"), "en"),
    ("everything@example.org", "Dana Ospanova", &[Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor], Some("kz-moh"), "en"),
    ("former@example.org", "Former Officer", &[Role::Officer], Some("kz-moh"), "en"),
    ("returned@example.org", "Returned Applicant", &[Role::Applicant], None, "en"),
];

/// Who fills the register, and with what.
pub(super) struct Fill<'a> {
    pub(super) world: &'a World,
    pub(super) people: BTreeMap<&'static str, Person>,
    pub(super) programs: BTreeMap<&'static str, Rc<Program>>,
    /// One file of each kind, which all cases share.
    pub(super) papers: Vec<Uploaded>,
    pub(super) dice: RefCell<Dice>,
    pub(super) number: Cell<u32>,
}

/// Sessions by address, and an account whose link nobody has used.
pub(super) struct Visits {
    pub(super) sessions: BTreeMap<&'static str, String>,
    pub(super) newcomer: &'static str,
    pub(super) link: String,
}

impl<'a> Fill<'a> {
    pub(super) async fn gather(world: &'a World) -> Self {
        world.sponsor_organisation("tianshan").await;
        world.organisation("border", OrganisationKind::Verifier).await;
        let border = world.program("border", &[Scope::AuthorizationsVerify]).await;
        let auditor = world.program("kz-mfa", &[Scope::AuditRead]).await;
        let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
        let mut people = BTreeMap::new();
        for member in PEOPLE {
            people.insert(member.0, account(world, member, Some(hash.clone()), "no link").await);
        }
        let files = Files::within(&world.folder());
        let kinds = [
            "passport_page",
            "invitation_letter",
            "employment_letter",
            "health_certificate",
            "project_contract",
        ];
        let papers = kinds.map(|kind| {
            let bytes = [PDF, format!("% {kind}\n").as_bytes()].concat();
            Uploaded {
                kind: kind.to_owned(),
                file_name: format!("{kind} 文件.pdf"),
                media_type: MediaType::Pdf,
                bytes: bytes.len().try_into().unwrap(),
                sha256: sha256(&bytes),
                storage_name: files.save(&bytes).unwrap(),
            }
        });
        let scopes = [Scope::ApplicationsRead, Scope::ApplicationsWrite];
        let nominating = world.program("kz-mti", &scopes).await;
        let programs = [("border", border), ("auditor", auditor), ("nominating", nominating)];
        let programs = programs.map(|(name, program)| (name, Rc::new(program))).into();
        let (dice, number) = (RefCell::new(Dice::new(11)), Cell::new(0));
        Self { world, people, programs, papers: papers.into(), dice, number }
    }

    pub(super) fn actor(&self, email: &str) -> Actor {
        self.people[email].actor.clone()
    }

    pub(super) fn credentials(&self) -> Value {
        let own = |program: &Program| {
            let (id, secret) = program.credentials();
            json!({ "client_id": id, "client_secret": secret })
        };
        let mut all: BTreeMap<&str, Value> =
            self.world.reviewers.iter().map(|(code, program)| (*code, own(program))).collect();
        all.insert("sponsor", own(&self.world.sponsor));
        all.insert("batch_manager", own(&self.world.batch_manager));
        all.extend(self.programs.iter().map(|(name, program)| (*name, own(program))));
        json!(all)
    }

    /// An access token of the sponsor's program that was issued a moment ago.
    pub(super) async fn fresh_token(&self) -> String {
        self.world.sponsor.forget_token();
        self.world.token(&self.world.sponsor).await
    }

    pub(super) fn days(&self, days: i64) {
        self.world.advance(SignedDuration::from_hours(24 * days));
    }

    pub(super) fn day(&self, days: i64) -> String {
        let today = self.world.now().to_zoned_datetime(TimeZone::UTC).date();
        today.saturating_add(days.days()).to_string()
    }

    /// One write, some minutes after the one before.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        step: impl Fn(&mut Tx<'_>, Timestamp) -> Result<T, WorkflowError> + Send + 'static,
    ) -> T {
        self.world.advance(SignedDuration::from_mins(2));
        let now = self.world.now();
        let done: Result<T, WorkflowError> = self.world.db().write(move |tx| step(tx, now)).await;
        done.unwrap()
    }

    /// Accounts in every state, sessions of all who can sign in, and a link that nobody has used.
    pub(super) async fn visits(&self) -> Visits {
        let former = self.people["former@example.org"].id;
        self.write(move |tx, now| list_people::set_disabled(tx, &Actor::operator(), former, Some(now))).await;
        let hash = password::hash(PASSWORD.to_owned()).await.unwrap();
        let (used, unused) = (chance::token(), chance::token());
        let token = used.clone();
        self.write(move |tx, now| request_link::request_link(tx, "returned@example.org", &token, now)).await;
        self.write(move |tx, now| choose_password::choose_password(tx, &used, &hash, now).map(drop)).await;
        let newcomer: Member = (NEWCOMER, "Newcomer", &[Role::Officer], Some("kz-moh"), "en");
        account(self.world, newcomer, None, &unused).await;
        self.write(|tx, now| sign_in::failed(tx, "expert@example.org", now)).await;
        self.write(|tx, now| sign_in::failed(tx, "nobody@example.org", now)).await;
        let mut sessions = BTreeMap::new();
        for (email, person) in self.people.iter().filter(|(email, _)| **email != "former@example.org") {
            let (id, token) = (person.id, chance::token());
            let hash = session::hash_of(&token);
            self.write(move |tx, now| sign_in::sign_in(tx, id, &hash, now).map(drop)).await;
            sessions.insert(*email, token);
        }
        Visits { sessions, newcomer: NEWCOMER, link: request_link::path(&unused) }
    }
}

async fn account(world: &World, member: Member, hash: Option<String>, token: &str) -> Person {
    let (email, name, roles, organisation, language) = member;
    let account = CreateAccount {
        email: email.into(),
        name: Some(name.into()),
        roles: roles.to_vec(),
        organisation: organisation.map(Into::into),
        language: language.into(),
        password_hash: hash,
    };
    let (now, token) = (world.now(), token.to_owned());
    let made: Result<_, WorkflowError> = world
        .db()
        .write(move |tx| {
            create_account::create_account(tx, &Actor::operator(), &account, FirstLink::Shown, &token, now)
        })
        .await;
    let account = made.unwrap();
    Person { id: account.id, actor: account.actor() }
}
