//! Which module may use which. The compiler does not check the dependencies inside one crate, so these tests do. They
//! read the paths in the sources that begin with `crate::`, and those that lead to another module with `super::`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Every module of the crate, and the modules that it may use. `text_enum` is a macro of the domain.
const MODULES: &[(&str, &[&str])] = &[
    ("domain", &["text_enum"]),
    ("store", &["random", "digest", "domain", "keyring", "private", "text_enum"]),
    ("workflow", &["random", "clock", "digest", "domain", "keyring", "password", "store", "text_enum"]),
    ("notify", &["random", "clock", "config", "domain", "private", "store", "texts"]),
    ("scheduler", &["backoff", "domain", "workflow"]),
    ("jobs", &["backoff", "domain", "keyring", "store", "workflow"]),
    ("web", &["digest", "domain", "shapes", "texts", "workflow"]),
    ("shapes", &["domain", "workflow"]),
    (
        "service",
        &["clock", "config", "domain", "jobs", "notify", "private", "scheduler", "store", "web", "workflow"],
    ),
    ("demo", &["domain", "jobs", "store", "workflow"]),
    (
        "cli",
        &[
            "random", "clock", "config", "demo", "domain", "jobs", "keyring", "password", "private",
            "service", "shapes", "store", "texts", "workflow",
        ],
    ),
    ("backoff", &[]),
    ("random", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("password", &["random", "domain"]),
    ("private", &[]),
    ("digest", &[]),
    ("keyring", &["random", "digest", "private"]),
    ("texts", &["domain"]),
    ("lib", &[]),
    ("main", &[]),
];

/// Files that may use more than their module: keys and random values, until use cases offer them.
const EXEMPT: &[(&str, &[&str])] =
    &[("web/api/token.rs", &["random", "keyring", "store"]), ("web/csrf.rs", &["random", "keyring"])];

#[test]
fn every_module_uses_only_the_modules_that_it_may() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let allowed = MODULES.iter().find(|(known, _)| *known == module).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            wrong.push(format!("{module} is missing in MODULES"));
            continue;
        };
        for (file, source) in files {
            for path in paths(&source, &module_path_of(&file)) {
                let other = path.split("::").next().unwrap();
                let exempt = EXEMPT.iter().filter(|(named, _)| file == Path::new(named));
                let is_exempt = exempt.flat_map(|(_, others)| *others).any(|named| *named == other);
                if other != module && !allowed.contains(&other) && !is_exempt {
                    wrong.push(format!("{}: {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_command_line_calls_use_cases_and_never_the_store() {
    let mut wrong = Vec::new();
    for (file, source) in modules().remove("cli").unwrap() {
        let asks = |path: &String| {
            let last = path.rsplit("::").next().unwrap_or_default();
            path.starts_with("store::") && !last.starts_with(|c: char| c.is_ascii_uppercase())
        };
        let found = paths(&source, &module_path_of(&file));
        wrong.extend(found.iter().filter(|path| asks(path)).map(|p| format!("{}: {p}", file.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Only the store and the entrance open transactions; the other modules execute commands and queries.
#[test]
fn web_scheduler_and_jobs_open_no_transaction() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        if !["web", "scheduler", "jobs"].contains(&module.as_str()) {
            continue;
        }
        for (file, source) in files {
            let compact: String = source.split_whitespace().collect();
            let opens = [".db().read(", ".db().write(", ".db().write_for("];
            wrong.extend(opens.iter().filter(|call| compact.contains(**call)).map(|_| file.clone()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_domain_uses_no_json_no_api_description_and_no_cryptography() {
    let crates = ["serde_json", "utoipa", "aws_lc_rs", "json_patch"];
    let mut wrong = Vec::new();
    for (file, source) in modules().remove("domain").unwrap() {
        let named = crates.iter().filter(|name| source.contains(**name));
        wrong.extend(named.map(|name| format!("{}: {name}", file.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_paths_of_a_source_are_found() {
    let source =
        "use crate::{\n  domain::{actor::Actor, ids::{A, B}},\n  store,\n};\nlet x = crate::random::token();
        use super::super::digest::hex; use super::sibling::Thing; use super::{inner};";
    let found = paths(source, &["web".into(), "api".into()]);
    let wanted = [
        "domain::actor::Actor",
        "domain::ids::A",
        "domain::ids::B",
        "store",
        "random::token",
        "digest::hex",
        "web::sibling::Thing",
        "web::inner",
    ];
    assert_eq!(found, BTreeSet::from(wanted.map(str::to_owned)));
}

/// Every module of the crate with its sources, without tests.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut all: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for (file, source) in sources(Path::new(""), &root()) {
        let module = module_path_of(&file).into_iter().next().unwrap_or_else(|| "lib".to_owned());
        all.entry(module).or_default().push((file, source));
    }
    all
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The module path of a file: `web/api/token.rs` is `web::api::token`, `web/mod.rs` is `web`.
fn module_path_of(file: &Path) -> Vec<String> {
    let parts = file.with_extension("");
    let parts = parts.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.filter(|part| part != "mod").collect()
}

/// Every source in a folder, by its path below `src`, without comments and tests.
fn sources(below: &Path, folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = below.join(path.file_name().unwrap());
        if path.is_dir() {
            all.extend(sources(&name, &path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            let source = fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            let code = |line: &&str| !line.trim_start().starts_with("//");
            all.push((name, source.lines().filter(code).collect::<Vec<_>>().join("\n")));
        }
    }
    all
}

/// The full paths in a source of this module, from the crate's root. Groups in braces are split.
fn paths(source: &str, place: &[String]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (at, _) in source.match_indices("crate::") {
        split_path(&source[at + "crate::".len()..], "", &mut all);
    }
    let mut rest = source;
    while let Some(at) = rest.find("super::") {
        rest = &rest[at..];
        let mut above = place;
        while let Some(after) = rest.strip_prefix("super::") {
            (rest, above) = (after, above.split_last().map_or(&[][..], |(_, above)| above));
        }
        let before: String = above.iter().map(|part| format!("{part}::")).collect();
        split_path(rest, &before, &mut all);
    }
    all.retain(|path| !path.contains("super"));
    all
}

/// Reads one path, or each path of a group. Returns the text after it.
fn split_path<'a>(text: &'a str, before: &str, all: &mut BTreeSet<String>) -> &'a str {
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
        rest = split_path(rest, &path, all).trim_start().trim_start_matches(',').trim_start();
    }
    rest.get(1..).unwrap_or_default()
}
