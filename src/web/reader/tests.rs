use super::*;
use serde_json::json;

#[test]
fn every_fault_is_reported_at_once_with_its_pointer() {
    let body = json!({ "name": 7, "born": "2020-02-30", "home": { "country": "ZZ", "x/y": 1 }, "legs": [{ "to": "a" }, 3], "extra": null });
    let mut errors = Vec::new();
    let mut reader = Reader::new(Input::Json(&body), &mut errors);
    assert_eq!(reader.text("name", 10), None);
    assert_eq!(reader.date("born"), None);
    reader.object("home", |home| home.country("country"));
    reader.objects("legs", 5, |leg| leg.text("to", 3));
    reader.finish();
    let reported: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.code)).collect();
    assert_eq!(
        reported,
        [
            ("/name", "wrong_type"),
            ("/born", "not_a_date"),
            ("/home/country", "unknown_country"),
            ("/home/x~1y", "unknown_field"),
            ("/legs/1", "wrong_type"),
            ("/extra", "unknown_field"),
        ]
    );
}

#[test]
fn a_form_has_the_faults_that_the_same_json_has() {
    let sent = [
        ("count", "many"),
        ("until", "2026-02-30"),
        ("at", "2026-03-05T14:30"),
        ("home-country", "ZZ"),
        ("leg", "a"),
        ("leg", "long"),
        ("stops-0-to", "Almaty"),
        ("answers-x", "maybe"),
        ("answers-y", "false"),
        ("csrf", "more than is asked for"),
    ];
    let fields = Fields::from_iter(sent);
    let body = json!({
        "count": "many", "until": "2026-02-30", "at": "2026-03-05T14:30:00Z", "home": { "country": "ZZ" },
        "legs": ["a", "long"], "stops": [{ "to": "Almaty" }], "answers": { "x": "maybe", "y": false }
    });
    let read = |input: Input<'_>| {
        let mut errors = Vec::new();
        let mut reader = Reader::new(input, &mut errors);
        let read = (
            reader.number("count", 0..=9),
            reader.deadline("until"),
            reader.instant("at").map(|at| at.to_string()),
            reader.object("home", |home| home.country("country")),
            reader.texts("legs", 5, 3),
            reader.objects("stops", 5, |stop| stop.text("to", 3)),
            reader.answers("answers"),
        );
        reader.require(&["count", "name"]);
        reader.finish();
        (read, errors)
    };
    let ours = read(Input::Form(&fields));
    assert_eq!(ours, read(Input::Json(&body)));
    assert_eq!(ours.0.2.as_deref(), Some("2026-03-05T14:30:00Z"));
    assert_eq!(ours.1.len(), 7, "{:?}", ours.1);
}
