//! An installation with cases that want their last endorsement.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use corridor::{
    chance,
    clock::Clock,
    domain::{
        actor::{Actor, OrganisationKind, Scope},
        batch::{HoldAt, OnFull, Ordering, Terms},
        calendar,
        evidence::MediaType,
        ids::BatchId,
    },
    secret::Secret,
    store::Db,
    workflow::{
        WorkflowError,
        act::{Act, act},
        add_evidence::{self, Uploaded},
        apply_programme,
        create::{self, Create},
        create_batch,
        dossier::Target,
        move_batch::{self, BatchMove},
        people::{
            authenticate_client,
            create_client::{self, ClientCredentials, CreateClient},
            create_organisation::{self, CreateOrganisation},
        },
    },
};
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::CROWDS;

/// Cases that share a transaction while the site is filled.
const TOGETHER: usize = 50;
const PAPERS: [&str; 4] = ["passport_page", "invitation_letter", "employment_letter", "health_certificate"];

/// A database and a data folder; both are gone when this is.
pub struct Site {
    pub folder: PathBuf,
    pub database_url: String,
    pub hot: BatchId,
    /// Cases on one batch, cases on many; a part of each for every crowd.
    cases: RefCell<BTreeMap<(bool, usize), Vec<String>>>,
    officer: ClientCredentials,
    drop_with: Option<(String, String)>,
}

/// The program, running on a site.
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    pub token: String,
}

impl Site {
    pub async fn with_sqlite(decisions: usize, spread: usize) -> Self {
        let folder = fresh_folder();
        let url = format!("sqlite://{}", folder.join("corridor.db").display());
        Self::filled(folder, url, None, decisions, spread).await
    }

    pub async fn with_postgres(server: &str, decisions: usize, spread: usize) -> Self {
        let name = format!("corridor_bench_{}", chance::fresh_id().simple());
        run_on(&format!("{server}/postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let url = format!("{server}/{name}");
        Self::filled(fresh_folder(), url, Some((server.to_owned(), name)), decisions, spread).await
    }

    async fn filled(
        folder: PathBuf,
        database_url: String,
        drop_with: Option<(String, String)>,
        decisions: usize,
        spread: usize,
    ) -> Self {
        let secret = Arc::new(Secret::load_or_create(&folder.join("secret.key")).unwrap());
        let db = Db::open(&database_url, 4, secret).unwrap();
        db.migrate().await.unwrap();
        let now = Clock::System.now();
        let made: Result<_, WorkflowError> = db.write(move |tx| found(tx, spread, now)).await;
        let founded = Arc::new(made.unwrap());
        let mut cases = BTreeMap::new();
        let mut number = 0;
        for is_spread in [false, true] {
            for connections in CROWDS {
                // One connection is slow, and soon known.
                let count = if connections == 1 { decisions / 4 } else { decisions };
                let mut ids = Vec::new();
                while ids.len() < count {
                    let founded = Arc::clone(&founded);
                    let first = number;
                    number += TOGETHER;
                    let made: Result<Vec<_>, WorkflowError> = db
                        .write(move |tx| {
                            (first..first + TOGETHER)
                                .map(|n| ready(tx, &founded, n, is_spread, now))
                                .collect()
                        })
                        .await;
                    ids.extend(made.unwrap());
                }
                ids.truncate(count);
                cases.insert((is_spread, connections), ids);
            }
        }
        if let Some((server, name)) = &drop_with {
            run_on(&format!("{server}/{name}"), "VACUUM ANALYZE");
            run_on(&format!("{server}/{name}"), "CHECKPOINT");
        }
        let (hot, officer) = (founded.hot, founded.officers[2].1.clone());
        Self { folder, database_url, hot, cases: RefCell::new(cases), officer, drop_with }
    }

    /// The cases for one measurement; each can be decided once.
    pub fn cases(&self, is_spread: bool, connections: usize) -> Vec<String> {
        self.cases.borrow_mut().remove(&(is_spread, connections)).unwrap()
    }

    /// Starts the program. Its mail server is away: messages stay in the outbox, and nothing but decisions is measured.
    pub fn serve(&self) -> Service {
        let mut command = self.corridor();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--smtp-url", "smtp://127.0.0.1:9"]);
        let mut child = command
            .env("CORRIDOR_LOG", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("\"listen\"")).unwrap();
        let address: SocketAddr = line.split('"').nth(3).unwrap().parse().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.officer.client_id),
            ("client_secret", &self.officer.client_secret),
        ];
        let mut answer = ureq::post(format!("http://{address}/api/v1/token")).send_form(form).unwrap();
        let answer: Value = answer.body_mut().read_json().unwrap();
        Service { child, address, token: answer["access_token"].as_str().unwrap().to_owned() }
    }

    /// Whether `corridor verify` finds everything as it should be.
    pub fn verifies(&self) -> bool {
        self.corridor().arg("verify").status().unwrap().success()
    }

    /// A copy of the SQLite database.
    pub fn back_up(&self, file: &Path) {
        assert!(self.corridor().arg("backup").arg(file).status().unwrap().success());
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

impl Service {
    pub fn resident_megabytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Founded {
    hot: BatchId,
    spread: Vec<BatchId>,
    sponsor: Actor,
    officers: Vec<(Actor, ClientCredentials)>,
}

fn found(tx: &mut corridor::store::Tx<'_>, spread: usize, now: Timestamp) -> Result<Founded, WorkflowError> {
    let operator = Actor::operator();
    apply_programme::apply_bundled(tx, now)?;
    let sponsor = CreateOrganisation {
        code: "steppe".into(),
        name: "Steppe Power".into(),
        kind: OrganisationKind::Sponsor,
        territory: None,
    };
    create_organisation::create_organisation(tx, &operator, &sponsor, now)?;
    let mut client = |organisation: &str, scopes: &[Scope]| -> Result<_, WorkflowError> {
        let wish =
            CreateClient { name: "bench".into(), organisation: organisation.into(), scopes: scopes.to_vec() };
        let credentials = create_client::create_client(tx, &operator, &wish, now)?;
        let client = authenticate_client::by_client_id(tx, &credentials.client_id)?;
        Ok((client.actor(scopes.to_vec()), credentials))
    };
    let (sponsor, _) = client("steppe", &[Scope::ApplicationsRead, Scope::ApplicationsWrite])?;
    let officers = ["cn-mofcom", "kz-moh", "kz-mfa"]
        .map(|authority| client(authority, &[Scope::ApplicationsRead, Scope::ReviewsWrite]));
    let officers = officers.into_iter().collect::<Result<_, _>>()?;
    let mut batch = |name: String| -> Result<BatchId, WorkflowError> {
        let id = create_batch::create_batch(tx, &operator, "cn-kz", &terms(name, now), now)?.id;
        move_batch::move_batch(tx, &operator, id, None, BatchMove::Open, now)?;
        Ok(id)
    };
    let hot = batch("Hot".into())?;
    let spread = (1..=spread).map(|number| batch(format!("Batch {number}"))).collect::<Result<_, _>>()?;
    Ok(Founded { hot, spread, sponsor, officers })
}

fn terms(name: String, now: Timestamp) -> Terms {
    let limit = corridor::domain::batch::LimitTerms {
        dimension: corridor::domain::batch::Dimension::Direction,
        key: "CN-KZ".into(),
        capacity: 500_000,
    };
    Terms {
        name,
        capacity: 1_000_000,
        limits: vec![limit],
        hold_at: HoldAt::Approval,
        on_full: OnFull::Waitlist,
        ordering: Ordering::FirstCome,
        opens_at: None,
        closes_at: None,
        travel_from: calendar::day_of(now),
        travel_until: calendar::day_of(now).saturating_add(180.days()),
    }
}

/// A case that wants the last endorsement.
fn ready(
    tx: &mut corridor::store::Tx<'_>,
    founded: &Founded,
    number: usize,
    is_spread: bool,
    now: Timestamp,
) -> Result<String, WorkflowError> {
    let batch = if is_spread { founded.spread[number % founded.spread.len()] } else { founded.hot };
    let wish = Create {
        batch,
        direction: "CN-KZ".into(),
        category: "technical".into(),
        language: "en".into(),
        form: form(number, now),
    };
    let id = create::create(tx, &founded.sponsor, &wish, now)?.case.id;
    let target = Target { case: id, seen_version: None };
    for kind in PAPERS {
        let paper = Uploaded {
            kind: kind.to_owned(),
            file_name: "paper.pdf".to_owned(),
            media_type: MediaType::Pdf,
            bytes: 1,
            sha256: vec![0; 32],
            storage_name: chance::token(),
        };
        add_evidence::add_evidence(tx, &founded.sponsor, target, &paper, now)?;
    }
    act(tx, &founded.sponsor, target, Act::Submit, now)?;
    for (officer, _) in &founded.officers[..2] {
        act(tx, officer, target, Act::Endorse { note: None }, now)?;
    }
    Ok(id.to_string())
}

fn form(number: usize, now: Timestamp) -> Value {
    let day = |days: i64| calendar::day_of(now).saturating_add(days.days()).to_string();
    json!({
        "applicant": {
            "family_name": "Li", "given_names": format!("Guest {number}"), "native_name": "李", "sex": "F",
            "birth_date": "1980-04-02", "nationality": "CN", "residence": "CN",
            "email": format!("guest{number}@travellers.example"), "phone": "+8613800000000",
        },
        "travel_document": {
            "type": "passport", "number": format!("E{number:08}"), "issuer": "CN",
            "issued_on": day(-1886), "expires_on": day(1765),
        },
        "employment": { "employer": "Tianshan Turbines", "position": "Engineer", "host": "Steppe Power" },
        "journey": {
            "purpose": "Repair of a turbine", "arrive_on": day(30), "leave_on": day(49),
            "port_of_entry": "Khorgos", "itinerary": [{ "from": day(30), "to": day(49), "place": "Almaty" }],
        },
        "health": { "declarations": {
            "symptoms_14_days": false, "contact_14_days": false, "quarantine_consent": true, "truthful": true,
        } },
    })
}

fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("corridor-bench-{}", chance::fresh_id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run_on(url: &str, statement: &str) {
    sql_query(statement).execute(&mut PgConnection::establish(url).unwrap()).unwrap();
}
