//! An installation: a database, a data folder, a sponsor, the officers of one direction, and the batches and cases of a
//! measurement. The program runs on it.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use corridor::{
    clock::Clock,
    domain::{
        actor::{Actor, OrganisationKind, Scope},
        batch::{Batch, Terms},
        evidence::MediaType,
        ids::{ApplicationId, BatchId},
    },
    keyring::Keyring,
    random,
    store::{Db, Tx},
    web::form_input,
    workflow::{
        WorkflowError,
        add_evidence::{AddEvidence, Uploaded},
        apply_programme::ApplyBundledProgramme,
        case_command::CaseCommand,
        create_batch::CreateBatch,
        endorse::Endorse,
        entrance::Context,
        move_batch::{BatchMove, MoveBatch},
        people::{
            authenticate_client::ClientById,
            create_client::{ClientCredentials, CreateClient},
            create_organisation::CreateOrganisation,
        },
        subject::{SeenBatch, SeenCase},
        submit::Submit,
    },
};
use jiff::Timestamp;

use super::{form::application, postgres::run_on, service::Service};

/// Cases per transaction while the database is filled.
const PER_TRANSACTION: usize = 50;
const PAPERS: [&str; 4] = ["passport_page", "invitation_letter", "employment_letter", "health_certificate"];

/// A database and a data folder. Dropping it deletes both.
pub struct Site {
    pub folder: PathBuf,
    pub database_url: String,
    people: Arc<People>,
    /// The number of cases created so far.
    count: Cell<usize>,
    drop_with: Option<(String, String)>,
}

/// API clients with their credentials.
struct People {
    sponsor: (Actor, ClientCredentials),
    /// One per stage, in order.
    officers: [(Actor, ClientCredentials); 3],
}

/// The state in which a case is prepared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A complete draft.
    Complete,
    /// A case that needs only the last endorsement.
    Last,
}

impl Site {
    pub async fn with_sqlite() -> Self {
        let folder = fresh_folder();
        let url = format!("sqlite://{}", folder.join("corridor.db").display());
        Self::create(folder, url, None).await
    }

    /// On a new database of the server at `server`.
    pub async fn with_postgres(server: &str) -> Self {
        let name = format!("corridor_bench_{}", random::id().simple());
        run_on(&format!("{server}/postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = format!("{server}/{name}");
        Self::create(fresh_folder(), url, Some((server.to_owned(), name))).await
    }

    async fn create(folder: PathBuf, database_url: String, drop_with: Option<(String, String)>) -> Self {
        let db = open(&database_url, &folder);
        db.migrate().await.unwrap();
        let now = Clock::System.now();
        let people: Result<People, WorkflowError> =
            db.write(move |tx| People::create(&mut Context::new(tx, &Actor::operator(), now))).await;
        Self { folder, database_url, people: Arc::new(people.unwrap()), count: Cell::new(0), drop_with }
    }

    /// The database, beside the service.
    pub fn database(&self) -> Db {
        open(&self.database_url, &self.folder)
    }

    /// Opens a batch.
    pub async fn open_batch(&self, terms: Terms) -> BatchId {
        let now = Clock::System.now();
        let opened: Result<Batch, WorkflowError> = open(&self.database_url, &self.folder)
            .write(move |tx| {
                let operator = Actor::operator();
                let mut ctx = Context::new(tx, &operator, now);
                let new = CreateBatch { programme: "cn-kz".into(), terms: terms.clone() };
                let batch = SeenBatch { id: ctx.execute(&new)?.id, version: None };
                ctx.execute(&MoveBatch { batch, step: BatchMove::Open })
            })
            .await;
        opened.unwrap().id
    }

    /// Creates cases, distributed in turn over the batches and over the categories.
    pub async fn cases(
        &self,
        batches: &[BatchId],
        categories: &'static [&'static str],
        stage: Stage,
        count: usize,
    ) -> Vec<ApplicationId> {
        let db = open(&self.database_url, &self.folder);
        let (first, now) = (self.count.get(), Clock::System.now());
        self.count.set(first + count);
        let mut cases = Vec::new();
        for from in (first..first + count).step_by(PER_TRANSACTION) {
            let (people, batches) = (Arc::clone(&self.people), batches.to_vec());
            let numbers = from..(from + PER_TRANSACTION).min(first + count);
            let made: Result<Vec<_>, WorkflowError> = db
                .write(move |tx| {
                    let one = |n: usize| (n, batches[n % batches.len()], categories[n % categories.len()]);
                    numbers.clone().map(|n| people.prepare(tx, one(n), stage, now)).collect()
                })
                .await;
            cases.extend(made.unwrap());
        }
        cases
    }

    /// Updates the planner's statistics and checkpoints the log, so that no measurement pays for it.
    pub fn checkpoint(&self) {
        if self.drop_with.is_some() {
            run_on(&self.database_url, "VACUUM ANALYZE");
            run_on(&self.database_url, "CHECKPOINT");
        }
    }

    /// Starts the program. Its mail server is away: messages stay in the outbox, so only requests are measured.
    pub fn serve(&self) -> Service {
        self.serve_with("smtp://127.0.0.1:9")
    }

    /// Starts the program with this mail server.
    pub fn serve_with(&self, smtp_url: &str) -> Service {
        let mut command = self.corridor();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--smtp-url", smtp_url]);
        // The same for all instances, because tokens name it.
        command.args(["--public-url", "http://corridor.test"]);
        Service::start(command.env("CORRIDOR_LOG", "error"))
    }

    pub fn sponsor(&self) -> &ClientCredentials {
        &self.people.sponsor.1
    }

    /// The client that gives the last endorsement. It also runs the batches.
    pub fn decider(&self) -> &ClientCredentials {
        &self.people.officers[2].1
    }

    /// Fails if `corridor verify` finds a violation.
    pub fn verify(&self) {
        let seen = self.corridor().arg("verify").output().unwrap();
        assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stdout));
    }

    fn corridor(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.env_clear().env("CORRIDOR_DATABASE_URL", &self.database_url);
        command.env("CORRIDOR_DATA_DIR", &self.folder);
        command
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        if let Some((server, name)) = &self.drop_with {
            run_on(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

impl People {
    fn create(operator: &mut Context<'_, '_>) -> Result<Self, WorkflowError> {
        operator.execute(&ApplyBundledProgramme)?;
        operator.execute(&CreateOrganisation {
            code: "steppe".into(),
            name: "Steppe Power".into(),
            kind: OrganisationKind::Sponsor,
            territory: None,
        })?;
        let mut program = |organisation: &str, scopes: &[Scope]| -> Result<_, WorkflowError> {
            let (name, organisation) = ("bench".into(), organisation.into());
            let new = CreateClient { name, organisation, scopes: scopes.to_vec() };
            let credentials = operator.execute(&new)?;
            let client = operator.query(&ClientById { client_id: credentials.client_id.clone() })?;
            Ok((client.actor(scopes.to_vec()), credentials))
        };
        let reviews = [Scope::ApplicationsRead, Scope::ReviewsWrite, Scope::BatchesWrite];
        Ok(Self {
            sponsor: program("steppe", &[Scope::ApplicationsRead, Scope::ApplicationsWrite])?,
            officers: [
                program("cn-mofcom", &reviews)?,
                program("kz-moh", &reviews)?,
                program("kz-mfa", &reviews)?,
            ],
        })
    }

    /// Creates one case and brings it to this state.
    fn prepare(
        &self,
        tx: &mut Tx<'_>,
        (number, batch, category): (usize, BatchId, &str),
        stage: Stage,
        now: Timestamp,
    ) -> Result<ApplicationId, WorkflowError> {
        let sponsor = &self.sponsor.0;
        let new = form_input::read_new(&application(batch, category, number, now), "en");
        let mut own = Context::new(tx, sponsor, now);
        let id = own.execute(&new)?.case.id;
        let case = SeenCase::any_version(id);
        for kind in PAPERS {
            let file = Uploaded {
                kind: kind.to_owned(),
                file_name: "paper.pdf".to_owned(),
                media_type: MediaType::Pdf,
                bytes: 1,
                sha256: vec![0; 32],
                storage_name: random::token(),
            };
            own.execute(&AddEvidence { file }.on(case))?;
        }
        if stage == Stage::Last {
            own.execute(&Submit.on(case))?;
            for (officer, _) in &self.officers[..2] {
                Context::new(tx, officer, now).execute(&Endorse::default().on(case))?;
            }
        }
        Ok(id)
    }
}

fn open(database_url: &str, folder: &Path) -> Db {
    let keyring = Arc::new(Keyring::load_or_create(&folder.join("secret.key")).unwrap());
    Db::open(database_url, 4, keyring).unwrap()
}

fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("corridor-bench-{}", random::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
