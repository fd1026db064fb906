//! Who may know whom: the compiler does not guard the rooms of one crate, this does. It reads what the sources name
//! after `crate::`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A room, and the others that it may know. `text_enum` is a macro of the domain.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &["text_enum"]),
    ("store", &["chance", "domain", "private", "secret", "text_enum"]),
    ("workflow", &["chance", "domain", "secret", "store", "text_enum"]),
    ("notify", &["chance", "clock", "config", "domain", "private", "store", "texts"]),
    ("demo", &["chance", "domain", "secret", "store", "workflow"]),
    (
        "web",
        &[
            "chance",
            "clock",
            "config",
            "domain",
            "notify",
            "password",
            "scheduler",
            "secret",
            "store",
            "text_enum",
            "texts",
            "workflow",
        ],
    ),
    (
        "cli",
        &[
            "chance", "clock", "config", "demo", "domain", "password", "private", "secret", "store", "texts",
            "web", "workflow",
        ],
    ),
];

/// Doors: they use the store's values and never ask it anything themselves.
const DOORS: [&str; 2] = ["web", "cli"];

#[test]
fn nobody_walks_against_an_arrow() {
    let mut wrong = Vec::new();
    for (room, may_know) in ROOMS {
        for (file, source) in sources(&folder(room)) {
            for path in paths(&source) {
                let other = path.split("::").next().unwrap().to_owned();
                if other != *room && !may_know.contains(&other.as_str()) {
                    wrong.push(format!("{}: {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn doors_ask_use_cases_and_never_the_store() {
    let mut wrong = Vec::new();
    for room in DOORS {
        for (file, source) in sources(&folder(room)) {
            let asks = |path: &String| {
                let last = path.rsplit("::").next().unwrap_or_default();
                path.starts_with("store::") && !last.starts_with(|c: char| c.is_ascii_uppercase())
            };
            wrong.extend(
                paths(&source).iter().filter(|path| asks(path)).map(|p| format!("{}: {p}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_knows_no_json_no_api_description_and_no_cryptography() {
    let crates = ["serde_json", "utoipa", "aws_lc_rs", "json_patch"];
    let mut wrong = Vec::new();
    for (file, source) in sources(&folder("domain")) {
        let named = crates.iter().filter(|name| source.contains(*name));
        wrong.extend(named.map(|name| format!("{}: {name}", file.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_paths_of_a_source_are_found() {
    let source =
        "use crate::{\n  domain::{actor::Actor, ids::{A, B}},\n  store,\n};\nlet x = crate::chance::token();";
    let found = paths(source);
    let wanted = ["domain::actor::Actor", "domain::ids::A", "domain::ids::B", "store", "chance::token"];
    assert_eq!(found, BTreeSet::from(wanted.map(str::to_owned)));
}

fn folder(room: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)
}

/// Every source within a folder but its tests.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            all.extend(sources(&path));
        } else if !path.ends_with("tests.rs") {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            let code = |line: &&str| !line.trim_start().starts_with("//");
            all.push((path, source.lines().filter(code).collect::<Vec<_>>().join("\n")));
        }
    }
    all
}

/// The whole paths after each `crate::`, groups in braces taken apart.
fn paths(source: &str) -> BTreeSet<String> {
    let starts = source.match_indices("crate::").map(|(at, _)| &source[at + "crate::".len()..]);
    let mut all = BTreeSet::new();
    for rest in starts {
        take_apart(rest, "", &mut all);
    }
    all
}

/// Reads one path, or each of a group; returns what follows.
fn take_apart<'a>(text: &'a str, before: &str, all: &mut BTreeSet<String>) -> &'a str {
    let name_ends =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(name_ends);
    let path = format!("{before}{name}");
    if !rest.starts_with('{') || !(name.is_empty() || name.ends_with("::")) {
        all.insert(path.trim_end_matches(':').to_owned());
        return rest;
    }
    rest = rest[1..].trim_start();
    while !rest.starts_with('}') && !rest.is_empty() {
        rest = take_apart(rest, &path, all).trim_start().trim_start_matches(',').trim_start();
    }
    rest.get(1..).unwrap_or_default()
}
