use serde_json::json;

use super::*;

fn filled() -> Form {
    let body = json!({
        "applicant": { "family_name": " Li ", "given_names": "Na", "phone": "+86 138-0000" },
        "travel_document": { "number": "e 1234-5678" },
        "journey": { "itinerary": [{ "place": "Almaty" }, { "place": "Taraz" }] },
        "health": { "declarations": { "symptoms": false, "truthful": true } }
    });
    read_new(&body, "en").form
}

/// The form after a patch without faults.
fn patched(patch: &Value) -> Form {
    let edit = read_change(patch);
    assert_eq!(edit.faults, []);
    filled().changed(&edit.form)
}

fn faults(patch: &Value) -> Vec<(String, &'static str)> {
    read_change(patch).faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

#[test]
fn a_patch_changes_what_it_names_and_null_empties() {
    let newer = patched(&json!({ "applicant": { "given_names": null, "family_name": " ", "sex": "F" } }));
    assert_eq!((newer.applicant.given_names, newer.applicant.family_name), (None, None));
    assert_eq!(newer.applicant.sex, Some(form::Sex::F));
    assert_eq!(newer.applicant.phone.as_deref(), Some("+861380000"));
    assert_eq!(newer.travel_document.number.as_deref(), Some("E12345678"));
}

#[test]
fn null_for_a_section_empties_it() {
    let newer = patched(&json!({ "applicant": null, "journey": null, "health": null }));
    assert_eq!(newer, Form { travel_document: filled().travel_document, ..Form::default() });
}

#[test]
fn lists_are_replaced_and_declarations_merged() {
    let newer = patched(&json!({
        "journey": { "itinerary": [{ "place": "Astana" }] },
        "health": { "declarations": { "truthful": null, "contact": true } }
    }));
    assert_eq!(newer.journey.itinerary, [Stop { place: Some("Astana".to_owned()), ..Stop::default() }]);
    assert_eq!(
        newer.health.declarations,
        [("contact".to_owned(), true), ("symptoms".to_owned(), false)].into()
    );
    assert!(patched(&json!({ "health": { "declarations": null } })).health.declarations.is_empty());
    assert_eq!(patched(&json!({ "health": { "declarations": {} } })), filled());
}

#[test]
fn null_removes_even_what_nobody_knows_but_not_within_lists() {
    assert_eq!(patched(&json!({ "colour": null, "applicant": { "nickname": null } })), filled());
    let stop = json!({ "journey": { "itinerary": [{ "hotel": null }] } });
    assert_eq!(faults(&stop), [("/journey/itinerary/0/hotel".to_owned(), "unknown_field")]);
    let new = read_new(&json!({ "applicant": { "nickname": null } }), "en");
    assert!(new.faults.contains(&FieldError::new("/applicant/nickname", "unknown_field")));
}

#[test]
fn a_head_field_is_named_whatever_its_value() {
    let edit = read_change(&json!({ "batch": null, "direction": 7 }));
    assert_eq!((edit.batch, edit.direction), (Update::Set(None), Update::Set(None)));
    assert_eq!(edit.category, Update::Keep);
}

#[test]
fn all_faults_of_a_form_are_named_at_once() {
    let wrong = json!({
        "applicant": { "email": "nobody", "phone": "12", "nationality": "XX", "nickname": "x" },
        "travel_document": { "type": "visa", "number": "??", "mrz": "P<UTO" },
        "journey": { "arrive_on": "01.12.2020", "itinerary": [{ "from": "soon" }] },
        "health": { "declarations": { "truthful": "yes" } }
    });
    let found = faults(&wrong);
    assert_eq!(found.len(), 10, "{found:?}");
    assert_eq!(faults(&json!({ "journey": "soon" })), [("/journey".to_owned(), "wrong_type")]);
    assert_eq!(faults(&json!([])), [(String::new(), "wrong_type")]);
}

#[test]
fn the_page_of_a_section_replaces_the_section_and_nothing_else() {
    let sent = [("journey-itinerary-2-place", " Almaty "), ("journey-purpose", ""), ("add", "")];
    let fields = Fields::from_iter(sent).without_blank_rows("journey-itinerary");
    let programme: Programme = toml::from_str(crate::workflow::apply_programme::CN_KZ).unwrap();
    let edit = read_section("journey", &programme, &fields);
    assert_eq!(edit.faults, []);
    let newer = filled().changed(&edit.form);
    let itinerary = vec![Stop { place: Some("Almaty".to_owned()), ..Stop::default() }];
    let journey = form::Journey { itinerary, ..form::Journey::default() };
    assert_eq!(newer, Form { journey, ..filled() });

    let passport = read_section("travel_document", &programme, &Fields::default());
    assert_eq!(passport.form.travel_document.kind, Update::Set(Some("passport".to_owned())));
    let made = Fields::from_iter([
        ("health-declarations-contact_14_days", "true"),
        ("health-declarations-x", "true"),
    ]);
    let before = read_new(&json!({ "health": { "declarations": { "truthful": true } } }), "en").form;
    let newer = before.changed(&read_section("health", &programme, &made).form);
    assert_eq!(newer.health.declarations, [("contact_14_days".to_owned(), true)].into());
}
