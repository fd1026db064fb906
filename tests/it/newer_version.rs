//! Two versions of the program on one database: the older one ignores what the newer one has added to a stored row, and
//! keeps it when it writes the row again. Input stays strict.

use std::{fs, path::Path};

use corridor::{
    domain::job::JobState,
    keyring::{CaseKey, Keyring},
};
use serde_json::{Value, json};

use crate::world::{Case, Setup, World, on_both_databases, on_both_databases_with};

async fn draft(world: &World) -> Case {
    let batch = world.open_batch(5).await;
    world.draft(&world.form(&batch, "Ada")).await
}

fn key_of(world: &World, case: &Case) -> CaseKey {
    let keyring = Keyring::load(&world.folder().join("secret.key")).unwrap().unwrap();
    let of_case = format!("application_id = {}", world.id_in_sql(case));
    let wrapped =
        world.bytes(&format!("SELECT wrapped_key AS bytes FROM case_keys WHERE {of_case}")).remove(0);
    keyring.unwrap_case_key(&format!("case_keys/{}/wrapped_key", case.id()), &wrapped).unwrap()
}

fn stored_form(world: &World, case: &Case) -> Value {
    let id = world.id_in_sql(case);
    let sealed =
        world.bytes(&format!("SELECT form_sealed AS bytes FROM applications WHERE id = {id}")).remove(0);
    let plain = key_of(world, case).open(&format!("applications/{}/form", case.id()), &sealed).unwrap();
    serde_json::from_slice(&plain).unwrap()
}

fn store_form(world: &World, case: &Case, form: &Value) {
    let place = format!("applications/{}/form", case.id());
    let sealed = key_of(world, case).seal(&place, form.to_string().as_bytes()).unwrap();
    let id = world.id_in_sql(case);
    world.run_with(&format!("UPDATE applications SET form_sealed = $1 WHERE id = {id}"), &sealed);
}

#[test]
fn a_form_that_this_version_cannot_read_does_not_keep_the_other_cases_of_its_batch() {
    let setup = Setup { is_forged: true, jobs_wait: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(5).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        let form = stored_form(world, &ada);
        store_form(world, &ada, &json!({ "applicant": 7 }));
        world.move_batch(&batch, "end").await.expect(200);
        let ended = world.slice(10).await;
        assert_eq!((ended.state, ended.done), (JobState::Finished, 1));
        assert_eq!(world.states([&bo]).await, ["lapsed"]);
        store_form(world, &ada, &form);
    });
}

#[test]
fn a_form_that_a_newer_version_has_written_is_read_edited_and_keeps_what_is_unknown() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let itinerary = json!([{ "from": world.day(30), "to": world.day(40), "place": "Almaty" }]);
        world.edit(&ada, json!({ "journey": { "itinerary": itinerary } })).await.expect(200);
        let mut newer = stored_form(world, &ada);
        newer["applicant"]["patronymic"] = json!("Petrovna");
        newer["vehicle"] = json!({ "plate": "A 123" });
        newer["journey"]["itinerary"][0]["hotel"] = json!("Otrar");
        store_form(world, &ada, &newer);

        assert_eq!(world.case(&ada).await["applicant"]["family_name"], "Li");
        world.edit(&ada, json!({ "applicant": { "phone": "+77011234567" } })).await.expect(200);
        let kept = stored_form(world, &ada);
        assert_eq!(kept["applicant"]["patronymic"], "Petrovna");
        assert_eq!(kept["applicant"]["phone"], "+77011234567");
        assert_eq!(kept["vehicle"]["plate"], "A 123");
        assert_eq!(kept["journey"]["itinerary"][0]["hotel"], "Otrar");
        let strict = world.edit(&ada, json!({ "applicant": { "patronymic": "Petrovna" } })).await;
        assert_eq!(strict.refusal(), (422, "unknown_field"));
    });
}

#[test]
fn a_stored_programme_with_an_unknown_field_is_read_and_a_file_with_one_is_refused() {
    // The journal does not know the field.
    let setup = Setup { is_forged: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let newer = match world.database_url().starts_with("sqlite") {
            true => {
                "UPDATE programmes SET document = json_set(document, '$.season', 'spring', '$.rules.max_weight', 7)"
            }
            false => {
                "UPDATE programmes SET document = jsonb_set(document::jsonb || '{\"season\": \"spring\"}',
                 '{rules,max_weight}', '7')::text"
            }
        };
        world.run(newer).unwrap();
        world.restart().await;
        draft(world).await;
        let file = world.folder().join("programme.toml");
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("programmes/cn-kz.toml")).unwrap();
        fs::write(&file, text.replacen("[rules]", "[rules]\nmax_weight = 7", 1)).unwrap();
        let applied = world.corridor().args(["programme", "apply"]).arg(&file).output().unwrap();
        let error = String::from_utf8_lossy(&applied.stderr).into_owned();
        assert_eq!(applied.status.code(), Some(2), "{error}");
        assert!(error.contains("unknown field rules.max_weight"), "{error}");
    });
}
