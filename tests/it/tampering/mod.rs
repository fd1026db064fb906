//! What somebody can do who can write to the database, knows the code and has no key. Each edit is made on a copy of a
//! filled database, the hashes of the chains are computed again, and `verify` runs. The printed table says which rule
//! notices the edit.

mod attacker;
mod cast;
mod edits;

use std::{cell::RefCell, collections::BTreeSet};

use corridor::{
    clock::Clock,
    keyring::Keyring,
    store::{Db, files::Files},
    workflow::{
        Service, checkpoint,
        verify::{self, Against, Checkpoints},
    },
};
use jiff::{SignedDuration, Timestamp};

use self::{
    attacker::Attacker,
    cast::Cast,
    edits::{Edit, Sql},
};
use crate::world::{Storage, World, on_both_databases};

#[test]
fn every_edit_of_the_database_is_noticed() {
    let tables = RefCell::new(Vec::new());
    on_both_databases(async |world| {
        let cast = Cast::fill(world).await;
        world.mail().await;
        world.advance(SignedDuration::from_hours(1));
        checkpoint::write_now(&world.service(), &world.checkpoint_file()).await.unwrap();
        world.stop().await;
        let untouched = found_in(&world.copied(), world, world.now()).await;
        assert_eq!(untouched, BTreeSet::new(), "nothing was edited");
        let mut table = String::new();
        let is_sqlite = world.database_url().starts_with("sqlite");
        for edit in edits::all(&Sql { cast: &cast, is_sqlite }) {
            table.push_str(&line_of(&edit, world).await);
        }
        world.start().await;
        tables.borrow_mut().push(table);
    });
    let tables = tables.into_inner();
    assert!(tables.iter().all(|table| *table == tables[0]), "the databases differ: {tables:#?}");
    insta::assert_snapshot!("edits", tables[0]);
}

/// Makes the edit on a copy, and says what noticed it.
async fn line_of(edit: &Edit, world: &World) -> String {
    let storage = world.copied();
    let attacker = Attacker::on(&storage).await;
    attacker.make(edit).await;
    let found = found_in(&storage, world, world.now()).await;
    let rules: Vec<_> = found.into_iter().collect();
    match rules.as_slice() {
        [] => panic!("not noticed: {}", edit.name),
        [rule] if *rule == "checkpoint_differs" => format!("{}\n    noticed by a checkpoint\n", edit.name),
        rules => format!("{}\n    noticed: {}\n", edit.name, rules.join(", ")),
    }
}

/// The rules that are broken in a copy.
async fn found_in(storage: &Storage, world: &World, now: Timestamp) -> BTreeSet<&'static str> {
    let db = open(storage);
    let checkpoints = Checkpoints::read(&db, &world.checkpoint_file()).await.unwrap();
    let against = Against { now, checkpoints: Some(&checkpoints) };
    let report = verify::verify_against(&db, against, |_| {}).await.unwrap();
    let files = Files::at(&format!("file://{}", storage.folder().join("files").display()));
    let files = verify::verify_files(&Service::new(db, Clock::fixed(now), files), |_| ()).await.unwrap();
    report.breaks.iter().chain(&files.breaks).map(|found| found.rule).collect()
}

/// Opens a copy with its own key file.
fn open(storage: &Storage) -> Db {
    let keyring = Keyring::load(&storage.folder().join("secret.key")).unwrap().unwrap();
    Db::open(&storage.database_url(), 2, keyring.into()).unwrap()
}
