//! Names for codes: directions, categories, stages, documents; and file sizes.

use crate::{
    domain::{
        batch::Batch,
        lifecycle::State,
        programme::{Programme, ends},
    },
    texts::Texts,
    workflow::outbox::ListedMessage,
};

/// The traveller's name. A draft may have none yet; an erased case has none any more.
pub fn traveller(t: Texts, family_name: &str, given_names: &str, state: State) -> String {
    match format!("{family_name} {given_names}").trim() {
        "" if state == State::Draft => t.get("applicant-nameless"),
        "" => t.get("event-erase"),
        name => name.to_owned(),
    }
}

/// A direction: `China to Kazakhstan`.
pub fn direction(t: Texts, code: &str) -> String {
    let (from, to) = ends(code);
    t.with_two("direction-words", ("from", t.country(from)), ("to", t.country(to)))
}

/// The first and last day of travel of a batch.
pub fn travel_window(t: Texts, batch: &Batch) -> String {
    let (from, until) = (t.date(batch.travel_from), t.date(batch.travel_until));
    t.with_two("applicant-travel-window", ("from", from), ("until", until))
}

/// A category's name; its code if the programme does not have it.
pub fn category(t: Texts, programme: &Programme, code: &str) -> String {
    let name = programme.category(code).map(|category| category.name.in_language(t.language.as_str()));
    name.unwrap_or(code).to_owned()
}

/// A stage's name.
pub fn stage(t: Texts, programme: &Programme, code: &str) -> String {
    let name = programme.stage(code).map(|stage| stage.name.in_language(t.language.as_str()));
    name.unwrap_or(code).to_owned()
}

/// The name of a kind of document.
pub fn evidence(t: Texts, programme: &Programme, kind: &str) -> String {
    let found = programme.evidence.iter().find(|known| known.kind == kind);
    found.map_or(kind, |known| known.name.in_language(t.language.as_str())).to_owned()
}

/// An authority's name.
pub fn authority(t: Texts, programme: &Programme, code: &str) -> String {
    let name = programme.authority(code).map(|authority| authority.name.in_language(t.language.as_str()));
    name.unwrap_or(code).to_owned()
}

/// The name of a kind of message; its code, if this version does not know it.
pub fn message(t: Texts, code: &str) -> String {
    t.try_get(&format!("message-{code}")).unwrap_or_else(|| code.to_owned())
}

/// Why the last attempt to deliver a message failed.
pub fn delivery_failure(t: Texts, message: &ListedMessage) -> String {
    let Some((outcome, detail)) = &message.failure else { return String::new() };
    t.with(&format!("messages-failure-{outcome}"), "detail", detail)
}

/// A file's size: `340 KB`, `2.4 MB`.
pub fn bytes(count: i32) -> String {
    match count {
        ..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} KB", count / 1_000),
        1_000_000.. => format!("{:.1} MB", f64::from(count) / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{delivery::Outcome, language::Language, notification::Message};

    #[test]
    fn every_kind_of_message_and_of_failure_has_a_name() {
        let t = Texts::of(Language::En);
        for kind in Message::ALL {
            assert_ne!(message(t, kind.as_str()), kind.as_str());
        }
        for outcome in Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Sent) {
            assert!(
                t.with(&format!("messages-failure-{outcome}"), "detail", "550").contains("550"),
                "{outcome}"
            );
        }
    }
}
