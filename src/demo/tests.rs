use std::{collections::BTreeSet, sync::Arc};

use super::*;
use crate::{
    clock::Clock,
    domain::{actor::Role, lifecycle::State},
    keyring::Keyring,
    store::{Db, files::Files},
    workflow::{
        apply_programme::ApplyBundledProgramme,
        list_cases::{Among, ListCases, Wanted},
        verify,
    },
};

/// The demo is the same whenever it starts, but for its days. These moments are in different days of the two sides.
#[actix_web::test]
async fn the_demo_has_a_case_in_every_state_and_keeps_every_promise() {
    for now in
        ["2026-03-02T08:00:00Z", "2026-12-31T16:30:00Z", "2028-02-29T19:59:59Z", "2027-06-30T23:59:59Z"]
    {
        holds_at(now).await;
    }
}

async fn holds_at(now: &str) {
    let folder = std::env::temp_dir().join(format!("corridor-demo-test-{}", crate::random::id()));
    let keyring = Arc::new(Keyring::create(&folder.join("secret.key")).unwrap());
    let url = format!("sqlite://{}", folder.join("demo.db").display());
    let db = Db::open(&url, 2, keyring).unwrap();
    db.migrate().await.unwrap();
    let clock = Clock::fixed(now.parse().unwrap());
    let service = Service::new(db, clock, Files::at(&format!("file://{}", folder.join("files").display())));
    service.execute(&Actor::operator(), ApplyBundledProgramme).await.unwrap();
    fill(&service, "$none").await.unwrap();

    let auditor = Actor { roles: vec![Role::Auditor], ..Actor::operator() };
    let query = ListCases { among: Among::Visible, wanted: Wanted::default(), at_most: 1000 };
    let all = service.query(&auditor, query).await;
    let states: BTreeSet<&str> = all.unwrap().lines.iter().map(|line| line.state.as_str()).collect();
    let missing: Vec<&State> = State::ALL
        .iter()
        .filter(|state| **state != State::Draft && !states.contains(state.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let report = verify::verify(service.db()).await.unwrap();
    assert!(report.breaks.is_empty(), "{:#?}", report.breaks);
    assert!((280..=340).contains(&report.cases), "{}", report.cases);
    std::fs::remove_dir_all(folder).unwrap();
}
