//! Both databases have the same schema: tables, columns with their types, and constraints and indexes by name.

use std::{cell::RefCell, collections::BTreeSet};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text,
};

use crate::world::{on_both_databases, on_databases_of};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Each line describes one column, index or constraint. Types are written as SQLite declares them.
const SQLITE: [&str; 3] = [
    "SELECT t.name || '.' || c.cid || ' ' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' NOT NULL' ELSE '' END AS line
     FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    "SELECT 'index ' || name AS line FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'",
    "SELECT sql AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
];

const POSTGRES: [&str; 3] = [
    "SELECT table_name || '.' || (ordinal_position - 1) || ' ' || column_name || ' ' || CASE data_type
       WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' WHEN 'timestamp with time zone' THEN 'TEXT' WHEN 'date' THEN 'TEXT'
       WHEN 'bigint' THEN 'BIGINT' WHEN 'boolean' THEN 'BOOLEAN' ELSE upper(data_type) END
       || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS line
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
    "SELECT 'index ' || i.indexname AS line FROM pg_indexes i WHERE schemaname = 'public' AND i.tablename NOT LIKE '\\_\\_%'
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
    "SELECT 'CONSTRAINT ' || conname || ' ' AS line FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
       WHERE c.contype IN ('c', 'u', 'f') AND c.connamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'",
];

#[test]
fn the_schemas_of_both_databases_agree() {
    let schemas = RefCell::new(Vec::new());
    on_both_databases(async |world| schemas.borrow_mut().push(schema_of(&world.database_url())));
    let schemas = schemas.into_inner();
    assert!(schemas.iter().all(|schema| schema.len() > 150), "{:?}", schemas[0].len());
    if let [sqlite, postgres] = schemas.as_slice() {
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
            one.difference(other).cloned().collect()
        };
        assert_eq!((only(sqlite, postgres), only(postgres, sqlite)), (Vec::new(), Vec::new()));
    }
}

#[test]
fn a_database_of_0e8a793_gets_the_schema_of_a_new_one() {
    let (new, migrated) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    on_both_databases(async |world| new.borrow_mut().push(schema_of(&world.database_url())));
    on_databases_of("0e8a793", async |world, _| migrated.borrow_mut().push(schema_of(&world.database_url())));
    assert_eq!(new.into_inner(), migrated.into_inner());
}

fn schema_of(url: &str) -> BTreeSet<String> {
    let read = |query: &str| -> Vec<Line> {
        match url.strip_prefix("sqlite://") {
            Some(file) => sql_query(query).load(&mut SqliteConnection::establish(file).unwrap()).unwrap(),
            None => sql_query(query).load(&mut PgConnection::establish(url).unwrap()).unwrap(),
        }
    };
    let [columns, indexes, constraints] = if url.starts_with("sqlite") { SQLITE } else { POSTGRES };
    let mut elements: BTreeSet<String> =
        read(columns).into_iter().chain(read(indexes)).map(|line| line.line).collect();
    for Line { line } in read(constraints) {
        let names = line.split("CONSTRAINT ").skip(1).map(|rest| rest.split_whitespace().next().unwrap());
        elements.extend(names.map(|name| format!("constraint {name}")));
    }
    elements
}
