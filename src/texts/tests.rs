use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::*;

/// Key (or `key.attribute`) → names of its arguments.
pub(crate) type Keys = BTreeMap<String, BTreeSet<String>>;

/// Every key of a language's files.
pub(crate) fn keys(language: &str) -> Keys {
    let mut keys = Keys::new();
    let folder = format!("{}/locales/{language}", env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut current = String::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let trimmed = line.trim_start();
            if trimmed.starts_with('#') {
                continue;
            }
            if let Some((name, _)) = trimmed.split_once('=').filter(|(name, _)| is_name(name.trim())) {
                let name = name.trim();
                let is_attribute = name.starts_with('.') && line.starts_with(' ');
                if is_attribute || !line.starts_with(' ') {
                    let key = current.split('.').next().unwrap_or_default();
                    current = if is_attribute { format!("{key}{name}") } else { name.to_owned() };
                    let twice = keys.insert(current.clone(), BTreeSet::new());
                    assert!(twice.is_none(), "{current} stands twice in {language}");
                }
            }
            let arguments = line.split('$').skip(1).map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
                    .next()
                    .unwrap()
                    .to_owned()
            });
            keys.entry(current.clone()).or_default().extend(arguments);
        }
    }
    keys
}

fn is_name(name: &str) -> bool {
    let bare = name.strip_prefix('.').or_else(|| name.strip_prefix('-')).unwrap_or(name);
    bare.starts_with(|c: char| c.is_ascii_alphabetic())
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[test]
fn every_text_exists_in_every_language_with_the_same_arguments() {
    let english = keys("en");
    for language in ["zh", "ru", "kk"] {
        let other = keys(language);
        let missing: Vec<_> = english.keys().filter(|key| !other.contains_key(*key)).collect();
        let extra: Vec<_> = other.keys().filter(|key| !english.contains_key(*key)).collect();
        let different: Vec<_> =
            english.iter().filter(|(k, args)| other.get(*k).is_some_and(|o| o != *args)).collect();
        assert!(
            missing.is_empty() && extra.is_empty() && different.is_empty(),
            "{language}: missing {missing:?}, extra {extra:?}, other arguments {different:?}"
        );
    }
}

#[test]
fn every_text_can_be_found_and_nothing_invisible_stands_around_values() {
    for language in Language::ALL {
        let texts = Texts::of(*language);
        for (key, arguments) in keys(language.as_str()).into_iter().filter(|(key, _)| !key.is_empty()) {
            if arguments.is_empty() && !key.starts_with('-') {
                assert!(
                    LOCALES.lookup_single_language::<String>(texts.identifier(), &key, None).is_ok(),
                    "{key}"
                );
            }
        }
        assert!(!texts.with("page-title", "title", "X").contains('\u{2068}'));
    }
}

#[test]
fn every_text_that_is_asked_for_exists() {
    let known = keys("en");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    let mut folders = vec![root.join("templates"), root.join("src/web"), root.join("src/notify")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let asked =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(asked_keys);
                missing.extend(
                    asked.filter(|key| !known.contains_key(*key)).map(|key| format!("{path:?}: {key}")),
                );
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The keys in `t.get("…")`, `t.with("…", …)`, `.because("…", …)` and similar calls.
fn asked_keys(line: &str) -> impl Iterator<Item = &str> {
    ["t.get(\"", "t.with(\"", "t.with_two(\"", "t.with_all(\"", "because(\""].into_iter().flat_map(
        move |call| {
            line.match_indices(call).filter_map(move |(at, _)| {
                let is_word = line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
                if is_word { None } else { line[at + call.len()..].split('"').next() }
            })
        },
    )
}

#[test]
fn dates_numbers_and_countries_are_written_as_each_language_does() {
    let date: Date = "2026-03-05".parse().unwrap();
    let at: Timestamp = "2026-03-05T14:30:00Z".parse().unwrap();
    let all =
        |f: &dyn Fn(Texts) -> String| Language::ALL.iter().map(|l| f(Texts::of(*l))).collect::<Vec<_>>();
    assert_eq!(
        all(&|t| t.date(date)),
        ["5 March 2026", "2026年3月5日", "5 марта 2026\u{202f}г.", "2026\u{202f}ж. 5 наурыз"]
    );
    assert_eq!(all(&|t| t.country("KZ")), ["Kazakhstan", "哈萨克斯坦", "Казахстан", "Қазақстан"]);
    assert_eq!(all(&|t| t.number(1_000)), ["1,000", "1,000", "1\u{a0}000", "1\u{a0}000"]);
    for text in all(&|t| t.instant(at)) {
        assert!(text.contains("14:30") && text.ends_with(" UTC"), "{text}");
    }
    let in_almaty = Texts::of(Language::En).in_zone(Some("Asia/Almaty"));
    assert_eq!(in_almaty.instant(at), "5 March 2026 at 19:30 UTC+5 (14:30 UTC)");
    let late: Timestamp = "2026-03-05T20:30:00Z".parse().unwrap();
    assert_eq!(in_almaty.instant(late), "6 March 2026 at 01:30 UTC+5 (5 March 2026 at 20:30 UTC)");
    assert_eq!(in_almaty.day_of(late), "6 March 2026");
    let in_kathmandu = Texts::of(Language::En).in_zone(Some("Asia/Kathmandu"));
    assert!(in_kathmandu.instant(at).contains("20:15 UTC+5:45"));
    assert_eq!(Texts::of(Language::En).in_zone(Some("Asia/Atlantis")), Texts::of(Language::En));
}
