//! Invalid uploads are refused with the reason, and nothing of them is stored.

use serde_json::{Value, json};

use super::fault;
use crate::world::{
    Case, PDF, World,
    http::{Answer, Field, Request},
    on_both_databases,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00";
const MOST: usize = 10 * 1024 * 1024;

/// The number of evidence files in the data folder.
fn stored(world: &World) -> usize {
    world.files().len()
}

async fn upload(world: &World, case: &Case, fields: &[Field<'_>]) -> Answer {
    let request = Request::post(format!("{}/evidence", case.path())).multipart(fields);
    world.send_as(&world.sponsor, request).await
}

fn kind() -> Field<'static> {
    Field::text("kind", "passport_page")
}

/// The pointer and code of each fault.
type Faults = &'static [(&'static str, &'static str)];

async fn draft(world: &World) -> Case {
    let batch = world.open_batch(1).await;
    world.draft(&world.form(&batch, "Ada")).await
}

#[test]
fn the_bytes_of_a_file_decide_its_type_and_not_its_name() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        for (name, content) in [
            ("passport.pdf", b"This is no PDF.".as_slice()),
            ("passport.pdf", b"<html><script>alert(1)</script></html>"),
            ("passport.png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00"),
            ("passport.pdf", b"PK\x03\x04\x14\x00\x00\x00"),
            ("passport.pdf", b"MZ\x90\x00\x03\x00\x00\x00"),
            ("passport.pdf", b"\x7fELF\x02\x01\x01\x00"),
            ("passport.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("passport.pdf", b"%PD"),
        ] {
            let answer = upload(world, &ada, &[kind(), Field::file("file", name, content)]).await;
            assert_eq!(
                (answer.status, answer.faults()),
                (422, vec![fault("/file", "not_a_paper")]),
                "{content:?}"
            );
        }
        assert_eq!(stored(world), 0);
        let png = upload(world, &ada, &[kind(), Field::file("file", "passport.pdf", PNG)]).await.expect(201);
        assert_eq!(png["media_type"], "image/png");
        assert_eq!(stored(world), 1);
    });
}

#[test]
fn an_upload_needs_a_kind_and_a_file_that_is_not_empty_and_nothing_else() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let pdf = Field::file("file", "a.pdf", PDF);
        let cases: [(&[Field<'_>], Faults); 6] = [
            (&[], &[("/file", "required"), ("/kind", "required")]),
            (&[kind()], &[("/file", "required")]),
            (&[pdf], &[("/kind", "required")]),
            (&[kind(), Field::file("file", "a.pdf", b"")], &[("/file", "empty_file")]),
            (&[Field::text("kind", "photo_album"), pdf], &[("/kind", "unknown_code")]),
            (&[kind(), pdf, Field::text("colour", "red")], &[("/colour", "unknown_field")]),
        ];
        for (fields, expected) in cases {
            let answer = upload(world, &ada, fields).await;
            let expected: Vec<_> = expected.iter().map(|(at, code)| fault(at, code)).collect();
            assert_eq!((answer.status, answer.faults()), (422, expected));
        }
        assert_eq!((stored(world), world.case(&ada).await["evidence"].clone()), (0, json!([])));
    });
}

#[test]
fn a_file_has_at_most_ten_megabytes() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let mut large = PDF.to_vec();
        large.resize(MOST + 1, b' ');
        let refused = upload(world, &ada, &[kind(), Field::file("file", "a.pdf", &large)]).await;
        assert_eq!(refused.refusal(), (413, "too_large"));
        assert!(refused.body["detail"].as_str().unwrap().contains("10"), "{}", refused.body);
        assert_eq!(stored(world), 0);
        let just = upload(world, &ada, &[kind(), Field::file("file", "a.pdf", &large[..MOST])]).await;
        assert_eq!(just.expect(201)["bytes"], Value::from(MOST));
    });
}

#[test]
fn a_case_has_at_most_thirty_documents() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        for _ in 0..30 {
            world.add_evidence(&ada, "other").await.expect(201);
        }
        assert_eq!(world.add_evidence(&ada, "other").await.faults(), [fault("/file", "too_many_files")]);
        assert_eq!(stored(world), 30);
    });
}

#[test]
fn an_upload_that_is_not_multipart_is_refused() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let path = format!("{}/evidence", ada.path());
        let truncated = "--between\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\npassp";
        for (request, status) in [
            (Request::post(&path).json(&json!({ "kind": "passport_page" })), 415),
            (Request::post(&path).body("application/pdf", PDF), 415),
            (Request::post(&path), 415),
            (Request::post(&path).body("multipart/form-data", truncated), 400),
            (Request::post(&path).body("multipart/form-data; boundary=between", truncated), 400),
            (Request::post(&path).body("multipart/form-data; boundary=other", truncated), 400),
        ] {
            let description = format!("{request:?}");
            assert_eq!(world.send_as(&world.sponsor, request).await.status, status, "{description}");
        }
        assert_eq!(stored(world), 0);
    });
}

#[test]
fn nothing_of_a_refused_upload_is_stored() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        let before = stored(world);
        assert_eq!(world.add_evidence(&ada, "other").await.refusal(), (409, "action_not_allowed"));
        let pdf = [kind(), Field::file("file", "a.pdf", PDF)];
        let request = || Request::post(format!("{}/evidence", ada.path())).multipart(&pdf);
        let officer = world.send_as(&world.reviewers["cn-mofcom"], request()).await;
        assert_eq!(officer.refusal(), (403, "forbidden"));
        let stranger = world.another_sponsor("taiga").await;
        assert_eq!(world.send_as(&stranger, request()).await.refusal(), (404, "not_found"));
        assert_eq!(world.send(request()).await.refusal(), (401, "unauthenticated"));
        assert_eq!(stored(world), before);
    });
}

#[test]
fn the_path_is_removed_from_a_file_name() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let file = Field::file("file", "../../etc/护照.pdf", PDF);
        let document = upload(world, &ada, &[kind(), file]).await.expect(201);
        assert_eq!(document["file_name"], "护照.pdf");
        let path = format!("{}/evidence/{}", ada.path(), document["id"].as_str().unwrap());
        let sent = world.send_as(&world.sponsor, Request::get(path)).await;
        assert_eq!(sent.header("Content-Disposition"), "attachment; filename*=UTF-8''%E6%8A%A4%E7%85%A7.pdf");
    });
}
