//! Uploaded files are sealed, are given only as they were stored, and do not outlive what needs them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use corridor::{
    domain::{actor::Role, evidence::MediaType, job::JobState},
    workflow::{
        WorkflowError,
        add_evidence::{self, Upload},
        remove_evidence,
        subject::SeenCase,
        verify,
    },
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{
    Case, PDF, Setup, World,
    http::{Answer, Field, Request},
    on_both_databases, on_both_databases_with, on_databases_of,
};

/// Sealing a chunk adds this many bytes.
const CHUNK: usize = 64 * 1024;
const SEALED_CHUNK: usize = CHUNK + 16;

/// A PDF of this size whose parts differ.
fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4 Zhukova-Ada".to_vec();
    let filler = (bytes.len()..size).map(|index| u8::try_from((index * 7 + index / 251) % 256).unwrap());
    bytes.extend(filler);
    bytes.truncate(size);
    bytes
}

async fn upload(world: &World, case: &Case, content: &[u8]) -> Answer {
    let fields = [Field::text("kind", "passport_page"), Field::file("file", "document.pdf", content)];
    let request = Request::post(format!("{}/evidence", case.path())).multipart(&fields);
    world.send_as(&world.sponsor, request).await
}

/// The path of a new document.
async fn uploaded(world: &World, case: &Case, content: &[u8]) -> String {
    let document = upload(world, case, content).await.expect(201);
    format!("{}/evidence/{}", case.path(), document["id"].as_str().unwrap())
}

async fn draft(world: &World) -> Case {
    let batch = world.open_batch(5).await;
    world.draft(&world.form(&batch, "Ada")).await
}

/// The rules that `corridor verify` finds broken about files.
async fn broken(world: &World) -> Vec<&'static str> {
    let report = verify::verify_files(&world.service(), |_| ()).await.unwrap();
    report.breaks.into_iter().map(|found| found.rule).collect()
}

fn change_byte(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_document_of_any_size_is_sealed_on_the_disk_and_read_as_it_was() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        for size in [21, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 4 * CHUNK + 1, 10 * 1024 * 1024] {
            let content = pdf(size);
            let path = uploaded(world, &ada, &content).await;
            let sent = world.send_as(&world.sponsor, Request::get(path)).await;
            assert_eq!((sent.status, sent.header("Content-Length")), (200, size.to_string().as_str()));
            assert!(sent.bytes == content, "a document of {size} bytes was changed");
        }
        let stored = world.files();
        assert_eq!(stored.len(), 7);
        for file in stored {
            let bytes = fs::read(&file).unwrap();
            assert!(!bytes.windows(11).any(|window| window == b"Zhukova-Ada"), "{} is plain", file.display());
        }
        assert_eq!(broken(world).await, [""; 0]);
    });
}

#[test]
fn a_damaged_or_missing_file_is_never_sent_and_verify_names_it() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let content = pdf(3 * CHUNK);
        let path = uploaded(world, &ada, &content).await;
        let [file] = world.files().try_into().unwrap();
        let original = fs::read(&file).unwrap();
        assert_eq!(original.len(), 3 * SEALED_CHUNK);
        let gone = async |what: &str, rule: &'static str| {
            let answer = world.send_as(&world.sponsor, Request::get(&path)).await;
            assert_eq!(answer.refusal(), (410, "document_lost"), "{what}");
            assert!(answer.body["detail"].as_str().unwrap().contains("missing or damaged"), "{what}");
            assert_eq!(broken(world).await, [rule], "{what}");
        };
        change_byte(&file, 100);
        gone("the first chunk was changed", "file_differs").await;
        fs::write(&file, &original[SEALED_CHUNK..]).unwrap();
        gone("the first chunk was removed", "file_differs").await;
        fs::write(&file, b"").unwrap();
        gone("the file was emptied", "file_differs").await;
        fs::write(&file, &content).unwrap();
        gone("the file was replaced by a plain one", "file_differs").await;
        fs::remove_file(&file).unwrap();
        gone("the file was removed", "file_missing").await;

        let swapped = || {
            [
                &original[..SEALED_CHUNK],
                &original[2 * SEALED_CHUNK..],
                &original[SEALED_CHUNK..2 * SEALED_CHUNK],
            ]
        };
        let mut changed = original.clone();
        changed[2 * SEALED_CHUNK + 5] ^= 1;
        for (what, bytes) in [
            ("the last chunk was changed", changed),
            ("the last chunk was removed", original[..2 * SEALED_CHUNK].to_vec()),
            ("two chunks were exchanged", swapped().concat()),
            ("something was appended", [&original[..], b"more"].concat()),
        ] {
            fs::write(&file, bytes).unwrap();
            let cut = world.try_as(&world.sponsor, Request::get(&path)).await;
            assert!(cut.is_none_or(|answer| answer.status == 410), "{what}, and a whole answer was sent");
            assert_eq!(broken(world).await, ["file_differs"], "{what}");
        }
        fs::write(&file, &original).unwrap();
        assert_eq!(world.send_as(&world.sponsor, Request::get(&path)).await.bytes, content);
    });
}

#[test]
fn the_page_of_a_lost_document_says_so_in_four_languages() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        uploaded(world, &ada, PDF).await;
        for (language, words) in [
            ("en", "The file of this document is lost"),
            ("zh", "此文件已丢失"),
            ("ru", "Файл этого документа утрачен"),
            ("kk", "Бұл құжаттың файлы жоғалған"),
        ] {
            let page = Request::get("/problems/document_lost").header("Accept", "text/html");
            let page = world.send(page.header("Accept-Language", language)).await;
            assert!(String::from_utf8_lossy(&page.bytes).contains(words), "{language}");
        }
    });
}

#[test]
fn a_file_opens_only_for_its_own_document_and_its_own_hash() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let (first, second) =
            (uploaded(world, &ada, &pdf(500)).await, uploaded(world, &ada, &pdf(600)).await);
        let columns = ["storage_name", "file_key_sealed", "sha256"];
        let original = world.files();
        let both_are_lost = async |what: &str| {
            for path in [&first, &second] {
                let answer = world.send_as(&world.sponsor, Request::get(path)).await;
                assert_eq!(answer.refusal(), (410, "document_lost"), "{what}");
            }
            assert_eq!(broken(world).await.len(), 2, "{what}");
        };
        for column in columns {
            exchange(world, column);
            both_are_lost(column).await;
            exchange(world, column);
        }
        let [one, other] = original.as_slice() else { panic!("{original:?}") };
        let contents = (fs::read(one).unwrap(), fs::read(other).unwrap());
        fs::write(one, &contents.1).unwrap();
        fs::write(other, &contents.0).unwrap();
        both_are_lost("the files were exchanged").await;
        fs::write(one, &contents.0).unwrap();
        fs::write(other, &contents.1).unwrap();
        assert_eq!(broken(world).await, [""; 0]);
        // All three columns together are those of the other document, which has another id.
        for column in columns {
            exchange(world, column);
        }
        both_are_lost("the rows were exchanged").await;
        for column in columns {
            exchange(world, column);
        }
    });
}

/// Exchanges a column of the two documents.
fn exchange(world: &World, column: &str) {
    let exchanged =
        format!("UPDATE evidence SET {column} = o.{column} FROM evidence o WHERE o.id <> evidence.id");
    assert_eq!(world.run(&exchanged).unwrap(), 2);
}

#[test]
fn the_file_of_a_removed_document_of_a_draft_is_removed_at_once_and_later_ones_stay() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let person = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await.actor;
        let remove = async |document: &Value| {
            let evidence = document["id"].as_str().unwrap().parse().unwrap();
            let case = SeenCase::any_version(ada.id());
            remove_evidence::remove(&world.service(), &person, case, evidence).await.unwrap();
        };
        let first = upload(world, &ada, PDF).await.expect(201);
        remove(&first).await;
        assert_eq!(world.files().len(), 0);
        world.add_required_evidence(&ada).await;
        let before = world.files().len();
        world.act(&world.sponsor, &ada, json!({ "action": "submit" })).await.expect(200);
        let question = json!({ "action": "request_information", "questions": ["A better scan?"] });
        world.act(world.reviewer(&ada, "nomination"), &ada, question).await.expect(200);
        let document = world.case(&ada).await["evidence"][0].clone();
        remove(&document).await;
        assert_eq!(world.files().len(), before, "an officer may have seen it");
        assert_eq!(broken(world).await, [""; 0]);
    });
}

#[test]
fn a_file_that_no_case_has_taken_is_removed_in_time() {
    on_both_databases(async |world| {
        let mut left = Upload::begin(&world.service()).await.unwrap();
        left.write(&pdf(3 * CHUNK)).await.unwrap();
        left.finish("passport_page".into(), "a.pdf".into(), MediaType::Pdf).await.unwrap();
        let [file] = world.files().try_into().unwrap();
        // What a killed process leaves of a file that it was writing.
        let part = PathBuf::from(format!("{}#1", file.display()));
        fs::write(&part, b"part").unwrap();
        world.advance(SignedDuration::from_mins(65));
        world.restart().await;
        let ada = draft(world).await;
        uploaded(world, &ada, PDF).await;
        assert!(file.exists(), "it is kept for an hour, and ten minutes for clocks that differ");
        world.advance(SignedDuration::from_mins(6));
        world.until("the files are removed", async || world.files().len() == 1).await;
        assert!(!file.exists() && !part.exists());
        assert_eq!(broken(world).await, [""; 0]);
    });
}

#[test]
fn a_file_whose_document_may_have_been_added_is_kept_until_its_time_is_over() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let person = world.person("hr@steppe.example", &[Role::Sponsor], Some("steppe")).await.actor;
        let mut upload = Upload::begin(&world.service()).await.unwrap();
        upload.write(PDF).await.unwrap();
        let file = upload.finish("passport_page".into(), "a.pdf".into(), MediaType::Pdf).await.unwrap();
        let mut foreign = world.foreign();
        foreign.lock_everything();
        let case = SeenCase::any_version(ada.id());
        let added = add_evidence::receive(&world.service(), &person, case, file).await;
        assert!(matches!(added, Err(WorkflowError::Unavailable(_))), "{added:?}");
        foreign.run("ROLLBACK");
        assert_eq!(world.files().len(), 1);
        world.advance(SignedDuration::from_mins(75));
        world.until("the file is removed", async || world.files().is_empty()).await;
    });
}

#[test]
fn a_case_and_an_uploader_have_limits_that_the_answer_names() {
    on_both_databases(async |world| {
        let (ada, bo) = (draft(world).await, draft(world).await);
        let of_ada = world.id_in_sql(&ada);
        upload(world, &ada, PDF).await.expect(201);
        let set = |bytes: i64| {
            world
                .run(&format!("UPDATE evidence SET bytes = {bytes} WHERE application_id = {of_ada}"))
                .unwrap()
        };
        let most = 300 * 1024 * 1024;
        let small = i64::try_from(PDF.len()).unwrap();
        set(most - small + 1);
        let refused = upload(world, &ada, PDF).await;
        assert_eq!(refused.faults(), [("/file".to_owned(), "case_storage_full".to_owned())]);
        assert!(refused.body["errors"][0]["message"].as_str().unwrap().contains("300"), "{}", refused.body);
        set(most - small);
        upload(world, &ada, PDF).await.expect(201);
        upload(world, &bo, PDF).await.expect(201);

        world.run("UPDATE used_by_hour SET bytes = 21474836480").unwrap();
        let refused = upload(world, &bo, PDF).await;
        assert_eq!((refused.refusal(), refused.header("Retry-After")), ((429, "limit_reached"), "86400"));
        assert!(refused.body["detail"].as_str().unwrap().contains("20,480 MB"), "{}", refused.body);
        let stored = world.files().len();
        world.advance(SignedDuration::from_hours(24));
        upload(world, &bo, PDF).await.expect(201);
        assert_eq!(world.files().len(), stored + 1, "refused uploads leave no file");
        set(small);
    });
}

/// Makes the documents plain, as an earlier version has stored them, and begins the job that seals them.
fn as_an_earlier_version(world: &World, content: &[u8]) {
    for file in world.files() {
        fs::write(&file, content).unwrap();
    }
    world.run("UPDATE evidence SET file_key_sealed = NULL").unwrap();
    let (id, now) = match world.database_url().starts_with("sqlite") {
        true => ("x'019ac9ac000070008000000000000301'", "'2026-03-02T08:00:00.000000Z'"),
        false => ("'019ac9ac-0000-7000-8000-000000000301'", "now()"),
    };
    let job = format!(
        "INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
         VALUES ({id}, 'seal_files', 'system', 'waiting', 0, {now})"
    );
    world.run(&job).unwrap();
}

#[test]
fn plain_files_of_an_earlier_version_are_read_and_are_sealed_by_a_job_that_resumes() {
    on_both_databases_with(&Setup { jobs_wait: true, ..Setup::default() }, async |world| {
        let ada = draft(world).await;
        let content = pdf(5 * CHUNK);
        let mut paths = Vec::new();
        for _ in 0..10 {
            paths.push(uploaded(world, &ada, &content).await);
        }
        world.mail().await;
        world.stop().await;
        as_an_earlier_version(world, &content);
        world.start().await;
        let all_are_read = async || {
            for path in &paths {
                assert!(world.send_as(&world.sponsor, Request::get(path)).await.bytes == content);
            }
            assert_eq!(broken(world).await, [""; 0]);
        };
        let plain = || world.files().iter().filter(|file| fs::read(file).unwrap() == content).count();
        all_are_read().await;
        let damaged = world.files()[9].clone();
        change_byte(&damaged, 4 * CHUNK);
        let lost = async || {
            let mut lost = 0;
            for path in &paths {
                lost += usize::from(world.send_as(&world.sponsor, Request::get(path)).await.status == 410);
            }
            lost
        };
        assert_eq!(lost().await, 1, "a plain file is checked before its first byte is sent");
        change_byte(&damaged, 4 * CHUNK);

        let job = world.slice_with_files().await;
        assert_eq!((job.done, job.state), (8, JobState::Running));
        world.until("the plain files are removed", async || plain() == 2).await;
        all_are_read().await;
        world.restart().await;
        assert_eq!(world.slice_with_files().await.done, 10);
        assert_eq!(world.slice_with_files().await.state, JobState::Finished);
        world.until("no plain file is left", async || plain() == 0).await;
        assert_eq!(world.files().len(), 10);
        all_are_read().await;
    });
}

#[test]
fn files_in_a_database_of_0e8a793_move_to_the_new_folder_and_are_sealed() {
    on_databases_of("0e8a793", async |world, _| {
        world.until_jobs_are_done().await;
        world
            .until("the plain files are removed", async || {
                !world.files().iter().any(|file| fs::read(file).unwrap().starts_with(b"%PDF"))
            })
            .await;
        assert!(!world.folder().join("evidence").exists());
        assert!(world.files().len() > 3, "{:?}", world.files());
        assert_eq!(broken(world).await, [""; 0]);
    });
}

/// The error of a service that does not start.
fn refused_start(world: &World, files_url: &str) -> String {
    let mut command = world.corridor();
    let output =
        command.args(["serve", "--listen", "127.0.0.1:0", "--files-url", files_url]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn another_folder_than_that_of_the_database_is_refused() {
    on_both_databases(async |world| {
        let ada = draft(world).await;
        let path = uploaded(world, &ada, PDF).await;
        world.mail().await;
        world.stop().await;
        let (own, other) = (world.folder().join("files"), world.folder().join("other"));
        let url = format!("file://{}", other.display());
        let refused = refused_start(world, &url);
        assert!(refused.contains("CORRIDOR_FILES_URL") && refused.contains("other"), "{refused}");
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0, "nothing is written there");

        // The folder of another database.
        let identity = own.join("corridor-files");
        let own_text = fs::read_to_string(&identity).unwrap();
        let foreign = own_text.replace("installation 0", "installation 1");
        fs::write(&identity, &foreign).unwrap();
        let refused = refused_start(world, &format!("file://{}", own.display()));
        assert!(refused.contains("another database") && refused.contains("corridor-files"), "{refused}");
        let verified = world.corridor().arg("verify").output().unwrap();
        assert!(String::from_utf8_lossy(&verified.stderr).contains("another database"), "{verified:?}");
        fs::write(&identity, &own_text).unwrap();

        // The folder may be moved, with everything in it.
        fs::remove_dir(&other).unwrap();
        fs::rename(&own, &other).unwrap();
        let mut verify = world.corridor();
        let verified = verify.args(["verify", "--files-url", &url]).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
        fs::rename(&other, &own).unwrap();
        world.start().await;
        assert_eq!(world.send_as(&world.sponsor, Request::get(path)).await.bytes, PDF);
    });
}
