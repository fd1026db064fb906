//! The error pages, and the pages that a problem's `type` names: `/problems/<code>`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use askama::Template;

use super::{Page, redirect_to, render};
use crate::web::{Code, Problem, problem, signed_in::SignedIn};

pub(in crate::web) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/problems/{code}").get(explain));
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage {
    page: Page,
    title: String,
    explanation: String,
    status: u16,
    code: &'static str,
    request_id: Option<String>,
    /// The field of each fault, as the address or the form names it, and what is wrong.
    errors: Vec<(String, String)>,
}

/// The error page for `request`.
pub(in crate::web) async fn error_page(
    request: &HttpRequest,
    problem: &Problem,
) -> Result<HttpResponse, Problem> {
    if problem.code == Code::Unauthenticated {
        return Ok(redirect_to_sign_in(request));
    }
    if !problem.code.status().is_server_error() {
        // An error page shows who is signed in too. If the database fails here, it shows nobody.
        let _ = SignedIn::of(request).await;
    }
    show(Page::from_cached(request)?, problem, problem::request_id(request))
}

/// The error page, as this page.
pub(in crate::web) fn show(
    page: Page,
    problem: &Problem,
    request_id: Option<String>,
) -> Result<HttpResponse, Problem> {
    let t = page.t;
    let template = ProblemPage {
        title: problem.title(t),
        explanation: problem.explanation(t),
        status: problem.code.status().as_u16(),
        code: problem.code.as_str(),
        request_id,
        errors: problem
            .errors
            .iter()
            .map(|error| (error.pointer.trim_start_matches('/').to_owned(), t.field_error(error)))
            .collect(),
        page,
    };
    let html = template.render().map_err(|e| Problem::new(Code::Internal).caused_by(e))?;
    Ok(problem.response_builder().content_type("text/html; charset=utf-8").body(html))
}

/// Redirects to the sign-in page, which leads back here.
fn redirect_to_sign_in(request: &HttpRequest) -> HttpResponse {
    if request.method() != Method::GET {
        return redirect_to("/sign-in");
    }
    let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", here).finish();
    redirect_to(format!("/sign-in?{query}"))
}

async fn explain(page: Page, code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code: Code = code.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let problem = Problem::new(code);
    let mut response = render(&ProblemPage {
        title: problem.title(page.t),
        explanation: problem.explanation(page.t),
        status: code.status().as_u16(),
        code: code.as_str(),
        request_id: None,
        errors: Vec::new(),
        page,
    })?;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    Ok(response)
}
