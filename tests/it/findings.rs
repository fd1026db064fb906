//! Findings: each is about values and belongs to a stage. It is raised again when other values, or the same ones again,
//! give reason to it, and only officers of its stage settle it.

use corridor::{
    domain::{
        actor::Role,
        mrz::{self, Mrz},
    },
    workflow::{case_command::CaseCommand, remove_evidence::RemoveEvidence, subject::SeenCase},
};
use serde_json::{Value, json};

use crate::world::{Case, Person, World, on_both_databases};

/// The unresolved findings: code and subject.
async fn open_findings(world: &World, case: &Case) -> Vec<String> {
    let is_open = |finding: &Value| finding["resolved"] == json!(false);
    let text = |finding: &Value| {
        let part = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", part("code"), part("subject")).trim().to_owned()
    };
    world.findings(case).await.iter().filter(|finding| is_open(finding)).map(text).collect()
}

/// The officer of this stage asks, and the case is changed and answered.
async fn ask_and_answer(world: &World, case: &Case, stage: &str, patch: Value) {
    let ask = json!({ "action": "request_information", "questions": ["Is this right?"] });
    world.act(world.reviewer(case, stage), case, ask).await.expect(200);
    if patch != json!({}) {
        world.edit(case, patch).await.expect(200);
    }
    world.act(&case.owner, case, json!({ "action": "respond", "answers": ["Now it is."] })).await.expect(200);
}

fn declared(has_symptoms: bool) -> Value {
    json!({ "health": { "declarations": { "symptoms_14_days": has_symptoms } } })
}

async fn resolve_first(world: &World, case: &Case, stage: &str) -> crate::world::http::Answer {
    let findings = world.findings(case).await;
    let open = findings.iter().find(|finding| finding["resolved"] == json!(false)).unwrap();
    let resolve = json!({ "action": "resolve_finding", "finding": open["id"], "note": "Looked at." });
    world.act(world.reviewer(case, stage), case, resolve).await
}

#[test]
fn a_finding_that_no_longer_applied_is_raised_again_when_it_does() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let mut form = world.form(&batch, "Ada");
        form["health"]["declarations"]["symptoms_14_days"] = json!(true);
        let ada = world.submit_form(&form).await;
        let symptoms = ["declaration_answered symptoms_14_days"];
        assert_eq!(open_findings(world, &ada).await, symptoms);
        ask_and_answer(world, &ada, "nomination", declared(false)).await;
        assert!(open_findings(world, &ada).await.is_empty());
        ask_and_answer(world, &ada, "nomination", declared(true)).await;
        assert_eq!(open_findings(world, &ada).await, symptoms);
        world.endorse(&ada, "nomination").await;
        let endorsed = world.act(world.reviewer(&ada, "health"), &ada, json!({ "action": "endorse" })).await;
        assert_eq!(endorsed.refusal(), (409, "blocking_finding"));
    });
}

#[test]
fn evidence_that_was_added_and_removed_again_is_missed_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let sponsor = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await;
        let letter = async || {
            let case = world.case(&ada).await;
            let evidence = case["evidence"].as_array().unwrap().clone();
            let letter = evidence.iter().find(|document| document["kind"] == "invitation_letter").unwrap();
            letter["id"].as_str().unwrap().parse().unwrap()
        };
        let ask = json!({ "action": "request_information", "questions": ["Is this the letter?"] });
        let answer = json!({ "action": "respond", "answers": ["No."] });
        let missing = ["evidence_missing invitation_letter"];
        for is_added in [false, true, false] {
            world.act(world.reviewer(&ada, "nomination"), &ada, ask.clone()).await.expect(200);
            if is_added {
                world.add_evidence(&ada, "invitation_letter").await.expect(201);
            } else {
                let remove = RemoveEvidence { evidence: letter().await }.on(SeenCase::any_version(ada.id()));
                world.service().execute(&sponsor.actor, remove).await.unwrap();
            }
            world.act(&ada.owner, &ada, answer.clone()).await.expect(200);
            let expected: &[&str] = if is_added { &[] } else { &missing };
            assert_eq!(open_findings(world, &ada).await, expected);
        }
        let endorsed =
            world.act(world.reviewer(&ada, "nomination"), &ada, json!({ "action": "endorse" })).await;
        assert_eq!(endorsed.refusal(), (409, "blocking_finding"));
    });
}

/// A passport with a zone for this name and sex.
fn passport_of(world: &World, number: &str, name: &str, sex: char) -> Value {
    let zone = Mrz {
        issuer: "CHN".into(),
        name: name.into(),
        number: number.into(),
        nationality: "CHN".into(),
        birth: [80, 4, 2],
        sex,
        expiry: [0, 0, 0],
    };
    let (birth, expiry) = ("1980-04-02".parse().unwrap(), world.day(1765));
    let zone = mrz::compose(&zone, birth, expiry.parse().unwrap());
    json!({ "number": number, "mrz": zone })
}

/// A passport whose zone has another sex than the form.
fn passport(world: &World, number: &str) -> Value {
    passport_of(world, number, "LI<<ADA", 'M')
}

#[test]
fn the_name_in_the_zone_is_compared_with_the_form() {
    on_both_databases(async |world| {
        let batch = world.open_batch(9).await;
        for (number, zone, family, given, expected) in [
            ("E80000001", "LI<<WEI", "LI", "WEI", None),
            ("E80000002", "WEI<<LI", "LI", "WEI", Some(("names_exchanged", "warning"))),
            ("E80000003", "ZHANG<<SAN", "LI", "WEI", Some(("name_mismatch", "warning"))),
            ("E80000004", "NURGALIYEV<<ANUAR", "Нұрғалиев", "Ануар", Some(("name_not_compared", "info"))),
            ("E80000005", "MUELLER<<ANNA<MARIA", "Müller", "Anna-Maria", None),
        ] {
            let mut form = world.form(&batch, given);
            form["applicant"]["family_name"] = json!(family);
            form["applicant"]["email"] = json!("traveller@travellers.example");
            json_patch::merge(&mut form["travel_document"], &passport_of(world, number, zone, 'F'));
            let case = world.submit_form(&form).await;
            let found = world.findings(&case).await;
            let found: Vec<_> = found.iter().map(|f| (f["code"].clone(), f["severity"].clone())).collect();
            let expected: Vec<_> = expected.into_iter().map(|(c, s)| (json!(c), json!(s))).collect();
            assert_eq!(found, expected, "{zone} {family}");
        }
    });
}

#[test]
fn what_an_officer_settled_for_one_passport_is_raised_for_another_and_not_for_the_same() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let mut form = world.form(&batch, "Ada");
        json_patch::merge(&mut form["travel_document"], &passport(world, "E70000001"));
        let ada = world.submit_form(&form).await;
        let differs = ["mrz_mismatch /applicant/sex"];
        assert_eq!(open_findings(world, &ada).await, differs);
        resolve_first(world, &ada, "nomination").await.expect(200);
        ask_and_answer(world, &ada, "nomination", json!({})).await;
        let purpose = json!({ "journey": { "purpose": "Repair of turbine 3" } });
        ask_and_answer(world, &ada, "nomination", purpose).await;
        assert!(open_findings(world, &ada).await.is_empty(), "nothing about the passport has changed");

        let other = json!({ "travel_document": passport(world, "E70000002") });
        ask_and_answer(world, &ada, "nomination", other).await;
        assert_eq!(open_findings(world, &ada).await, differs);
        let first = json!({ "travel_document": passport(world, "E70000001") });
        ask_and_answer(world, &ada, "nomination", first).await;
        assert!(open_findings(world, &ada).await.is_empty(), "this passport was looked at");
    });
}

#[test]
fn an_answer_that_changes_a_second_time_is_asked_about_again() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let mut form = world.form(&batch, "Ada");
        let document = &mut form["travel_document"];
        document["expires_on"] = json!(world.day(49 + 190));
        let ada = world.submit_form(&form).await;
        assert_eq!(open_findings(world, &ada).await, ["passport_expires_soon"]);
        resolve_first(world, &ada, "nomination").await.expect(200);
        let shorter = json!({ "travel_document": { "expires_on": world.day(49 + 186) } });
        ask_and_answer(world, &ada, "nomination", shorter).await;
        assert_eq!(open_findings(world, &ada).await, ["passport_expires_soon"]);
    });
}

async fn offers_resolving(world: &World, officer: &Person, case: &Case) -> (bool, bool) {
    let is_offered =
        world.offered(officer, case).await.as_array().unwrap().contains(&json!("resolve_finding"));
    let page = world.page(&world.session(officer).await, &format!("/console/cases/{}", case.id)).await;
    (is_offered, String::from_utf8(page.bytes).unwrap().contains("value=\"resolve_finding\""))
}

#[test]
fn only_officers_of_its_stage_settle_a_finding() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let mut form = world.form(&batch, "Ada");
        form["health"]["declarations"]["contact_14_days"] = json!(true);
        let ada = world.submit_form(&form).await;
        let trade = world.officer("li@mofcom.example", "cn-mofcom").await;
        let health = world.officer("aigerim@moh.example", "kz-moh").await;
        assert_eq!(offers_resolving(world, &trade, &ada).await, (false, false));
        let resolved = resolve_first(world, &ada, "nomination").await;
        assert_eq!(resolved.refusal(), (403, "forbidden"));
        assert_eq!(open_findings(world, &ada).await, ["declaration_answered contact_14_days"]);

        world.endorse(&ada, "nomination").await;
        assert_eq!(offers_resolving(world, &health, &ada).await, (true, true));
        resolve_first(world, &ada, "health").await.expect(200);
        world.endorse(&ada, "health").await;
    });
}

#[test]
fn a_finding_for_a_stage_that_has_endorsed_already_is_for_the_current_one() {
    on_both_databases(async |world| {
        let batch = world.open_batch(2).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.endorse(&ada, "nomination").await;
        world.endorse(&ada, "health").await;
        ask_and_answer(world, &ada, "decision", declared(true)).await;
        let decide = json!({ "action": "endorse" });
        let stopped = world.act(world.reviewer(&ada, "decision"), &ada, decide.clone()).await;
        assert_eq!(stopped.refusal(), (409, "blocking_finding"));
        resolve_first(world, &ada, "decision").await.expect(200);
        world.act(world.reviewer(&ada, "decision"), &ada, decide).await.expect(200);
    });
}
