//! The database knows its key. A missing key file, another key, or a file that others can read is refused by every
//! command, and only a service with an empty database makes a new key.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use corridor::keyring::Keyring;
use serde_json::{Value, json};

use crate::world::{PDF, Setup, Storage, http::Request, on_both_databases_with, postgres_server};

/// Every command that opens the database, but not `migrate`. The folder of a backup is filled in.
const COMMANDS: [&[&str]; 13] = [
    &["verify"],
    &["jobs"],
    &["keys", "list"],
    &["keys", "rotate"],
    &["keys", "rotate", "--only-add"],
    &["batch", "create", "--programme=cn-kz", "--name=A", "--capacity=1"],
    &["batch", "close", "00000000-0000-0000-0000-000000000000"],
    &["account", "create", "--email=a@example.org", "--role=applicant"],
    &["client", "create", "--name=A", "--organisation=kz-mfa", "--scope=applications:read"],
    &["organisation", "create", "--code=zz", "--name=Z", "--kind=sponsor"],
    &["programme", "show", "cn-kz"],
    &["backup", "FOLDER/copy.db"],
    &["jobs", "--accept-clock"],
];

fn storages() -> Vec<Storage> {
    let mut storages = vec![Storage::with_sqlite()];
    storages.extend(postgres_server().map(|server| Storage::with_postgres(&server)));
    storages
}

fn key_file(storage: &Storage) -> PathBuf {
    storage.folder().join("secret.key")
}

/// The program with a database, and the data folder of an instance.
fn corridor(storage: &Storage, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.env_clear().env("CORRIDOR_DATABASE_URL", storage.database_url()).env("CORRIDOR_DATA_DIR", folder);
    // Where `pg_dump` is.
    command.env("PATH", "/usr/bin:/bin");
    let folder = storage.folder().display().to_string();
    command.args(arguments.iter().map(|argument| argument.replace("FOLDER", &folder)));
    command
}

fn run(storage: &Storage, arguments: &[&str]) -> Output {
    corridor(storage, storage.folder(), arguments).output().unwrap()
}

fn succeed(storage: &Storage, arguments: &[&str]) -> String {
    let output = run(storage, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that must fail.
fn refusal(storage: &Storage, arguments: &[&str]) -> String {
    let output = run(storage, arguments);
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {words}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    words
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap_or_else(|| panic!("{arguments:?}: {words}"))
        .to_owned()
}

/// A service that was started with this data folder.
struct Serving(Child);

impl Serving {
    /// None: it has refused to start. The second value has its messages.
    fn start(storage: &Storage, folder: &Path) -> Result<Self, String> {
        let mut command = corridor(storage, folder, &["serve", "--json", "--listen=127.0.0.1:0"]);
        Self::wait(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn wait(mut child: Child) -> Result<Self, String> {
        let mut errors = child.stderr.take().unwrap();
        let words = std::thread::spawn(move || {
            let mut words = Vec::new();
            std::io::Read::read_to_end(&mut errors, &mut words).unwrap();
            String::from_utf8(words).unwrap()
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        if lines.any(|line| line.contains("\"listen\"")) {
            return Ok(Self(child));
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        Err(words.join().unwrap())
    }

    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.0.id().to_string()).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

/// Starts and stops the service, and adds an account.
fn set_up(storage: &Storage) {
    Serving::start(storage, storage.folder()).unwrap().stop();
    succeed(storage, &["account", "create", "--email=a@example.org", "--role=administrator"]);
}

fn serve_refused(storage: &Storage) -> String {
    let words = Serving::start(storage, storage.folder()).err().expect("the service must not start");
    words.lines().find(|line| line.starts_with("error: ")).unwrap().to_owned()
}

#[test]
fn without_its_key_a_database_is_refused_by_every_command_and_no_key_is_made() {
    for storage in storages() {
        set_up(&storage);
        let (file, saved) = (key_file(&storage), storage.folder().join("saved"));
        fs::rename(&file, &saved).unwrap();
        let mut said: Vec<String> = COMMANDS.iter().map(|command| refusal(&storage, command)).collect();
        said.push(refusal(&storage, &["migrate"]));
        said.push(serve_refused(&storage));
        for words in said {
            let names = [
                file.to_str().unwrap(),
                "does not exist",
                "restore the file from its backup",
                "CORRIDOR_SECRET_FILE",
            ];
            assert!(names.iter().all(|name| words.contains(name)), "{words}");
            assert!(!file.exists());
        }
        assert!(!storage.folder().join("copy.db").exists());
        fs::rename(&saved, &file).unwrap();
        assert!(succeed(&storage, &["verify"]).contains("Everything holds"));
    }
}

#[test]
fn another_key_is_refused_by_every_command_even_under_the_same_id() {
    for storage in storages() {
        set_up(&storage);
        let file = key_file(&storage);
        let ours = fs::read_to_string(&file).unwrap();
        let id = ours.split(' ').next().unwrap();
        let other_folder = Storage::with_sqlite();
        Keyring::create(&key_file(&other_folder)).unwrap();
        let other = fs::read_to_string(key_file(&other_folder)).unwrap();
        let same_id = format!("{id} {}", other.split(' ').nth(1).unwrap());
        for (keys, expected) in
            [(&other, "does not hold the master key"), (&same_id, "holds another key under the id")]
        {
            fs::write(&file, keys).unwrap();
            let mut said: Vec<String> = COMMANDS.iter().map(|command| refusal(&storage, command)).collect();
            said.push(refusal(&storage, &["migrate"]));
            said.push(serve_refused(&storage));
            for words in said {
                let names =
                    [file.to_str().unwrap(), expected, id, "restore the file", "CORRIDOR_SECRET_FILE"];
                assert!(names.iter().all(|name| words.contains(name)), "{words}");
            }
            assert_eq!(&fs::read_to_string(&file).unwrap(), keys);
        }
        // A newer line does not replace the missing one.
        fs::write(&file, format!("{other}{same_id}")).unwrap();
        assert!(refusal(&storage, &["jobs"]).contains("holds another key under the id"));
        fs::write(&file, &ours).unwrap();
        succeed(&storage, &["verify"]);
    }
}

#[test]
fn only_the_service_makes_the_first_key_and_only_migrate_works_without_one() {
    for storage in storages() {
        let file = key_file(&storage);
        let refused_by_all = || {
            for command in COMMANDS {
                let words = refusal(&storage, command);
                assert!(words.contains("start the service once"), "{words}");
                assert!(words.contains("give the key") && words.contains("CORRIDOR_SECRET_FILE"), "{words}");
                assert!(words.contains(file.to_str().unwrap()) && !file.exists(), "{words}");
            }
        };
        refused_by_all();
        assert!(!storage.folder().join("corridor.db").exists());
        succeed(&storage, &["migrate"]);
        assert!(!file.exists());
        refused_by_all();
        Serving::start(&storage, storage.folder()).unwrap().stop();
        assert!(file.exists());
        for command in [&["verify"][..], &["jobs"], &["migrate"], &["keys", "list"]] {
            succeed(&storage, command);
        }
    }
}

#[test]
fn a_command_takes_a_key_that_is_given_before_the_first_start() {
    for storage in storages() {
        Keyring::create(&key_file(&storage)).unwrap();
        succeed(&storage, &["account", "create", "--email=a@example.org", "--role=administrator"]);
        fs::rename(key_file(&storage), storage.folder().join("saved")).unwrap();
        assert!(serve_refused(&storage).contains("does not exist"));
    }
}

#[test]
fn a_key_file_that_others_may_read_or_change_is_refused() {
    for storage in storages() {
        set_up(&storage);
        let file = key_file(&storage);
        let set = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o644, 0o604, 0o602, 0o620, 0o660, 0o666, 0o640 | 0o002] {
            set(mode);
            let words = refusal(&storage, &["jobs"]);
            let names = [file.to_str().unwrap(), &format!("{mode:03o}"), "chmod 600"];
            assert!(names.iter().all(|name| words.contains(name)), "{words}");
            assert!(serve_refused(&storage).contains("chmod 600"));
        }
        for mode in [0o600, 0o640, 0o400, 0o440] {
            set(mode);
            succeed(&storage, &["jobs"]);
        }
    }
}

#[test]
fn a_rotation_keeps_the_rules_and_the_mode_of_the_file() {
    for storage in storages() {
        set_up(&storage);
        let file = key_file(&storage);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let before = fs::read_to_string(&file).unwrap();
        let rotated: Value = serde_json::from_str(&succeed(&storage, &["keys", "rotate", "--json"])).unwrap();
        let new = rotated["key"].as_str().unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        let after = fs::read_to_string(&file).unwrap();
        fs::write(&file, &before).unwrap();
        assert!(refusal(&storage, &["verify"]).contains(&format!("does not hold the master key {new}")));
        let old_bytes = before.split(' ').nth(1).unwrap();
        fs::write(&file, format!("{new} {old_bytes}")).unwrap();
        assert!(serve_refused(&storage).contains(&format!("another key under the id {new}")));
        // The new key alone is enough for the service. The older lines of the journal cannot be checked without the old one.
        fs::write(&file, after.lines().next().unwrap()).unwrap();
        let old = before.split(' ').next().unwrap();
        let verified = run(&storage, &["verify"]);
        let error = String::from_utf8(verified.stderr).unwrap();
        assert!(!verified.status.success() && error.contains(&format!("does not hold the master key {old}")));
        Serving::start(&storage, storage.folder()).unwrap().stop();
    }
}

#[test]
fn after_a_rotation_elsewhere_a_key_file_without_the_new_key_is_refused() {
    let Some(storage) = postgres_server().map(|server| Storage::with_postgres(&server)) else { return };
    set_up(&storage);
    let second = Storage::with_sqlite();
    fs::copy(key_file(&storage), key_file(&second)).unwrap();
    let rotate = ["keys", "rotate"];
    assert!(corridor(&storage, second.folder(), &rotate).output().unwrap().status.success());
    // The first file lacks the new key.
    let words = refusal(&storage, &rotate);
    assert!(words.contains("does not hold the master key"), "{words}");
    assert_eq!(fs::read_to_string(key_file(&storage)).unwrap().lines().count(), 1);
}

#[test]
fn of_services_that_start_at_once_on_an_empty_database_those_with_another_folder_are_refused() {
    let Some(server) = postgres_server() else { return };
    let storage = Storage::with_postgres(&server);
    let folders = [Storage::with_sqlite(), Storage::with_sqlite(), Storage::with_sqlite()];
    let start = |folder: &Storage| {
        let mut command = corridor(&storage, folder.folder(), &["serve", "--json", "--listen=127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = folders.iter().map(start).collect();
    let ended: Vec<_> = children.into_iter().map(Serving::wait).collect();
    let keys: Vec<bool> = folders.iter().map(|folder| key_file(folder).exists()).collect();
    assert_eq!(keys.iter().filter(|has_key| **has_key).count(), 1, "{keys:?}");
    for (result, has_key) in ended.into_iter().zip(keys) {
        match result {
            Ok(serving) => {
                assert!(has_key);
                serving.stop();
            }
            Err(words) => assert!(!has_key && words.contains("does not exist"), "{words}"),
        }
    }
}

#[test]
fn services_that_start_at_once_with_one_folder_share_its_key() {
    for storage in storages() {
        let start = |_| {
            let mut command =
                corridor(&storage, storage.folder(), &["serve", "--json", "--listen=127.0.0.1:0"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children: Vec<Child> = (0..2).map(start).collect();
        let mut running = 0;
        for ended in children.into_iter().map(Serving::wait).collect::<Vec<_>>() {
            match ended {
                Ok(serving) => {
                    running += 1;
                    serving.stop();
                }
                Err(words) => assert!(words.contains("another `corridor serve`"), "{words}"),
            }
        }
        let is_sqlite = storage.database_url().starts_with("sqlite");
        assert_eq!(running, if is_sqlite { 1 } else { 2 });
        assert_eq!(fs::read_to_string(key_file(&storage)).unwrap().lines().count(), 1);
        succeed(&storage, &["verify"]);
    }
}

/// Copies of the databases of 0e8a793, which has recorded no key.
fn saved() -> Vec<Storage> {
    let mut storages = vec![Storage::with_saved_sqlite("0e8a793").0];
    storages.extend(postgres_server().map(|server| Storage::with_saved_postgres("0e8a793", &server).0));
    storages
}

#[test]
fn an_upgraded_database_records_its_key_only_after_a_stored_value_has_opened_with_it() {
    for storage in saved() {
        let file = key_file(&storage);
        let ours = fs::read_to_string(&file).unwrap();
        let (id, bytes) = ours.trim().split_once(' ').unwrap();
        let mut other_bytes = bytes.to_owned();
        other_bytes.replace_range(..2, if bytes.starts_with("AA") { "BB" } else { "AA" });
        for (keys, expected) in [
            (None, "does not exist"),
            (Some(format!("0a0b0c0d {bytes}")), "does not hold the master key"),
            (Some(format!("{id} {other_bytes}")), "holds another key under the id"),
        ] {
            fs::remove_file(&file).unwrap();
            if let Some(keys) = &keys {
                fs::write(&file, keys).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            }
            for words in
                [serve_refused(&storage), refusal(&storage, &["jobs"]), refusal(&storage, &["migrate"])]
            {
                assert!(words.contains(expected) && words.contains(id), "{words}");
            }
            fs::write(&file, &ours).unwrap();
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let migrated: Value = serde_json::from_str(&succeed(&storage, &["migrate", "--json"])).unwrap();
        assert!(
            migrated["applied"].as_u64().unwrap() > 5,
            "a refused key has changed the schema: {migrated}"
        );
        Serving::start(&storage, storage.folder()).unwrap().stop();
        assert!(succeed(&storage, &["verify"]).contains("Everything holds"));
        // Recorded: other bytes are refused without looking at a value.
        fs::write(&file, format!("{id} {other_bytes}")).unwrap();
        assert!(refusal(&storage, &["verify"]).contains("holds another key under the id"));
    }
}

#[test]
fn a_backup_is_restored_with_the_key_and_refused_without_it() {
    let setup = Setup { begins_now: true, ..Setup::default() };
    on_both_databases_with(&setup, async |world| {
        let batch = world.open_batch(3).await;
        let [ada] = world.submit(&batch, ["Ada"]).await;
        world.mail().await;
        let evidence = world.case(&ada).await["evidence"][0]["id"].as_str().unwrap().to_owned();
        let copy = world.folder().join("copy.db");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let made = world.corridor().env("PATH", path).arg("backup").arg(&copy).output().unwrap();
        let words = String::from_utf8(made.stderr).unwrap();
        assert!(made.status.success(), "{words}");
        let key = world.folder().join("secret.key");
        assert!(words.contains(key.to_str().unwrap()) && words.contains("without it"), "{words}");
        assert!(
            !String::from_utf8_lossy(&fs::read(&copy).unwrap())
                .contains(fs::read_to_string(&key).unwrap().trim())
        );

        // Into an empty folder, and on PostgreSQL into an empty database.
        let restored = match world.database_url().starts_with("sqlite") {
            true => Storage::with_sqlite(),
            false => Storage::with_postgres(&postgres_server().unwrap()),
        };
        if restored.database_url().starts_with("sqlite") {
            fs::copy(&copy, restored.folder().join("corridor.db")).unwrap();
        } else {
            let mut restore = Command::new("pg_restore");
            restore.args(["--no-owner", "--dbname", &restored.database_url()]).arg(&copy);
            assert!(restore.status().unwrap().success());
        }
        let papers = world.folder().join("copy.db.files");
        fs::rename(&papers, restored.folder().join("files")).unwrap();
        let refused = serve_refused(&restored);
        assert!(refused.contains("does not exist") && refused.contains("restore the file"), "{refused}");
        fs::copy(&key, key_file(&restored)).unwrap();

        assert!(succeed(&restored, &["verify"]).contains("Everything holds (1 cases"));
        let mut command =
            corridor(&restored, restored.folder(), &["serve", "--json", "--listen=127.0.0.1:0"]);
        command.args(["--public-url", "http://corridor.test"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("\"listen\"")).unwrap();
        let address = line.split('"').nth(3).unwrap().parse().unwrap();
        let paper = Request::get(format!("{}/evidence/{evidence}", ada.path()));
        let opened = world.try_at(address, &world.sponsor, paper).await.unwrap();
        assert_eq!((opened.status, opened.bytes.as_slice()), (200, PDF));
        Serving(child).stop();
    });
}

/// On PostgreSQL, where the dump is another program's, so that something can happen meanwhile.
#[test]
fn a_backup_has_the_documents_from_before_and_after_the_copy_of_the_database() {
    let Some(server) = postgres_server() else { return };
    let storage = Storage::with_postgres(&server);
    set_up(&storage);
    let source = storage.folder().join("files");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("removed"), PDF).unwrap();
    let programs = storage.folder().join("programs");
    fs::create_dir(&programs).unwrap();
    let dump = programs.join("pg_dump");
    let files = source.display();
    let script = format!("#!/bin/sh\nmv {files}/removed {files}/added\nexec /usr/bin/pg_dump \"$@\"\n");
    fs::write(&dump, script).unwrap();
    fs::set_permissions(&dump, fs::Permissions::from_mode(0o755)).unwrap();
    let mut backup = corridor(&storage, storage.folder(), &["backup", "FOLDER/copy.db"]);
    let made = backup.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let copies = storage.folder().join("copy.db.files");
    assert!(copies.join("removed").exists() && copies.join("added").exists());
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_when_it_fails() {
    let storage = Storage::with_sqlite();
    set_up(&storage);
    let papers = storage.folder().join("copy.db.files");
    fs::create_dir(&papers).unwrap();
    assert!(refusal(&storage, &["backup", "FOLDER/copy.db"]).contains("copy.db.files exists already"));
    assert!(!storage.folder().join("copy.db").exists());
    fs::remove_dir(&papers).unwrap();
    // A document that cannot be read.
    let source = storage.folder().join("files");
    fs::create_dir_all(&source).unwrap();
    std::os::unix::fs::symlink("loop", source.join("loop")).unwrap();
    assert!(refusal(&storage, &["backup", "FOLDER/copy.db"]).contains("cannot copy the documents"));
    assert!(!storage.folder().join("copy.db").exists() && !papers.exists());
    fs::remove_file(source.join("loop")).unwrap();
    let files = fs::read_dir(&source).unwrap().count();
    let made: Value =
        serde_json::from_str(&succeed(&storage, &["backup", "FOLDER/copy.db", "--json"])).unwrap();
    assert_eq!((&made["paper_files"], &made["papers"]), (&json!(files), &json!(papers)));
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o077;
    assert_eq!((mode(&storage.folder().join("copy.db")), mode(&papers)), (0, 0));
}
