//! An application in a real browser, with and without scripts: an applicant, three officers, an authorization.

use corridor::{
    domain::actor::{Actor, Role},
    password,
    workflow::people::create_account::{CreateAccount, FirstLink},
};

use crate::world::{
    PDF, Setup, World,
    browser::{Browser, Scripts},
    with,
};

const PASSWORD: &str = "copper kettle meadow 7";

#[test]
fn an_application_in_a_browser() {
    with(Setup { is_browsed: true, ..Setup::default() }, async |world| {
        run_application(world, Scripts::Run).await
    });
}

#[test]
fn an_application_in_a_browser_without_scripts() {
    with(Setup { is_browsed: true, ..Setup::default() }, async |world| {
        run_application(world, Scripts::Blocked).await
    });
}

async fn run_application(world: &World, scripts: Scripts) {
    world.open_batch(1000).await;
    for (email, authority) in OFFICERS {
        officer(world, email, authority).await;
    }
    let browser = Browser::open(world, scripts).await;
    let case = apply(world, &browser).await;
    answer_a_question(&browser, &case).await;
    for (email, _) in OFFICERS {
        endorse(&browser, email, &case).await;
    }
    browser.screenshot("console-case-approved").await;
    browser.sign_in("li.na@example.cn", PASSWORD).await;
    browser.go(&format!("/applications/{case}")).await;
    let page = browser.text().await;
    assert!(page.contains("Approved") && page.contains("CNKZ-") && page.contains("E12345678"), "{page}");
    browser.screenshot("approved").await;
    let letters: Vec<String> = world.mail().await.into_iter().map(|letter| letter.subject).collect();
    let kinds: Vec<&str> = letters.iter().map(|subject| subject.split(':').next().unwrap()).collect();
    assert_eq!(kinds, ["Confirm your e-mail address", "Received", "More information needed", "Approved"]);
    open_other_pages(&browser).await;
    browser.close().await;
}

const OFFICERS: [(&str, &str); 3] = [
    ("nomination@example.org", "cn-mofcom"),
    ("health@example.org", "kz-moh"),
    ("decision@example.org", "kz-mfa"),
];

async fn officer(world: &World, email: &str, authority: &str) {
    let new = CreateAccount {
        email: email.to_owned(),
        name: None,
        roles: vec![Role::Officer],
        organisation: Some(authority.to_owned()),
        language: "en".to_owned(),
        password_hash: password::hash(PASSWORD.to_owned()).await.ok(),
        link: FirstLink::Shown,
    };
    world.service().execute(&Actor::operator(), new).await.unwrap();
}

/// Fills in and submits an application, from the start page on. Returns its id.
async fn apply(world: &World, browser: &Browser) -> String {
    browser.go("/").await;
    assert!(browser.text().await.contains("1,000 of 1,000 places left"));
    browser.screenshot("start").await;
    sign_up(world, browser).await;
    browser.screenshot("no-applications").await;
    browser.click("a[href=\"/applications/new\"]").await;
    browser.click("main form button").await;
    assert!(browser.text().await.contains("There is a problem"), "direction and category are required");
    browser.screenshot("new-with-faults").await;
    browser.fill_all(&[("direction", "CN-KZ"), ("category", "technical")]).await;
    browser.click("main form button").await;
    let case = browser.path().await.rsplit('/').next().unwrap().to_owned();
    browser.screenshot("draft").await;
    fill_in(browser, &case).await;
    upload(world, browser, &case).await;
    browser.go(&format!("/applications/{case}/check")).await;
    browser.screenshot("check").await;
    browser.click("main form button").await;
    assert!(browser.text().await.contains("The application is submitted"));
    browser.screenshot("submitted").await;
    case
}

async fn sign_up(world: &World, browser: &Browser) {
    browser.click("a[href=\"/sign-up\"]").await;
    browser.click("main form button").await;
    browser.screenshot("sign-up-with-faults").await;
    browser.fill_all(&[("name", "Li Na"), ("email", "li.na@example.cn")]).await;
    browser.click("main form button").await;
    let letter = world.mail().await.pop().unwrap();
    let link = letter.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    browser.go(link).await;
    browser.fill("password", "short").await;
    browser.click("main form button").await;
    assert!(browser.text().await.contains("at least 12 characters"));
    browser.screenshot("choose-password-with-faults").await;
    browser.fill("password", PASSWORD).await;
    browser.click("main form button").await;
    assert_eq!(browser.path().await, "/applications");
}

async fn fill_in(browser: &Browser, case: &str) {
    let section = async |name: &str, fields: &[(&str, &str)]| {
        browser.go(&format!("/applications/{case}/section/{name}")).await;
        browser.screenshot(&format!("section-{name}")).await;
        browser.fill_all(fields).await;
        browser.click("main form .actions button").await;
    };
    section("applicant", &[("applicant-family_name", "Li"), ("applicant-email", "nobody")]).await;
    let page = browser.text().await;
    assert!(page.contains("Enter an e-mail address"), "{page}");
    browser.screenshot("section-with-faults").await;
    let applicant = [
        ("applicant-family_name", "Li"),
        ("applicant-given_names", "Na"),
        ("applicant-native_name", "李娜"),
        ("applicant-birth_date", "1985-04-02"),
        ("applicant-sex", "F"),
        ("applicant-nationality", "CN"),
        ("applicant-residence", "CN"),
        ("applicant-email", "li.na@example.cn"),
        ("applicant-phone", "+86 138 0000 0000"),
    ];
    section("applicant", &applicant).await;
    let passport = [
        ("travel_document-number", "e 1234 5678"),
        ("travel_document-issuer", "CN"),
        ("travel_document-issued_on", "2021-01-01"),
        ("travel_document-expires_on", "2030-12-31"),
    ];
    section("travel_document", &passport).await;
    let work = [
        ("employment-employer", "Tianshan"),
        ("employment-position", "Engineer"),
        ("employment-host", "Steppe"),
    ];
    section("employment", &work).await;
    let journey = [
        ("journey-purpose", "Repair of a turbine"),
        ("journey-arrive_on", "2026-04-01"),
        ("journey-leave_on", "2026-04-20"),
        ("journey-port_of_entry", "Khorgos"),
        ("journey-itinerary-0-place", "Almaty"),
        ("journey-itinerary-0-from", "2026-04-01"),
        ("journey-itinerary-0-to", "2026-04-20"),
    ];
    section("journey", &journey).await;
    let health = [
        ("health-declarations-symptoms_14_days", "false"),
        ("health-declarations-contact_14_days", "false"),
        ("health-declarations-quarantine_consent", "true"),
        ("health-declarations-truthful", "true"),
    ];
    section("health", &health).await;
    assert!(browser.text().await.contains("5 of 6 done"), "only the documents are missing");
}

async fn upload(world: &World, browser: &Browser, case: &str) {
    let (document, forged) = (world.folder().join("document.pdf"), world.folder().join("forged.pdf"));
    std::fs::write(&document, PDF).unwrap();
    std::fs::write(&forged, "no PDF at all").unwrap();
    browser.go(&format!("/applications/{case}/evidence")).await;
    let add = async |kind: &str, file: &std::path::Path| {
        let field = browser.find(&format!("#file-{kind}")).await;
        field.send_keys(file.to_str().unwrap()).await.unwrap();
        browser.click(&format!("#{kind} form.upload button")).await;
    };
    add("passport_page", &forged).await;
    assert!(browser.text().await.contains("This file is not a PDF, JPEG or PNG"));
    browser.screenshot("documents-with-faults").await;
    for kind in ["passport_page", "invitation_letter", "employment_letter", "health_certificate"] {
        add(kind, &document).await;
    }
    browser.screenshot("documents").await;
}

/// The first officer asks a question, and the applicant answers it.
async fn answer_a_question(browser: &Browser, case: &str) {
    browser.sign_in(OFFICERS[0].0, PASSWORD).await;
    assert_eq!(browser.path().await, "/console");
    browser.screenshot("queue").await;
    browser.click("table a").await;
    assert_eq!(browser.path().await, format!("/console/cases/{case}"));
    assert!(
        !browser.text().await.contains("E12345678"),
        "the number is masked until the officer requests it"
    );
    browser.click("form[action$=\"/document\"] button").await;
    assert!(browser.text().await.contains("E12345678"));
    browser.screenshot("case").await;
    browser.open_details("#question-1").await;
    browser.find("#question-1").await.send_keys("Which turbine?").await.unwrap();
    browser.click("form:has(#question-1) .actions button").await;
    assert!(browser.text().await.contains("Information requested"));
    browser.sign_in("li.na@example.cn", PASSWORD).await;
    browser.click(&format!("a[href=\"/applications/{case}\"]")).await;
    browser.screenshot("asked").await;
    browser.click("form:has([value=respond]) .actions button").await;
    assert!(browser.text().await.contains("Fill this in"));
    browser.fill("answer", "The second one.").await;
    browser.click("form:has([value=respond]) .actions button").await;
    assert!(browser.text().await.contains("The answer is sent"));
}

async fn endorse(browser: &Browser, email: &str, case: &str) {
    browser.sign_in(email, PASSWORD).await;
    browser.go("/console?tab=desk").await;
    browser.click(&format!("a[href=\"/console/cases/{case}\"]")).await;
    browser.find("#endorse-note").await.send_keys("All is in order.").await.unwrap();
    browser.click("form:has(#endorse-note) .actions button").await;
    assert!(browser.text().await.contains("Done: Endorsed"));
}

/// Opens the pages that the scenario does not use.
async fn open_other_pages(browser: &Browser) {
    browser.sign_in(OFFICERS[2].0, PASSWORD).await;
    for (path, name) in [
        ("/console?tab=all", "queue-all"),
        ("/console/batches", "batches"),
        ("/console/programmes/cn-kz", "programme"),
        ("/account", "account"),
        ("/nowhere", "not-found"),
        ("/?lang=zh", "start-zh"),
        ("/?lang=ru", "start-ru"),
        ("/?lang=kk", "start-kk"),
    ] {
        browser.go(path).await;
        browser.screenshot(name).await;
    }
}
