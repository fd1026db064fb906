//! Invalid requests: no JSON, no token, unknown addresses, bodies that are too large, wrong fields.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use corridor::domain::actor::Scope;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::fault;
use crate::world::{Program, World, http::Request, on_both_databases};

const APPLICATIONS: &str = "/api/v1/applications";

async fn refusal(world: &World, program: &Program, request: Request) -> (u16, String) {
    let answer = world.send_as(program, request).await;
    (answer.status, answer.code().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    on_both_databases(async |world| {
        let deep = "[".repeat(5000);
        for text in
            ["", "{", "{'batch': 1}", "batch=1", "{\"batch\": 1} {}", "\u{feff}{}", "[1e999]", deep.as_str()]
        {
            let request = Request::post(APPLICATIONS).body("application/json", text);
            assert_eq!(refusal(world, &world.sponsor, request).await, refused(400, "not_json"), "{text:.20}");
        }
        let latin1 =
            Request::post(APPLICATIONS).body("application/json", b"{\"category\": \"\xe9\"}".to_vec());
        assert_eq!(refusal(world, &world.sponsor, latin1).await, refused(400, "not_json"));
        for other in ["[]", "7", "\"batch\""] {
            let request = Request::post(APPLICATIONS).body("application/json", other);
            let answer = world.send_as(&world.sponsor, request).await;
            assert!(answer.faults().contains(&fault("", "wrong_type")), "{other}: {}", answer.body);
        }
    });
}

#[test]
fn a_key_that_stands_twice_in_a_json_body_is_refused_and_named() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let draft = world.draft(&world.form(&batch, "Bo")).await;
        let actions = format!("{}/actions", ada.path());
        let batches = "/api/v1/batches".to_owned();
        for (request, body, at) in [
            (Request::post(APPLICATIONS), r#"{"batch": "x", "batch": "y"}"#, "/batch"),
            (
                Request::post(APPLICATIONS),
                r#"{"applicant": {"sex": "f", "\u0073ex": "m"}}"#,
                "/applicant/sex",
            ),
            (
                Request::post(APPLICATIONS),
                r#"{"journey": {"itinerary": [{}, {"place": "A", "place": "A"}]}}"#,
                "/journey/itinerary/1/place",
            ),
            (
                Request::patch(draft.path()).if_match(1),
                r#"{"category": null, "category": null}"#,
                "/category",
            ),
            (Request::post(actions), r#"{"action": "withdraw", "action": "note"}"#, "/action"),
            (Request::post(batches), r#"{"capacity": 1, "capacity": 1000}"#, "/capacity"),
        ] {
            let answer = world.send_as(&world.sponsor, request.body("application/json", body)).await;
            assert_eq!((answer.status, answer.faults()), (422, vec![fault(at, "used_twice")]), "{body}");
        }
        assert_eq!(world.states([&ada, &draft]).await, ["in_review", "draft"]);
    });
}

#[test]
fn of_a_hundred_thousand_faults_a_hundred_are_listed_and_the_others_counted() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let draft = world.draft(&world.form(&batch, "Ada")).await;
        let fields = |first: &str| {
            let unknown: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":1")).collect();
            format!("{{{first}{}}}", unknown.join(","))
        };
        let actions = format!("{}/actions", draft.path());
        for (request, body) in [
            (Request::post(APPLICATIONS), fields("")),
            (Request::post(APPLICATIONS), format!("{{\"journey\": {}}}", fields(""))),
            (Request::patch(draft.path()).if_match(1), fields("")),
            (Request::post(actions), fields("\"action\": \"submit\",")),
            (Request::post("/api/v1/batches"), fields("")),
        ] {
            let answer = world.send_as(&world.sponsor, request.body("application/json", body)).await;
            assert_eq!(
                (answer.status, answer.faults().len()),
                (422, 100),
                "{:.200}",
                answer.body.to_string()
            );
            let more = answer.body["more_errors"].as_u64().unwrap();
            assert!((99_900..99_910).contains(&more), "{more}");
            let (detail, grouped) =
                (answer.body["detail"].as_str().unwrap(), format!("99,{} more", more - 99_000));
            assert!(detail.contains(&grouped), "{detail}");
            assert!(answer.bytes.len() < 20_000, "{}", answer.bytes.len());
        }
    });
}

#[test]
fn a_json_body_is_neither_deep_nor_full_of_objects() {
    on_both_databases(async |world| {
        let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let send = async |body: String| {
            let request = Request::post(APPLICATIONS).body("application/json", body);
            world.send_as(&world.sponsor, request).await
        };
        assert_eq!(send(nested(32)).await.status, 422);
        let deep = send(nested(33)).await;
        assert_eq!(deep.refusal(), (400, "not_json"));
        assert!(deep.body["detail"].as_str().unwrap().contains("32"), "{}", deep.body);
        let many = send(format!("[{}1]", "{},".repeat(1000))).await;
        assert_eq!(many.refusal(), (413, "too_large"));
        assert!(many.body["detail"].as_str().unwrap().contains("1,000"), "{}", many.body);
    });
}

#[test]
fn a_json_body_needs_its_media_type() {
    on_both_databases(async |world| {
        for media_type in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            let request = Request::post(APPLICATIONS).body(media_type, "{}");
            assert_eq!(
                refusal(world, &world.sponsor, request).await,
                refused(415, "unsupported_media_type"),
                "{media_type}"
            );
        }
        let compressed = Request::post(APPLICATIONS).json(&json!({})).header("Content-Encoding", "gzip");
        assert_eq!(refusal(world, &world.sponsor, compressed).await, refused(415, "unsupported_media_type"));
    });
}

#[test]
fn a_body_has_a_limit() {
    on_both_databases(async |world| {
        let body = json!({ "journey": { "purpose": "x".repeat(1024 * 1024) } });
        let request = Request::post(APPLICATIONS).json(&body);
        assert_eq!(refusal(world, &world.sponsor, request).await, refused(413, "too_large"));
    });
}

#[test]
fn a_wrong_method_is_refused_with_the_allowed_ones() {
    on_both_databases(async |world| {
        for (method, path, allowed) in [
            ("DELETE", APPLICATIONS, ["GET", "POST"]),
            ("PUT", "/api/v1/batches", ["GET", "POST"]),
            ("POST", "/api/v1/batches/01890000-0000-7000-8000-000000000000", ["GET", "PATCH"]),
        ] {
            let answer = world.send_as(&world.sponsor, Request::new(method, path)).await;
            assert_eq!(answer.refusal(), (405, "method_not_allowed"), "{method} {path}");
            let allow = answer.header("Allow");
            assert!(allowed.iter().all(|method| allow.contains(method)), "{method} {path}: {allow}");
        }
    });
}

#[test]
fn an_unknown_address_answers_404() {
    on_both_databases(async |world| {
        for path in [
            "/api/v1/nothing",
            "/api/v2/applications",
            "/api/v1/applications/7",
            "/api/v1/applications/%00",
            "/api/v1/applications/01890000-0000-7000-8000-000000000000",
            "/api/v1/applications/01890000-0000-7000-8000-000000000000/events",
            "/api/v1/batches/01890000-0000-7000-8000-000000000000",
            "/api/v1/programmes/xx-yy",
            "/api/v1/programmes/%00",
            "/api/v1/programmes/%FF",
            "/api/v1/programmes/%2500",
        ] {
            let answer = world.send_as(&world.sponsor, Request::get(path)).await;
            assert_eq!(answer.refusal(), (404, "not_found"), "{path}");
            assert_eq!(answer.header("Content-Type"), "application/problem+json", "{path}");
        }
        for path in ["/nothing", "/admin/clients/%00/secret", "/problems/nothing"] {
            let answer = world.send(Request::get(path).header("Accept", "text/html")).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.header("Content-Type"), "text/html; charset=utf-8", "{path}");
            assert!(answer.header("Content-Security-Policy").starts_with("default-src 'none'"), "{path}");
        }
    });
}

#[test]
fn a_query_is_checked_like_a_body() {
    on_both_databases(async |world| {
        for (query, at, code) in [
            ("colour=red", "/colour", "unknown_field"),
            ("limit=0", "/limit", "out_of_range"),
            ("limit=201", "/limit", "out_of_range"),
            ("limit=many", "/limit", "malformed"),
            ("cursor=nonsense", "/cursor", "not_a_cursor"),
            ("state=lost", "/state", "unknown_code"),
            ("batch=1", "/batch", "malformed"),
            ("sort=colour", "/sort", "unknown_code"),
            ("assignee=me", "/assignee", "not_an_assignee"),
            ("assignee=somebody", "/assignee", "not_an_assignee"),
            ("limit=1&limit=2", "/limit", "used_twice"),
            ("cursor=a&q=x&cursor=b", "/cursor", "used_twice"),
        ] {
            let answer = world.send_as(&world.sponsor, Request::get(format!("{APPLICATIONS}?{query}"))).await;
            assert_eq!((answer.status, answer.faults()), (422, vec![fault(at, code)]), "{query}");
        }
    });
}

#[test]
fn a_query_with_impossible_characters_finds_nothing() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        world.submit(&batch, ["Ada"]).await;
        let texts = ["%00", "Li%00", "%27;--", "%25", "_", "%5C", "%F0%9F%9B%82", "%EF%BF%BD"];
        for name in ["q", "programme", "stage", "direction", "sponsor"] {
            for text in texts {
                let path = format!("{APPLICATIONS}?{name}={text}");
                let answer = world.send_as(&world.reviewers["cn-mofcom"], Request::get(&path)).await;
                assert!([200, 422].contains(&answer.status), "{path}: {}", answer.body);
                assert_eq!(answer.body["items"].as_array().map_or(0, Vec::len), 0, "{path}");
            }
        }
    });
}

#[test]
fn an_action_with_a_wrong_name_or_wrong_fields_is_refused() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let nobody = "01890000-0000-7000-8000-000000000000";
        for (action, at, code) in [
            (json!({}), "/action", "required"),
            (json!({ "action": 7 }), "/action", "wrong_type"),
            (json!({ "action": "bless" }), "/action", "unknown_code"),
            (json!({ "action": "promote" }), "/action", "unknown_code"),
            (json!({ "action": "lapse" }), "/action", "unknown_code"),
            (json!({ "action": "expire" }), "/action", "unknown_code"),
            (json!({ "action": "endorse", "grounds": ["security"] }), "/grounds", "unknown_field"),
            (json!({ "action": "endorse", "note": 7 }), "/note", "wrong_type"),
            (json!({ "action": "endorse", "note": "x".repeat(4001) }), "/note", "too_long"),
            (json!({ "action": "endorse", "note": "\u{0}" }), "/note", "unprintable"),
            (
                json!({ "action": "refuse", "grounds": ["x".repeat(65)], "message": "No." }),
                "/grounds/0",
                "too_long",
            ),
            (
                json!({ "action": "request_information", "questions": ["bell\u{7}"] }),
                "/questions/0",
                "unprintable",
            ),
            (json!({ "action": "resolve_finding", "note": "Seen." }), "/finding", "required"),
            (
                json!({ "action": "resolve_finding", "finding": "x", "note": "Seen." }),
                "/finding",
                "not_an_id",
            ),
            (
                json!({ "action": "resolve_finding", "finding": nobody, "note": "Seen." }),
                "/finding",
                "unknown_finding",
            ),
        ] {
            let answer = world.act(&world.reviewers["cn-mofcom"], &ada, action.clone()).await;
            assert_eq!(
                (answer.status, answer.faults()),
                (422, vec![fault(at, code)]),
                "{action}: {}",
                answer.body
            );
        }
        assert_eq!(
            world.history(&world.sponsor, &ada).await.len(),
            6,
            "only these events: created, four documents, submitted"
        );
    });
}

#[test]
fn an_action_that_the_state_forbids_is_refused_with_the_available_ones() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        let answer = world.act(&world.sponsor, &ada, json!({ "action": "surrender" })).await;
        assert_eq!(answer.refusal(), (409, "action_not_allowed"));
        let available = json!(["edit", "add_evidence", "remove_evidence", "submit", "withdraw"]);
        assert_eq!(answer.body["available_actions"], available);
    });
}

#[test]
fn a_request_without_a_valid_token_is_refused() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let good = world.token(&world.sponsor).await;
        let (head, signature) = good.rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
        let ask = async |authorization: Option<String>| {
            let request = Request::get(ada.path());
            let request =
                authorization.into_iter().fold(request, |r, value| r.header("Authorization", value));
            let answer = world.send(request).await;
            let challenge = answer.header("WWW-Authenticate").to_owned();
            (answer.status, answer.code().to_owned(), challenge)
        };
        let (status, code, challenge) = ask(None).await;
        assert_eq!(
            (status, code.as_str(), challenge.as_str()),
            (401, "unauthenticated", "Bearer realm=\"corridor\"")
        );
        for bad in [
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "Bearer x.y.z",
            &format!("Bearer {forged}"),
            &format!("Bearer {unsigned}"),
        ] {
            let (status, code, challenge) = ask(Some(bad.to_owned())).await;
            assert_eq!((status, code.as_str()), (401, "unauthenticated"), "{bad}");
            assert!(challenge.starts_with("Bearer realm=\"corridor\", error="), "{bad}: {challenge}");
        }
        assert_eq!(ask(Some(format!("Bearer {good}"))).await.0, 200);
        world.advance(SignedDuration::from_mins(15));
        assert_eq!(
            ask(Some(format!("Bearer {good}"))).await.0,
            401,
            "the token expires after fifteen minutes"
        );
    });
}

/// Signs a token with the service's own key.
fn signed(world: &World, typ: Option<&str>, kid: Option<String>, claims: &Value) -> String {
    let seed = world.service().keys().signing_seed();
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let key = EncodingKey::from_ed_der(&[head.as_slice(), &seed].concat());
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = typ.map(str::to_owned);
    header.kid = kid;
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

#[test]
fn a_token_of_another_type_audience_or_issuer_is_refused_even_with_our_signature() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let good = world.token(&world.sponsor).await;
        let kid = jsonwebtoken::decode_header(&good).unwrap().kid;
        let payload = BASE64_URL_SAFE_NO_PAD.decode(good.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        let with = |name: &str, value: Value| {
            let mut claims = claims.clone();
            claims[name] = value;
            claims
        };
        let ask = async |typ: Option<&str>, claims: Value| {
            let token = signed(world, typ, kid.clone(), &claims);
            let request = Request::get(ada.path()).header("Authorization", format!("Bearer {token}"));
            world.send(request).await.status
        };
        let issuer = claims["iss"].clone();
        assert_eq!(ask(Some("at+jwt"), claims.clone()).await, 200);
        assert_eq!(ask(Some("application/AT+JWT"), claims.clone()).await, 200);
        for typ in [None, Some("JWT"), Some("statuslist+jwt"), Some("")] {
            assert_eq!(ask(typ, claims.clone()).await, 401, "{typ:?}");
        }
        for aud in
            [json!("https://other.example"), json!(""), Value::Null, json!([issuer, "https://other.example"])]
        {
            assert_eq!(ask(Some("at+jwt"), with("aud", aud.clone())).await, 401, "{aud}");
        }
        for iss in [json!("https://other.example"), Value::Null] {
            assert_eq!(ask(Some("at+jwt"), with("iss", iss.clone())).await, 401, "{iss}");
        }
        let other_client = with("client_id", json!("nobody"));
        assert_eq!(ask(Some("at+jwt"), other_client).await, 401);
    });
}

#[test]
fn a_token_is_issued_for_id_and_secret_within_the_clients_scopes() {
    on_both_databases(async |world| {
        let program = world.program("kz-mfa", &[Scope::ApplicationsRead, Scope::ReviewsWrite]).await;
        let (id, secret) = program.credentials();
        let ask = async |form: String| {
            let request = Request::post("/api/v1/token").body("application/x-www-form-urlencoded", form);
            let answer = world.send(request).await;
            assert_eq!(answer.header("Cache-Control"), "no-store");
            let text = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
            (answer.status, [text("error"), text("scope")].concat())
        };
        let answered = |status: u16, text: &str| (status, text.to_owned());
        let with =
            |more: &str| format!("grant_type=client_credentials&client_id={id}&client_secret={secret}{more}");
        assert_eq!(ask(with("")).await, answered(200, "applications:read reviews:write"));
        assert_eq!(ask(with("&scope=applications:read")).await, answered(200, "applications:read"));
        assert_eq!(ask(with("&scope=batches:write")).await, answered(400, "invalid_scope"));
        assert_eq!(ask("grant_type=password".into()).await, answered(400, "unsupported_grant_type"));
        assert_eq!(ask(format!("client_id={id}")).await, answered(400, "invalid_request"));
        assert_eq!(ask("grant_type=client_credentials".into()).await, answered(401, "invalid_client"));
        for (id, secret) in [(id, "wrong"), ("nobody", secret), ("%00", secret), (id, "%00")] {
            let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
            assert_eq!(ask(form).await, answered(401, "invalid_client"), "{id}");
        }
        let basic = Request::post("/api/v1/token")
            .header("Authorization", format!("Basic {}", base64_of(&format!("{id}:{secret}"))))
            .body("application/x-www-form-urlencoded", "grant_type=client_credentials");
        assert_eq!(world.send(basic).await.status, 200);
        let json = Request::post("/api/v1/token").json(&json!({ "grant_type": "client_credentials" }));
        assert_eq!(world.send(json).await.expect(400)["error"], Value::from("invalid_request"));
    });
}

fn base64_of(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}
