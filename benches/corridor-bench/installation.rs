//! An installation of the service: a database, a data folder, API clients, and the batches and cases of a measurement.

use std::{
    cell::Cell,
    fs,
    ops::Range,
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
        limits::Adjustable,
    },
    keyring::{ChunkSealer, Keyring},
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

/// Cases created in one transaction.
const CASES_PER_TRANSACTION: usize = 50;
/// The kinds of evidence that every category needs.
const REQUIRED_EVIDENCE: [&str; 4] =
    ["passport_page", "invitation_letter", "employment_letter", "health_certificate"];

/// A database and a data folder. Dropping it deletes both.
pub struct Installation {
    pub folder: PathBuf,
    pub database_url: String,
    clients: Arc<Clients>,
    /// The number of cases created so far.
    case_count: Cell<usize>,
    /// The PostgreSQL server and the name of the database on it.
    postgres: Option<(String, String)>,
}

/// API clients with their credentials.
struct Clients {
    sponsor: (Actor, ClientCredentials),
    /// One per stage, in order.
    authorities: [(Actor, ClientCredentials); 3],
}

/// How far a created case has progressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A complete draft.
    Draft,
    /// A case that needs only the last endorsement.
    LastStage,
}

impl Installation {
    pub async fn with_sqlite() -> Self {
        let folder = fresh_folder();
        let url = format!("sqlite://{}", folder.join("corridor.db").display());
        Self::create(folder, url, None).await
    }

    /// With a new database on the server at `server`.
    pub async fn with_postgres(server: &str) -> Self {
        let name = format!("corridor_bench_{}", random::id().simple());
        run_on(&format!("{server}/postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = format!("{server}/{name}");
        Self::create(fresh_folder(), url, Some((server.to_owned(), name))).await
    }

    async fn create(folder: PathBuf, database_url: String, postgres: Option<(String, String)>) -> Self {
        let db = open(&database_url, &folder);
        db.migrate().await.unwrap();
        let now = Clock::System.now();
        let clients: Result<Clients, WorkflowError> =
            db.write(move |tx| Clients::create(&mut Context::new(tx, &Actor::operator(), now))).await;
        let clients = Arc::new(clients.unwrap());
        Self { folder, database_url, clients, case_count: Cell::new(0), postgres }
    }

    /// The database, without the service.
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

    /// Creates cases, spread evenly over the batches and categories.
    pub async fn create_cases(
        &self,
        batches: &[BatchId],
        categories: &'static [&'static str],
        progress: Progress,
        count: usize,
    ) -> Vec<ApplicationId> {
        let first = self.case_count.get();
        self.case_count.set(first + count);
        self.create_numbered(batches, categories, progress, first..first + count).await
    }

    /// Drafts with the travel documents of the first cases, so that they cannot be submitted once those are.
    pub async fn create_duplicates(&self, batch: BatchId, count: usize) -> Vec<ApplicationId> {
        self.create_numbered(&[batch], &["technical"], Progress::Draft, 0..count).await
    }

    async fn create_numbered(
        &self,
        batches: &[BatchId],
        categories: &'static [&'static str],
        progress: Progress,
        numbers: Range<usize>,
    ) -> Vec<ApplicationId> {
        let (db, now) = (open(&self.database_url, &self.folder), Clock::System.now());
        let mut cases = Vec::new();
        for from in numbers.clone().step_by(CASES_PER_TRANSACTION) {
            let (clients, batches) = (Arc::clone(&self.clients), batches.to_vec());
            let numbers = from..(from + CASES_PER_TRANSACTION).min(numbers.end);
            let created: Result<Vec<_>, WorkflowError> = db
                .write(move |tx| {
                    let case = |n: usize| (n, batches[n % batches.len()], categories[n % categories.len()]);
                    numbers.clone().map(|n| clients.create_case(tx, case(n), progress, now)).collect()
                })
                .await;
            cases.extend(created.unwrap());
        }
        cases
    }

    /// Updates PostgreSQL's statistics and writes a checkpoint, so that neither happens during a measurement.
    pub fn checkpoint(&self) {
        if self.postgres.is_some() {
            run_on(&self.database_url, "VACUUM ANALYZE");
            run_on(&self.database_url, "CHECKPOINT");
        }
    }

    /// Starts the service with a mail server that cannot be reached: messages stay in the outbox, so that only requests
    /// are measured.
    pub fn serve(&self) -> Service {
        self.serve_with("smtp://127.0.0.1:9")
    }

    /// Starts the service with this mail server.
    pub fn serve_with(&self, smtp_url: &str) -> Service {
        let mut command = self.corridor();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--smtp-url", smtp_url]);
        // All instances need the same public URL, because tokens contain it.
        command.args(["--public-url", "http://corridor.test"]);
        Service::start(command.env("CORRIDOR_LOG", "error"))
    }

    pub fn sponsor(&self) -> &ClientCredentials {
        &self.clients.sponsor.1
    }

    /// The client of the authority that gives the last endorsement. It also manages the batches.
    pub fn deciding_authority(&self) -> &ClientCredentials {
        &self.clients.authorities[2].1
    }

    /// Fails if `corridor verify` finds a violation. The documents of these cases have no files.
    pub fn verify(&self) {
        let output = self.corridor().arg("verify").output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let is_expected = |line: &&str| line.starts_with("file_missing: ") || line.starts_with("note: ");
        let others: Vec<&str> = printed.lines().filter(|line| !is_expected(line)).collect();
        let is_checked = output.status.success() || output.status.code() == Some(1) && others.is_empty();
        assert!(is_checked, "{others:?} {}", String::from_utf8_lossy(&output.stderr));
    }

    fn corridor(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.env_clear().env("CORRIDOR_DATABASE_URL", &self.database_url);
        command.env("CORRIDOR_DATA_DIR", &self.folder);
        command
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        if let Some((server, name)) = &self.postgres {
            run_on(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

impl Clients {
    fn create(operator: &mut Context<'_, '_>) -> Result<Self, WorkflowError> {
        operator.execute(&ApplyBundledProgramme)?;
        operator.execute(&CreateOrganisation {
            code: "steppe".into(),
            name: "Steppe Power".into(),
            kind: OrganisationKind::Sponsor,
            territory: None,
        })?;
        let mut create = |organisation: &str, scopes: &[Scope]| -> Result<_, WorkflowError> {
            let (name, organisation) = ("bench".into(), organisation.into());
            let new = CreateClient { name, organisation, scopes: scopes.to_vec() };
            let credentials = operator.execute(&new)?;
            let client = operator
                .query(&ClientById { client_id: credentials.client_id.clone(), secret_mark: None })?;
            Ok((client.actor(scopes.to_vec()), credentials))
        };
        let review = [Scope::ApplicationsRead, Scope::ReviewsWrite, Scope::BatchesWrite];
        Ok(Self {
            sponsor: create("steppe", &[Scope::ApplicationsRead, Scope::ApplicationsWrite])?,
            authorities: [
                create("cn-mofcom", &review)?,
                create("kz-moh", &review)?,
                create("kz-mfa", &review)?,
            ],
        })
    }

    /// Creates one case.
    fn create_case(
        &self,
        tx: &mut Tx<'_>,
        (number, batch, category): (usize, BatchId, &str),
        progress: Progress,
        now: Timestamp,
    ) -> Result<ApplicationId, WorkflowError> {
        let sponsor = &self.sponsor.0;
        let new = form_input::read_new(&application(batch, category, number, now), "en");
        // A run creates more in a minute than an organisation in a day.
        let mut ctx = Context::new(tx, sponsor, now).limited_by(Adjustable { program_drafts: i64::MAX });
        let id = ctx.execute(&new)?.case.id;
        let case = SeenCase::any_version(id);
        for kind in REQUIRED_EVIDENCE {
            let file = Uploaded {
                kind: kind.to_owned(),
                file_name: "document.pdf".to_owned(),
                media_type: MediaType::Pdf,
                bytes: 1,
                sha256: vec![0; 32],
                storage_name: random::token(),
                key: ChunkSealer::new().unwrap().1,
                add_before: Timestamp::MAX,
            };
            ctx.execute(&AddEvidence { file }.on(case))?;
        }
        if progress == Progress::LastStage {
            ctx.execute(&Submit.on(case))?;
            for (authority, _) in &self.authorities[..2] {
                Context::new(tx, authority, now).execute(&Endorse::default().on(case))?;
            }
        }
        Ok(id)
    }
}

fn open(database_url: &str, folder: &Path) -> Db {
    let file = folder.join("secret.key");
    let keyring = Keyring::load(&file).unwrap().unwrap_or_else(|| Keyring::create(&file).unwrap());
    Db::open(database_url, 4, Arc::new(keyring)).unwrap()
}

fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("corridor-bench-{}", random::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
