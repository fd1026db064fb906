use actix_web::{
    App,
    body::to_bytes,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service},
    web,
};

use super::*;
use crate::{domain::language::Language, store::StoreError, workflow::WorkflowError};

async fn answer_to(problem: Problem, language: &str) -> (StatusCode, HeaderMap, Value) {
    let app = init_service(App::new().wrap(from_fn(render_problems)).route(
        "/api/x",
        web::get().to(move || {
            let problem = problem.clone();
            async move { Err::<HttpResponse, _>(problem) }
        }),
    ))
    .await;
    let request =
        TestRequest::get().uri("/api/x").insert_header((header::ACCEPT_LANGUAGE, language)).to_request();
    let response = call_service(&app, request).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.ok().unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap())
}

#[test]
fn every_code_has_a_title_and_an_explanation() {
    for code in Code::ALL {
        for language in Language::ALL {
            let t = Texts::of(*language);
            assert!(t.try_get(&format!("problem-{code}")).is_some(), "problem-{code} in {language}");
            assert!(
                t.try_get(&format!("problem-{code}.detail")).is_some(),
                "problem-{code}.detail in {language}"
            );
        }
    }
}

#[actix_web::test]
async fn faulty_fields_are_named_with_pointer_code_and_sentence() {
    let problem = Problem::invalid(vec![FieldError::new("/name", "too_long").with("most", 100)]);
    let (status, headers, body) = answer_to(problem, "en").await;
    assert_eq!(status, 422);
    assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    assert_eq!(body["type"], "/problems/invalid");
    assert_eq!(body["code"], "invalid");
    assert_eq!(body["errors"][0]["field"], "/name");
    assert_eq!(body["errors"][0]["code"], "too_long");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("100"));
}

#[actix_web::test]
async fn words_follow_the_caller_and_causes_stay_with_the_operator() {
    let (status, headers, body) =
        answer_to(WorkflowError::from(StoreError::Unavailable("db-7 is down".into())).into(), "ru-RU").await;
    assert_eq!(status, 503);
    assert_eq!(headers.get(header::RETRY_AFTER).unwrap(), "5");
    assert_eq!(headers.get(header::CONTENT_LANGUAGE).unwrap(), "ru");
    assert!(!body.to_string().contains("db-7"));
    assert!(body["detail"].as_str().unwrap().contains("Idempotency-Key"));
}

#[actix_web::test]
async fn actix_own_failures_become_problems_too() {
    let app = init_service(
        App::new().wrap(from_fn(render_problems)).service(web::resource("/api/x").get(not_found)),
    )
    .await;
    let response = call_service(&app, TestRequest::post().uri("/api/x").to_request()).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers().get(header::ALLOW).unwrap(), "GET");
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
}

/// Every code in `FieldError::new(…, "code")`, `.fault(…, "code")` and similar calls in the sources.
#[test]
fn every_fault_of_a_field_has_its_sentence() {
    let known = crate::texts::tests::keys("en");
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut missing = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for call in ["FieldError::new(", "WorkflowError::field(", ".fault(", ".fault_with(", ".parsed("] {
                let codes = text
                    .lines()
                    .filter_map(|line| line.split_once(call)?.1.split_once(", \"")?.1.split('"').next());
                let unknown = codes.filter(|code| !known.contains_key(&format!("field-error-{code}")));
                missing.extend(unknown.map(|code| format!("{}: {code}", path.display())));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn sentences_write_dates_and_countries_as_the_language_does() {
    let fault =
        FieldError::new("/x", "passport_expires_too_soon").with("months", 3).with("date", "2026-03-05");
    let sentence = Texts::of(Language::Ru).field_error(&fault);
    assert!(sentence.contains("3 месяца") && sentence.contains("5 марта 2026"), "{sentence}");
    let fault = FieldError::new("/x", "direction_mismatch").with("country", "KZ");
    assert!(Texts::of(Language::Kk).field_error(&fault).contains("Қазақстан"));
}
