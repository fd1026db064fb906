//! An address that mail cannot be sent to is refused where it is typed, and names the field. Hosts are sent as A-labels
//! and shown as typed. Nobody is misled by characters that nobody sees, or by addresses in names.

use corridor::{
    domain::{
        actor::{Actor, OrganisationKind, Role, Scope},
        programme::Programme,
    },
    password,
    workflow::{
        WorkflowError,
        apply_programme::ApplyProgramme,
        people::{
            create_account::{CreateAccount, FirstLink},
            create_client::CreateClient,
            create_organisation::CreateOrganisation,
        },
    },
};
use serde_json::{Value, json};

use crate::world::{World, on_both_databases};

/// Addresses that the mailer cannot send to.
const UNREACHABLE: &[&str] = &[
    "li.@example.org",
    ".li@example.org",
    "l..i@example.org",
    "mailto:li@example.org",
    "Li <li@example.org>",
    "li\u{a0}na@example.org",
    "li@[127.0.0.1]",
    "li@127.0.0.1",
    "li@example..org",
    "li@exa_mple.org",
    "li@-example.org",
    "li@xn--a.example",
    "müller@example.org",
    "李@example.org",
    "li\u{ff20}example.org",
];

fn faults(error: WorkflowError) -> Vec<(String, &'static str)> {
    match error {
        WorkflowError::Invalid(faults) => {
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        }
        other => panic!("{other}"),
    }
}

fn fault(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(pointer.to_owned(), code)]
}

fn account(email: &str, name: &str) -> CreateAccount {
    CreateAccount {
        email: email.to_owned(),
        name: Some(name.to_owned()),
        roles: vec![Role::Applicant],
        organisation: None,
        language: "en".into(),
        password_hash: None,
        link: FirstLink::Mailed,
    }
}

#[test]
fn an_address_that_mail_cannot_be_sent_to_is_refused_where_it_is_typed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let case = world.draft(&world.form(&batch, "Ada")).await;
        let admin = world.person("admin@corridor.example", &[Role::Administrator], None).await;
        let session = world.session(&admin).await;
        for address in UNREACHABLE {
            let fields = json!({ "applicant": { "email": address } });
            let expected = [("/applicant/email".to_owned(), "not_an_email".to_owned())];
            assert_eq!(world.edit(&case, fields).await.faults(), expected, "{address}");
            let mut form = world.form(&batch, "Bo");
            form["applicant"]["email"] = json!(address);
            let new = world.post(&world.sponsor, "/api/v1/applications", &form).await;
            assert_eq!((new.status, new.faults().as_slice()), (422, expected.as_slice()), "{address}");
            let signed_up = world.fill_in("/sign-up", &[("name", "Li"), ("email", address)]).await;
            let page = String::from_utf8(signed_up.bytes).unwrap();
            assert_eq!((signed_up.status, page.contains("href=\"#email\"")), (422, true), "{address}");
            let refused = world.service().execute(&Actor::operator(), account(address, "Li")).await;
            assert_eq!(faults(refused.err().unwrap()), fault("/email", "not_an_email"), "{address}");
            let fields = [("email", *address), ("name", "Li"), ("role", "applicant")];
            let page = world.send_in_session(&session, "/admin/accounts", "/admin/accounts", &fields).await;
            assert_eq!(page.status, 422, "{address}");
        }
        assert!(world.mail().await.is_empty());
    });
}

#[test]
fn a_host_is_sent_as_a_labels_and_shown_as_it_was_typed() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        for (name, typed, sent) in [
            ("Ada", "ada@例え。jp", "ada@xn--r8jz45g.jp"),
            ("Bo", "bo@министерство.рф", "bo@xn--b1afiashkohcid.xn--p1ai"),
        ] {
            let mut form = world.form(&batch, name);
            form["applicant"]["email"] = json!(typed);
            let case = world.submit_form(&form).await;
            assert_eq!(world.case(&case).await["applicant"]["email"], typed);
            let letters = world.mail().await;
            assert!(letters.iter().any(|letter| letter.to == sent), "{letters:?}");
        }
    });
}

#[test]
fn an_account_is_found_however_its_host_is_written() {
    on_both_databases(async |world| {
        let hash = password::hash("copper kettle meadow 7".to_owned()).await.unwrap();
        let new = CreateAccount { password_hash: Some(hash), ..account("li@bücher.example", "Li") };
        let made = world.service().execute(&Actor::operator(), new).await.unwrap().account;
        assert_eq!(made.email, "li@bücher.example");
        for typed in [
            "li@bücher.example",
            "LI@BÜCHER.example",
            "li@xn--bcher-kva.example",
            "\u{200b}li@bücher.example\u{a0}",
        ] {
            assert!(world.sign_in(typed, "copper kettle meadow 7").await.is_some(), "{typed:?}");
        }
        let again =
            world.service().execute(&Actor::operator(), account("li@xn--bcher-kva.example", "Li")).await;
        assert!(matches!(again, Err(WorkflowError::Conflict(_))));
    });
}

#[test]
fn characters_that_nobody_sees_are_removed_from_what_people_type() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let mut form = world.form(&batch, "Ada");
        let number = form["travel_document"]["number"].as_str().unwrap().to_owned();
        form["applicant"]["email"] = json!("\u{200b}ada@exa\u{ad}mple.org\u{feff}\u{a0}");
        form["applicant"]["family_name"] = json!("\u{202e}Li\u{202c}");
        form["travel_document"]["number"] = json!(format!("\u{2066}{number}\u{2069}"));
        form["journey"]["purpose"] = json!("To\u{200b} repair\nthe \u{feff}pump");
        form["direction"] = json!("\u{200b}CN-KZ");
        let case = world.draft(&form).await;
        let stored = world.case(&case).await;
        assert_eq!(stored["applicant"]["email"], "ada@example.org");
        assert_eq!(stored["applicant"]["family_name"], "Li");
        assert_eq!(stored["travel_document"]["number"], number.as_str());
        assert_eq!(stored["journey"]["purpose"], "To repair\nthe pump");
        // What looks blank is blank.
        let blank = json!({ "applicant": { "family_name": "\u{200b}\u{2060} \u{3164}" } });
        assert_eq!(world.edit(&case, blank).await.expect(200)["applicant"]["family_name"], Value::Null);
        let refused = world.act(&world.sponsor, &case, json!({ "action": "submit" })).await;
        assert!(refused.faults().contains(&("/applicant/family_name".into(), "required".into())));
        // And a joiner that shapes letters stays.
        let shaped = json!({ "applicant": { "native_name": "می\u{200c}خواهم" } });
        let stored = world.edit(&case, shaped).await.expect(200);
        assert_eq!(stored["applicant"]["native_name"], "می\u{200c}خواهم");
    });
}

#[test]
fn a_reference_is_found_with_characters_that_nobody_sees() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let reference = world.case(&ada).await["reference"].as_str().unwrap().to_owned();
        for typed in [format!("%E2%80%8B{reference}%C2%A0"), "%E2%80%8BLi%E2%80%8B".to_owned()] {
            let found = world.find(&world.reviewers["cn-mofcom"], &format!("q={typed}")).await;
            assert_eq!(found.len(), 1, "{typed}");
        }
    });
}

/// What is no name, and why.
const NO_NAMES: &[(&str, &str)] = &[
    ("two\nlines", "one_line"),
    ("two\r\nlines", "one_line"),
    ("two\u{2028}lines", "one_line"),
    ("Pay at http://evil.example", "not_a_name"),
    ("WWW.evil.example", "not_a_name"),
    ("li.na@evil.example", "not_a_name"),
    ("bell\u{7}", "unprintable"),
];

#[test]
fn what_administrators_name_is_one_line_without_addresses() {
    on_both_databases(async |world| {
        let (service, operator) = (world.service(), Actor::operator());
        let batch = world.open_batch(1).await;
        for (name, code) in NO_NAMES {
            let organisation = CreateOrganisation {
                code: "acme".into(),
                name: (*name).to_owned(),
                kind: OrganisationKind::Sponsor,
                territory: None,
            };
            let refused = service.execute(&operator, organisation).await.err().unwrap();
            assert_eq!(faults(refused), fault("/name", code), "{name}");
            let refused = service.execute(&operator, account("li@example.org", name)).await.err().unwrap();
            assert_eq!(faults(refused), fault("/name", code), "{name}");
            let client = CreateClient {
                name: (*name).to_owned(),
                organisation: "kz-moh".into(),
                scopes: vec![Scope::ApplicationsRead],
            };
            let refused = service.execute(&operator, client).await.err().unwrap();
            assert_eq!(faults(refused), fault("/name", code), "{name}");
            let expected = [("/name".to_owned(), (*code).to_owned())];
            assert_eq!(world.plan_batch(json!({ "name": name })).await.faults(), expected, "{name}");
            assert_eq!(world.change_batch(&batch, json!({ "name": name })).await.faults(), expected);
        }
        refused_in_a_programme(world).await;
    });
}

/// A programme's file cannot put a line of its own into a mail either.
async fn refused_in_a_programme(world: &World) {
    let file = Programme::from_file(include_str!("../../programmes/cn-kz.toml")).unwrap();
    let mut wrong = file.clone();
    wrong.authorities[0].name.zh = "two\nlines".into();
    wrong.categories[1].name.en = "Pay at http://evil.example".into();
    wrong.grounds[0].text.ru = "two\nlines".into();
    wrong.authorities[0].address.en = "two\nlines".into();
    let refused = world.service().execute(&Actor::operator(), ApplyProgramme { file: wrong }).await;
    let mut found = faults(refused.err().unwrap());
    found.sort();
    let expected = [
        ("/authorities/0/address/en".to_owned(), "one_line"),
        ("/authorities/0/name/zh".to_owned(), "one_line"),
        ("/categories/1/name/en".to_owned(), "not_a_name"),
        ("/grounds/0/text/ru".to_owned(), "one_line"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_command_line_names_the_field_of_an_address_and_of_a_name() {
    on_both_databases(async |world| {
        for (arguments, field) in [
            (["account", "create", "--email", "li.@example.org", "--role", "applicant"].as_slice(), "email"),
            (
                &["organisation", "create", "--code", "acme", "--name", "two\nlines", "--kind", "sponsor"],
                "name",
            ),
        ] {
            let output = world.corridor().args(arguments).output().unwrap();
            let words = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && words.contains(field), "{words}");
        }
    });
}

#[test]
fn a_link_is_sent_to_an_address_and_not_to_anything_else() {
    on_both_databases(async |world| {
        for (typed, words) in [
            ("", "E-mail address: Fill this in."),
            ("\u{200b} ", "E-mail address: Fill this in."),
            ("li.example.org", "E-mail address: Enter an e-mail address"),
        ] {
            let answer = world.fill_in("/forgot-password", &[("email", typed)]).await;
            let html = String::from_utf8(answer.bytes).unwrap();
            assert!(answer.status == 422 && html.contains(words), "{html}");
            assert!(html.contains(&format!("value=\"{typed}\"")), "what was typed stays");
        }
    });
}
