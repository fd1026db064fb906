//! The journal: the changes of programmes, organisations, accounts and API clients, with who made each and when. Each
//! of them has a chain of lines of its own, so that changes of different ones do not wait for each other. Batches have
//! their events (`event.rs`); auditors read both together.
//!
//! A line covers names and addresses of people by a digest: the chain can be checked without the key that opens them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actor::{Actor, Role},
    hashed_fields::HashedFields,
    ids::OrganisationId,
};
use crate::text_enum;

text_enum! {
    /// What has a journal.
    pub enum JournalKind {
        /// A batch. Its lines are its events.
        Batch = "batch",
        /// A programme with all its versions.
        Programme = "programme",
        /// An authority, a sponsor or a verifier.
        Organisation = "organisation",
        /// A person who signs in.
        Account = "account",
        /// A program that acts for an organisation.
        Client = "client",
    }
}

impl JournalKind {
    /// The kinds in the table `journal`.
    pub const IN_JOURNAL: [Self; 4] = [Self::Programme, Self::Organisation, Self::Account, Self::Client];
}

text_enum! {
    /// What was done.
    pub enum JournalAction {
        /// It is older than its journal. The line states what was found.
        Found = "found",
        /// It was created.
        Create = "create",
        /// A new version of a programme was applied.
        ApplyVersion = "apply_version",
        /// A password was chosen by a one-time link, which also confirms the address.
        ChoosePassword = "choose_password",
        /// The password was changed by its owner.
        ChangePassword = "change_password",
        /// The language was changed by its owner.
        ChangeLanguage = "change_language",
        /// Roles or organisation of an account were changed.
        ChangeRoles = "change_roles",
        /// A client got a new secret.
        RotateSecret = "rotate_secret",
        /// An account or a client was disabled.
        Disable = "disable",
        /// It was enabled again.
        Enable = "enable",
    }
}

/// What one row says, as its journal records it. Secrets and documents appear as digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// The kind of the subject.
    pub kind: JournalKind,
    /// A programme's code, or an id as text.
    pub subject: String,
    /// The organisation that the subject belongs to, or is.
    pub organisation: Option<OrganisationId>,
    /// Every value that the journal covers.
    pub values: Vec<JournalValue>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalValue {
    /// Its name, such as `roles`.
    pub field: &'static str,
    /// The value as text.
    pub value: Option<String>,
    /// Whether it is a name or an address of a person.
    pub is_personal: bool,
}

impl JournalValue {
    /// A value that says nothing about a person.
    pub fn plain(field: &'static str, value: Option<impl Into<String>>) -> Self {
        Self { field, value: value.map(Into::into), is_personal: false }
    }

    /// A name or an address of a person.
    pub fn personal(field: &'static str, value: &str) -> Self {
        Self { field, value: Some(value.to_owned()), is_personal: true }
    }

    /// A time, to the microsecond, as the databases store it.
    pub fn time(field: &'static str, at: Option<Timestamp>) -> Self {
        let stored = |at: Timestamp| Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        Self::plain(field, at.map(|at| stored(at).to_string()))
    }
}

/// A value that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct JournalChange {
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl JournalEntry {
    /// The values that differ from those of `before`: first the plain ones, then those about a person.
    pub fn changes_since(&self, before: Option<&Self>) -> (Vec<JournalChange>, Vec<JournalChange>) {
        let (mut plain, mut personal) = (Vec::new(), Vec::new());
        for JournalValue { field, value, is_personal } in &self.values {
            let old = before.and_then(|before| before.value(field));
            if old != value.as_deref() {
                let change = JournalChange {
                    field: (*field).to_owned(),
                    old: old.map(str::to_owned),
                    new: value.clone(),
                };
                if *is_personal { &mut personal } else { &mut plain }.push(change);
            }
        }
        (plain, personal)
    }

    /// The value of a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.iter().find(|value| value.field == field)?.value.as_deref()
    }
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct JournalLine {
    pub kind: JournalKind,
    pub subject: String,
    /// From 1, without gaps.
    pub seq: i32,
    pub at: Timestamp,
    /// `account`, `client`, `system`, `operator` or `anonymous`.
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub actor_organisation: Option<OrganisationId>,
    /// The organisation that the subject belongs to, or is.
    pub organisation: Option<OrganisationId>,
    pub action: JournalAction,
    pub changes: Vec<JournalChange>,
    /// Changed names and addresses of people; none if there are none, or they cannot be opened.
    pub words: Option<Vec<JournalChange>>,
    pub words_digest: Option<Vec<u8>>,
    pub previous_hash: Vec<u8>,
    /// The id of the key that the hash is made with.
    pub hash_key: String,
    pub hash: Vec<u8>,
}

impl JournalLine {
    /// The bytes that the hash is made of. `changes` is the JSON as stored.
    pub fn hashed_bytes(&self, changes: &str) -> Vec<u8> {
        HashedFields::default()
            .text("corridor journal 1")
            .bytes(&self.previous_hash)
            .text(self.kind.as_str())
            .text(&self.subject)
            .bytes(&self.seq.to_be_bytes())
            .time(self.at)
            .text(&self.actor_kind)
            .some_id(self.actor)
            .some_id(self.actor_organisation.map(|id| id.0))
            .some_id(self.organisation.map(|id| id.0))
            .text(self.action.as_str())
            .text(changes)
            .bytes(self.words_digest.as_deref().unwrap_or_default())
            .text(&self.hash_key)
            .into_bytes()
    }

    /// All changes of the line that can be read.
    pub fn all_changes(&self) -> impl Iterator<Item = &JournalChange> {
        self.changes.iter().chain(self.words.iter().flatten())
    }
}

/// A line as an audit reads it.
#[derive(Clone, Debug)]
pub struct AuditedLine {
    /// The line.
    pub line: JournalLine,
    /// Whether it has the hash of its contents. A hash whose key is missing counts as a match.
    pub hash_fits: bool,
    /// Whether its words have their digest. Words whose key is missing count as a match.
    pub words_fit: bool,
    /// The ids of the keys that are missing.
    pub missing_keys: Vec<String>,
}

/// The values of one subject after its last line. Values whose words cannot be opened are not known.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    values: BTreeMap<String, Option<String>>,
    has_unknown_words: bool,
}

impl Recorded {
    /// Adds a line. Returns a field whose old value is not the one that was recorded before.
    pub fn add(&mut self, line: &JournalLine) -> Option<String> {
        let mut differs = None;
        for change in line.all_changes() {
            let old = self.values.insert(change.field.clone(), change.new.clone()).flatten();
            if old != change.old && !(old.is_none() && self.has_unknown_words) {
                differs = Some(change.field.clone());
            }
        }
        if line.words.is_none() && line.words_digest.is_some() {
            // Which of the personal values the line has changed is not known any more.
            self.has_unknown_words = true;
            self.values.retain(|field, _| !PERSONAL.contains(&field.as_str()));
        }
        differs
    }

    /// The fields of a row whose values are not those that were recorded.
    pub fn differing<'a>(&self, entry: &'a JournalEntry) -> Vec<&'a str> {
        let differs = |value: &&JournalValue| match self.values.get(value.field) {
            None if value.is_personal && self.has_unknown_words => false,
            recorded => recorded.cloned().flatten() != value.value,
        };
        entry.values.iter().filter(differs).map(|value| value.field).collect()
    }
}

/// The personal fields of all kinds.
const PERSONAL: [&str; 2] = ["email", "name"];

/// Which lines an actor may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalSight {
    /// All.
    All,
    /// Those about this organisation, its accounts and clients, and the programmes in which it has a seat.
    Organisation {
        /// Its id.
        id: OrganisationId,
        /// Its code, as programmes name it.
        code: String,
    },
}

impl JournalSight {
    /// What an actor who may read the journal sees of it. An auditor of an organisation sees what concerns it; only an
    /// auditor without one and an administrator see all.
    pub fn of(actor: &Actor) -> Self {
        match &actor.organisation {
            Some(own) if !actor.is(Role::Administrator) => {
                Self::Organisation { id: own.id, code: own.code.clone() }
            }
            _ => Self::All,
        }
    }
}

/// A place in the listing of all lines, newest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of a line")]
pub struct JournalPlace {
    pub at: Timestamp,
    pub kind: JournalKind,
    pub subject: String,
    pub seq: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: i32, changes: &[(&str, Option<&str>, Option<&str>)]) -> JournalLine {
        let change = |(field, old, new): &(&str, Option<&str>, Option<&str>)| JournalChange {
            field: (*field).to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        JournalLine {
            kind: JournalKind::Account,
            subject: "a".into(),
            seq,
            at: Timestamp::UNIX_EPOCH,
            actor_kind: "operator".into(),
            actor: None,
            actor_organisation: None,
            organisation: None,
            action: JournalAction::Create,
            changes: changes.iter().map(change).collect(),
            words: None,
            words_digest: None,
            previous_hash: Vec::new(),
            hash_key: String::new(),
            hash: Vec::new(),
        }
    }

    fn entry(roles: &str, email: &str) -> JournalEntry {
        let values = vec![JournalValue::plain("roles", Some(roles)), JournalValue::personal("email", email)];
        JournalEntry { kind: JournalKind::Account, subject: "a".into(), organisation: None, values }
    }

    #[test]
    fn only_what_differs_is_a_change_and_personal_values_stand_apart() {
        let (plain, personal) = entry("officer", "a@x.example").changes_since(None);
        assert_eq!((plain.len(), personal.len()), (1, 1));
        let (plain, personal) =
            entry("auditor", "a@x.example").changes_since(Some(&entry("officer", "a@x.example")));
        assert_eq!(plain[0].old.as_deref(), Some("officer"));
        assert_eq!((plain.len(), personal.len()), (1, 0));
    }

    #[test]
    fn a_row_is_compared_with_the_last_values_and_unopened_words_are_not_known() {
        let mut recorded = Recorded::default();
        let mut first = line(1, &[("roles", None, Some("officer"))]);
        first.words =
            Some(vec![JournalChange { field: "email".into(), old: None, new: Some("a@x.example".into()) }]);
        first.words_digest = Some(vec![1]);
        assert_eq!(recorded.add(&first), None);
        assert_eq!(recorded.differing(&entry("officer", "a@x.example")), [""; 0]);
        assert_eq!(recorded.differing(&entry("administrator", "b@x.example")), ["roles", "email"]);
        assert_eq!(
            recorded.add(&line(2, &[("roles", Some("auditor"), Some("sponsor"))])).as_deref(),
            Some("roles")
        );

        let mut recorded = Recorded::default();
        recorded.add(&JournalLine { words: None, ..first });
        assert_eq!(recorded.differing(&entry("officer", "b@x.example")), [""; 0]);
    }

    #[test]
    fn lines_that_differ_in_one_field_have_different_bytes() {
        let one = line(1, &[]);
        let mut all = vec![one.hashed_bytes("[]"), one.hashed_bytes("[1]")];
        let organisation = Some(OrganisationId(Uuid::from_u128(7)));
        all.push(JournalLine { organisation, ..one.clone() }.hashed_bytes("[]"));
        all.push(JournalLine { actor_organisation: organisation, ..one.clone() }.hashed_bytes("[]"));
        all.push(JournalLine { action: JournalAction::Found, ..one }.hashed_bytes("[]"));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
