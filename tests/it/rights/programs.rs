//! The rights of every program at every address of the API. A test fails if a described address is not listed here.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use corridor::domain::actor::{OrganisationKind, Scope};
use serde_json::json;

use crate::world::{
    Batch, Case, Program, World,
    http::{Field, Request},
    on_both_databases,
};

/// The addresses that need no token.
const PUBLIC: [&str; 8] = [
    "POST /api/v1/token",
    "GET /.well-known/jwks.json",
    "GET /api/v1/programmes",
    "GET /api/v1/programmes/{code}",
    "GET /api/v1/batches",
    "GET /api/v1/batches/{id}",
    "GET /api/v1/batches/{id}/ballot",
    "GET /api/v1/openapi.json",
];

/// The programs, named by their relation to the case.
async fn programs(world: &World) -> Vec<(&'static str, Rc<Program>)> {
    use Scope::*;
    world.organisation("railways", OrganisationKind::Verifier).await;
    world.sponsor_organisation("taiga").await;
    // An authority that has no part in the programme.
    world.organisation("uz-mfa", OrganisationKind::Authority).await;
    let mut programs = Vec::new();
    for (what, organisation, scopes) in [
        ("sponsor", "steppe", vec![ApplicationsRead, ApplicationsWrite]),
        ("sponsor that reads", "steppe", vec![ApplicationsRead]),
        ("other sponsor with every scope", "taiga", Scope::ALL.to_vec()),
        ("other sponsor", "taiga", vec![ApplicationsRead, ApplicationsWrite]),
        ("health authority", "kz-moh", vec![ApplicationsRead, ReviewsWrite]),
        ("health authority that reads", "kz-moh", vec![ApplicationsRead]),
        ("deciding authority", "kz-mfa", vec![ApplicationsRead, ReviewsWrite]),
        ("authority of the other direction", "cn-nhc", vec![ApplicationsRead, ReviewsWrite]),
        ("batch manager", "kz-mfa", vec![BatchesWrite]),
        ("auditor", "kz-mfa", vec![AuditRead]),
        ("auditor of the other direction", "cn-nhc", vec![ApplicationsRead, AuditRead]),
        ("foreign authority (applications:read)", "uz-mfa", vec![ApplicationsRead]),
        ("foreign authority (applications:write)", "uz-mfa", vec![ApplicationsWrite]),
        ("foreign authority (reviews:write)", "uz-mfa", vec![ReviewsWrite]),
        ("foreign authority (batches:write)", "uz-mfa", vec![BatchesWrite]),
        ("foreign authority (authorizations:verify)", "uz-mfa", vec![AuthorizationsVerify]),
        ("foreign authority (webhooks:write)", "uz-mfa", vec![WebhooksWrite]),
        ("foreign authority (audit:read)", "uz-mfa", vec![AuditRead]),
        ("foreign authority (every scope)", "uz-mfa", Scope::ALL.to_vec()),
        ("verifier", "railways", vec![AuthorizationsVerify]),
        ("integrator of webhooks", "taiga", vec![WebhooksWrite]),
    ] {
        programs.push((what, Rc::new(world.program(organisation, &scopes).await)));
    }
    programs
}

/// The subjects of the requests: a case at the health stage, a draft, an open and an ended batch.
struct Fixture {
    batch: Batch,
    ended: Batch,
    case: Case,
    draft: Case,
    evidence: String,
}

impl Fixture {
    async fn create(world: &World) -> Self {
        let (batch, ended) = (world.open_batch(100).await, world.open_batch(1).await);
        let end = Request::post(format!("/api/v1/batches/{}/end", &*ended));
        world.send_as(&world.batch_manager, end).await.expect(200);
        let [case] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&case, "nomination").await;
        let draft = world.draft(&world.form(&batch, "Bo")).await;
        let evidence = world.case(&case).await["evidence"][0]["id"].as_str().unwrap().to_owned();
        Self { batch, ended, case, draft, evidence }
    }

    /// A request for every address. Requests that would change the fixture fail after the check of rights: because of
    /// an impossible version (412), an unknown kind of document (422), an ended batch (409), or an authorization that
    /// was never issued (404).
    fn requests(&self, world: &World) -> Vec<(&'static str, Request)> {
        let (batch, ended) =
            (format!("/api/v1/batches/{}", &*self.batch), format!("/api/v1/batches/{}", &*self.ended));
        let (case, draft) = (self.case.path(), self.draft.path());
        let endorse = json!({ "action": "endorse" });
        let no_such_kind = [Field::text("kind", "album"), Field::file("file", "a.pdf", crate::world::PDF)];
        let number = world.next_number();
        let terms = json!({ "programme": "cn-kz", "name": format!("Another {number}"), "capacity": 1,
            "travel_from": "2026-03-01", "travel_until": "2026-12-31" });
        vec![
            ("GET /api/v1/applications", Request::get("/api/v1/applications")),
            (
                "POST /api/v1/applications",
                Request::post("/api/v1/applications").json(&world.form(&self.batch, "Chu")),
            ),
            ("GET /api/v1/applications/{id}", Request::get(&case)),
            ("PATCH /api/v1/applications/{id}", Request::patch(&draft).if_match(999).json(&json!({}))),
            (
                "POST /api/v1/applications/{id}/actions",
                Request::post(format!("{case}/actions")).if_match(999).json(&endorse),
            ),
            ("GET /api/v1/applications/{id}/events", Request::get(format!("{case}/events"))),
            ("GET /api/v1/applications/{id}/messages", Request::get(format!("{case}/messages"))),
            (
                "POST /api/v1/applications/{id}/evidence",
                Request::post(format!("{draft}/evidence")).multipart(&no_such_kind),
            ),
            (
                "GET /api/v1/applications/{id}/evidence/{evidence}",
                Request::get(format!("{case}/evidence/{}", self.evidence)),
            ),
            ("POST /api/v1/batches", Request::post("/api/v1/batches").json(&terms)),
            (
                "PATCH /api/v1/batches/{id}",
                Request::patch(&batch).if_match(999).json(&json!({ "capacity": 1 })),
            ),
            ("POST /api/v1/batches/{id}/open", Request::post(format!("{ended}/open"))),
            ("POST /api/v1/batches/{id}/close", Request::post(format!("{ended}/close"))),
            ("POST /api/v1/batches/{id}/end", Request::post(format!("{ended}/end"))),
            ("GET /api/v1/batches/{id}/ledger", Request::get(format!("{batch}/ledger"))),
            ("GET /api/v1/journal", Request::get("/api/v1/journal")),
            ("GET /api/v1/jobs", Request::get("/api/v1/jobs")),
            ("GET /api/v1/jobs/{id}", Request::get(format!("/api/v1/jobs/{}", uuid::Uuid::nil()))),
            (
                "POST /api/v1/authorizations/{number}/entry",
                Request::post("/api/v1/authorizations/CNKZ-0000-0000-0000/entry")
                    .json(&json!({ "on": "2026-03-02" })),
            ),
        ]
    }
}

#[test]
fn every_program_gets_what_the_matrix_says_and_nothing_else() {
    on_both_databases(async |world| {
        let fixture = Fixture::create(world).await;
        let programs = programs(world).await;
        let mut matrix = String::from(
            "What each program is answered. 200 and 201: done. 412, 422, 409 batch_state and, at the border,\n404: it may, and the test stops it.\n",
        );
        for (index, (address, _)) in fixture.requests(world).into_iter().enumerate() {
            let mut answers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (what, program) in &programs {
                let (_, request) = fixture.requests(world).swap_remove(index);
                let answer = world.send_as(program, request).await;
                let reason = answer.body["reason"].as_str().unwrap_or(answer.code());
                answers
                    .entry(format!("{} {reason}", answer.status).trim_end().to_owned())
                    .or_default()
                    .push(what);
            }
            matrix += &format!("\n{address}\n");
            for (answer, who) in answers {
                matrix += &format!("    {answer}: {}\n", who.join(", "));
            }
        }
        insta::assert_snapshot!("rights_of_programs", matrix);
    });
}

#[test]
fn every_described_address_is_tested_and_needs_a_token() {
    on_both_databases(async |world| {
        let fixture = Fixture::create(world).await;
        let requests = fixture.requests(world);
        let tried: BTreeSet<&str> = requests.iter().map(|(address, _)| *address).collect();
        let described = world.send(Request::get("/api/v1/openapi.json")).await.expect(200);
        for (path, item) in described["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
                let address = format!("{} {path}", method.to_uppercase());
                let is_covered = tried.contains(address.as_str()) || PUBLIC.contains(&address.as_str());
                assert!(is_covered, "{address} is not in the matrix of rights");
            }
        }
        for page in ["/api/docs", "/api/docs/"] {
            assert!(
                world.send(Request::get(page)).await.status < 400,
                "{page} must show the API description"
            );
        }
        for (address, request) in requests {
            let answer = world.send(request).await;
            assert_eq!(answer.refusal(), (401, "unauthenticated"), "{address}");
            assert!(answer.header("WWW-Authenticate").starts_with("Bearer"), "{address}");
        }
    });
}

#[test]
fn without_the_right_to_the_passport_number_a_program_gets_only_its_last_characters() {
    on_both_databases(async |world| {
        let fixture = Fixture::create(world).await;
        let own = world.case(&fixture.case).await["travel_document"]["number"].clone();
        let own = own.as_str().unwrap();
        let masked = format!("•••••{}", &own[own.len() - 4..]);
        for (what, program) in programs(world).await {
            let answer = world.send_as(&program, Request::get(fixture.case.path())).await;
            let text = String::from_utf8(answer.bytes).unwrap();
            if answer.status == 200 && !what.starts_with("sponsor") {
                assert_eq!(answer.body["travel_document"]["number"], masked.as_str(), "{what}");
            }
            assert!(what.starts_with("sponsor") || !text.contains(own), "{what}");
        }
    });
}
