//! What a person, and all programs of an organisation together, may use in a day: drafts, documents, bytes.

use std::collections::BTreeMap;

use corridor::{
    domain::{
        actor::{Role, Scope},
        limits::DayLimit,
    },
    web::form_input,
    workflow::{WorkflowError, create::CreateCase},
};
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::world::{
    Batch, Case, PDF, Person, Setup, World, http::Request, on_both_databases, on_both_databases_with,
};

async fn applicant(world: &World) -> Person {
    world.person("li.na@example.cn", &[Role::Applicant], None).await
}

fn new_case(world: &World, batch: &Batch) -> CreateCase {
    form_input::read_new(&world.form(batch, "Li"), "en")
}

/// The limit that refuses a draft, its value, and the seconds to wait; none if the draft is created.
async fn begin(world: &World, person: &Person, batch: &Batch) -> Option<(DayLimit, i64, u32)> {
    match world.service().execute(&person.actor, new_case(world, batch)).await {
        Ok(_) => None,
        Err(WorkflowError::LimitReached { limit, most, retry_after_seconds }) => {
            Some((limit, most, retry_after_seconds))
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_person_starts_twenty_applications_in_a_day() {
    on_both_databases(async |world| {
        let (li_na, batch) = (applicant(world).await, world.open_batch(1).await);
        let made = join_all((0..30).map(|_| begin(world, &li_na, &batch))).await;
        let mut counts = BTreeMap::new();
        for refused in &made {
            *counts.entry(refused.is_some()).or_insert(0) += 1;
        }
        assert_eq!(counts, BTreeMap::from([(false, 20), (true, 10)]), "of thirty at once");
        let other = world.person("bo@example.cn", &[Role::Applicant], None).await;
        assert_eq!(begin(world, &other, &batch).await, None);

        world.advance(SignedDuration::from_mins(90));
        let session = world.session(&li_na).await;
        let fields = [("batch", &*batch), ("direction", "CN-KZ"), ("category", "technical")];
        let page = format!("/applications/new?batch={}", &*batch);
        let refused = world.send_in_session(&session, &page, "/applications/new", &fields).await;
        let text = String::from_utf8_lossy(&refused.bytes);
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "81000"), "{text}");
        assert!(text.contains("20 applications within 24 hours"), "{text}");
        world.advance(SignedDuration::from_secs(81_000 - 1));
        assert_eq!(begin(world, &li_na, &batch).await, Some((DayLimit::Drafts, 20, 1)));
        world.advance(SignedDuration::from_secs(1));
        assert_eq!(begin(world, &li_na, &batch).await, None);
    });
}

#[test]
fn a_refused_draft_uses_nothing() {
    on_both_databases(async |world| {
        let (li_na, batch) = (applicant(world).await, world.open_batch(1).await);
        for _ in 0..30 {
            let faulty = CreateCase { direction: "KZ-KZ".to_owned(), ..new_case(world, &batch) };
            let refused = world.service().execute(&li_na.actor, faulty).await;
            assert!(matches!(refused, Err(WorkflowError::Invalid(_))));
        }
        assert_eq!(begin(world, &li_na, &batch).await, None);
    });
}

/// Uploads a document in a session.
async fn upload(world: &World, session: &str, case: &Case) -> (u16, String, String) {
    let page = format!("/applications/{}/evidence", case.id);
    let sent = world.send_file_in_session(session, &page, "other", PDF).await;
    let (status, wait) = (sent.status, sent.header("Retry-After").to_owned());
    (status, wait, String::from_utf8_lossy(&sent.bytes).into_owned())
}

#[test]
fn a_person_uploads_sixty_documents_of_two_hundred_megabytes_in_a_day() {
    on_both_databases(async |world| {
        let (li_na, batch) = (applicant(world).await, world.open_batch(1).await);
        let mut cases = Vec::new();
        for _ in 0..3 {
            cases.push(world.draft_in_person(&li_na, &world.form(&batch, "Li")).await);
        }
        let session = world.session(&li_na).await;
        for number in 0..60 {
            let (status, _, text) = upload(world, &session, &cases[number / 30]).await;
            assert_eq!(status, 303, "{number}: {text}");
        }
        let (status, wait, text) = upload(world, &session, &cases[2]).await;
        assert_eq!((status, wait.as_str()), (429, "86400"), "{text}");
        assert!(text.contains("60 documents within 24 hours"), "{text}");
        assert_eq!(world.files().len(), 60, "a refused upload leaves no file");

        world.advance(SignedDuration::from_hours(24));
        let session = world.session(&li_na).await;
        assert_eq!(upload(world, &session, &cases[2]).await.0, 303);
        let most = 200 * 1024 * 1024;
        let left = i64::try_from(PDF.len()).unwrap();
        world.run(&format!("UPDATE used_by_hour SET bytes = {} WHERE bytes > 0", most - left)).unwrap();
        assert_eq!(upload(world, &session, &cases[2]).await.0, 303);
        let (status, _, text) = upload(world, &session, &cases[2]).await;
        assert_eq!(status, 429, "{text}");
        assert!(text.contains("200 MB"), "{text}");
    });
}

#[test]
fn the_programs_of_an_organisation_share_a_limit_that_is_a_setting() {
    let setup = Setup { program_drafts: Some(25), ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(1).await;
        let scopes = [Scope::ApplicationsRead, Scope::ApplicationsWrite];
        let second = world.program("steppe", &scopes).await;
        let create =
            async |program| world.post(program, "/api/v1/applications", &world.form(&batch, "Li")).await;
        let answers =
            join_all((0..40).map(|number| create(if number % 2 == 0 { &*world.sponsor } else { &second })))
                .await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 25, "more than the twenty of a person, and no more than the setting");
        let refused = answers.iter().find(|answer| answer.status != 201).unwrap();
        assert_eq!((refused.refusal(), refused.header("Retry-After")), ((429, "limit_reached"), "86400"));
        assert_eq!(refused.header("RateLimit-Policy"), "\"program_drafts\";q=25;w=86400");
        assert_eq!(refused.header("RateLimit"), "\"program_drafts\";r=0;t=86400");
        assert!(refused.body["detail"].as_str().unwrap().contains("25"), "{}", refused.body);
        let other = world.another_sponsor("taiga").await;
        create(&other).await.expect(201);
        world.advance(SignedDuration::from_hours(24));

        // A refusal is not kept under the idempotency key.
        let keyed = |key: &str| {
            Request::post("/api/v1/applications")
                .json(&world.form(&batch, "Li"))
                .header("Idempotency-Key", key)
        };
        for _ in 0..25 {
            create(&world.sponsor).await.expect(201);
        }
        assert_eq!(world.send_as(&second, keyed("k")).await.status, 429);
        world.advance(SignedDuration::from_hours(24));
        world.send_as(&second, keyed("k")).await.expect(201);
    });
}
