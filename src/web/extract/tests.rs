use actix_web::{
    App, HttpResponse,
    cookie::Cookie,
    http::header,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body},
};
use serde::Deserialize;

use super::*;
use crate::{
    clock::Clock,
    service::{self, DemoMail},
    web::{Site, pages::Page, problem, signed_in},
};

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Shirt {
    csrf: String,
    name: String,
    colours: Vec<String>,
}

async fn show(page: Page) -> String {
    page.csrf
}

async fn save(Form(shirt): Form<Shirt>) -> String {
    format!("{} {}", shirt.name, shirt.colours.join("+"))
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    limit: Option<u32>,
}

async fn list(Query(filter): Query<Filter>) -> String {
    format!("{:?}", filter.limit)
}

/// The status and body of a POST of `body` with the cookie `key`.
macro_rules! post {
    ($app:expr, $key:expr, $body:expr) => {{
        let request = TestRequest::post()
            .uri("/shirt")
            .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
            .cookie(Cookie::new("corridor-form", $key))
            .set_payload($body);
        let response = call_service(&$app, request.to_request()).await;
        (response.status().as_u16(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
    }};
}

#[actix_web::test]
async fn a_form_needs_the_token_of_its_browser_and_may_repeat_keys() {
    let (settings, folder) = service::tests::settings();
    let running = service::start(settings, Clock::System, DemoMail::Hidden).await.unwrap();
    let (_, stopping) = tokio::sync::watch::channel(false);
    let site = Site::new(running.service.clone(), running.public_url.clone(), None, Vec::new(), stopping);
    let app = init_service(
        App::new()
            .app_data(web::Data::new(running.service.clone()))
            .app_data(web::Data::new(site))
            .wrap(from_fn(signed_in::set_cookies))
            .wrap(from_fn(problem::render_problems))
            .service(web::resource("/shirt").get(show).post(save))
            .service(web::resource("/list").get(list))
            .default_service(web::to(HttpResponse::NotFound)),
    )
    .await;
    let shown = call_service(&app, TestRequest::get().uri("/shirt").to_request()).await;
    let key = shown.response().cookies().find(|c| c.name() == "corridor-form").unwrap().value().to_owned();
    let token = String::from_utf8(read_body(shown).await.to_vec()).unwrap();

    let good = format!("csrf={token}&name=Ada&colours=red&colours=blue");
    assert_eq!(post!(app, &key, good.clone()), (200, "Ada red+blue".into()));
    assert_eq!(post!(app, "x".repeat(43), good.clone()).0, 403);
    assert_eq!(post!(app, &key, "name=Ada").0, 403);
    let (status, body) = post!(app, &key, format!("csrf={token}&nmae=Ada"));
    assert!(status == 422 && body.contains("\"/nmae\"") && body.contains("unknown_field"), "{body}");
    let (status, body) = post!(app, &key, format!("csrf={token}&name={}", "x".repeat(2_000_000)));
    assert!(status == 413 && body.contains("at most 1 MB"), "{body}");

    let json = TestRequest::post().uri("/shirt").set_json("x").to_request();
    assert_eq!(call_service(&app, json).await.status(), 415);
    let faulty = call_service(&app, TestRequest::get().uri("/list?limit=many").to_request()).await;
    assert_eq!(faulty.status(), 422);
    let body = String::from_utf8(read_body(faulty).await.to_vec()).unwrap();
    assert!(body.contains("\"/limit\""), "{body}");
    running.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}
