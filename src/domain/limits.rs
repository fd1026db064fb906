//! Every limit of what somebody may use or try, in one table. `docs/operating.md` prints it, and a test keeps them equal.
//! To add a limit: a line here, its use, and the printed table.

use std::time::Duration;

use jiff::SignedDuration;
use uuid::Uuid;

use super::actor::{Actor, Identity};
use crate::text_enum;

/// A megabyte, as the limits count.
pub const MEGABYTE: i64 = 1024 * 1024;

/// Declares the table: the doc comment is the first column, then the value and its unit, and the answer beyond it.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr, $unit:ident, $answer:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: $type = $value;)+

        /// The limits: what is limited, the value, and the answer beyond it.
        pub fn table() -> Vec<[String; 3]> {
            vec![$([concat!($($doc),+).trim().trim_end_matches('.').to_owned(), $unit($name), $answer.to_owned()]),+]
        }
    };
}

limits! {
    /// One file.
    FILE_BYTES: usize = 10 * 1024 * 1024, megabytes, "413 `too_large`";
    /// Documents of a case.
    FILES_OF_CASE: usize = 30, number, "422 `too_many_files`";
    /// Uploaded to a case in all, including removed documents.
    BYTES_OF_CASE: i64 = 300 * MEGABYTE, megabytes, "422 `case_storage_full`";
    /// Drafts that a person creates in a day.
    PERSON_DRAFTS: i64 = 20, number, "429 `limit_reached`";
    /// Documents that a person uploads in a day.
    PERSON_DOCUMENTS: i64 = 60, number, "429 `limit_reached`";
    /// The same in bytes.
    PERSON_BYTES: i64 = 200 * MEGABYTE, megabytes, "429 `limit_reached`";
    /// Drafts that the programs of an organisation create in a day (`CORRIDOR_PROGRAM_DRAFTS`).
    PROGRAM_DRAFTS: i64 = 100_000, number, "429 `limit_reached`";
    /// Uploaded by the programs of an organisation in a day.
    PROGRAM_BYTES: i64 = 20 * 1024 * MEGABYTE, megabytes, "429 `limit_reached`";
    /// Guesses of the password of an e-mail address from one network in a quarter of an hour.
    GUESSES_FROM_NETWORK: i32 = 10, number, "429 `too_many_attempts`";
    /// The same from anywhere.
    GUESSES_FROM_ANYWHERE: i32 = 100, number, "429 `too_many_attempts`";
    /// Wrong passwords of all e-mail addresses from one network in a quarter of an hour.
    GUESSES_OF_ALL_ADDRESSES: i32 = 500, number, "429 `too_many_attempts`";
    /// Wrong secrets of an API client from one network in a quarter of an hour.
    WRONG_SECRETS: i32 = 20, number, "429 `too_many_attempts`";
    /// Mails with a link to one e-mail address in an hour.
    MAILS_TO_ADDRESS: i32 = 3, number, "the same as before, and no mail";
    /// Mails with a link that are asked for from one network in an hour.
    MAILS_FROM_NETWORK: i32 = 60, number, "429 `too_many_attempts`";
    /// Passwords and secrets that wait to be checked, for each core.
    HASHES_WAITING: usize = 40, number, "503 `busy`; the page of a sign-in opens again by itself";
    /// A session.
    SESSION: SignedDuration = SignedDuration::from_hours(12), hours, "the page to sign in";
    /// The same without a request.
    IDLE_SESSION: SignedDuration = SignedDuration::from_hours(2), hours, "the page to sign in";
    /// A mailed link.
    LINK: SignedDuration = SignedDuration::from_hours(24), hours, "the page to ask for another";
    /// Changes that wait for the database.
    CHANGES_WAITING: usize = 1024, number, "503 `unavailable`";
    /// Time for the head of a request.
    HEAD_TIME: Duration = Duration::from_secs(15), seconds, "408, and the connection is closed";
    /// Time for an answer, without the time in which the client sends its body.
    REQUEST_TIME: Duration = Duration::from_secs(30), seconds, "503 `unavailable`; what was to be changed may still be changed";
    /// The body of a request without files.
    BODY_BYTES: usize = 1024 * 1024, megabytes, "413 `too_large`";
    /// Time in which nothing of a body arrives.
    BODY_SILENCE: Duration = Duration::from_secs(10), seconds, "408 `request_timeout`, and the connection is closed";
    /// Time for a body, on top of the time that it takes at the least rate.
    BODY_GRACE: Duration = Duration::from_secs(10), seconds, "the same; an answer is cut off";
    /// The least rate of a body and of an answer, in a second.
    BODY_RATE: usize = 2048, kilobytes, "the same";
    /// Time in which a reader takes nothing of an answer (Linux).
    STILL_READER: Duration = Duration::from_secs(30), seconds, "the connection is closed";
    /// Memory for the bodies of all requests together.
    MEMORY_OF_BODIES: usize = 64 * 1024 * 1024, megabytes, "after 5 s 503 `busy`";
    /// The same for one network.
    MEMORY_OF_NETWORK: usize = 16 * 1024 * 1024, megabytes, "after 5 s 503 `busy`";
    /// Memory for parsing bodies, eight times the size of each.
    MEMORY_OF_PARSERS: usize = 64 * 1024 * 1024, megabytes, "after 5 s 503 `busy`";
    /// Levels of a JSON body.
    MOST_DEPTH: usize = 32, number, "400 `not_json`";
    /// Objects and lists in a JSON body.
    MOST_CONTAINERS: usize = 1000, number, "413 `too_large`";
    /// Faults that an answer lists.
    MOST_FAULTS: usize = 100, number, "the others are counted: `more_errors`";
}

/// The time in which guesses of passwords and secrets are counted.
pub const GUESS_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// The time in which mails are counted.
pub const MAIL_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// The time in which drafts and uploads are counted.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

fn number(count: impl TryInto<i64>) -> String {
    let digits = count.try_into().unwrap_or(i64::MAX).to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

fn hours(time: SignedDuration) -> String {
    format!("{} h", time.as_hours())
}

fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes / 1024)
}

fn megabytes(bytes: impl TryInto<i64>) -> String {
    match bytes.try_into().unwrap_or(i64::MAX) / MEGABYTE {
        gigabytes if gigabytes >= 1024 && gigabytes % 1024 == 0 => format!("{} GB", gigabytes / 1024),
        megabytes => format!("{megabytes} MB"),
    }
}

/// The limits that the settings change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustable {
    /// In place of [`PROGRAM_DRAFTS`].
    pub program_drafts: i64,
}

impl Default for Adjustable {
    fn default() -> Self {
        Self { program_drafts: PROGRAM_DRAFTS }
    }
}

text_enum! {
    /// A limit of attempts.
    pub enum AttemptLimit {
        /// Wrong passwords.
        Passwords = "passwords",
        /// Wrong secrets of a client.
        Secrets = "secrets",
        /// Mails that strangers ask for.
        Mails = "mails",
    }
}

text_enum! {
    /// A limit of a day.
    pub enum DayLimit {
        /// Drafts of a person.
        Drafts = "drafts",
        /// Drafts of the programs of an organisation.
        ProgramDrafts = "program_drafts",
        /// Documents of a person.
        Documents = "documents",
        /// Bytes of documents.
        Bytes = "bytes",
    }
}

/// What is used, or may be used, of the limits of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Created drafts.
    pub drafts: i64,
    /// Uploaded documents.
    pub documents: i64,
    /// Their bytes.
    pub bytes: i64,
}

impl Used {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            drafts: self.drafts.saturating_add(other.drafts),
            documents: self.documents.saturating_add(other.documents),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What is left after `other` was used.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            drafts: self.drafts.saturating_sub(other.drafts),
            documents: self.documents.saturating_sub(other.documents),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// What somebody may use in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose use is counted together: a person, or all programs of an organisation.
    pub who: Uuid,
    /// The most that is used in a day.
    pub most: Used,
    is_program: bool,
}

impl Allowance {
    /// The allowance of an actor. The service itself has none.
    pub fn of(actor: &Actor, adjustable: Adjustable) -> Option<Self> {
        let who = actor.identity.id()?;
        Some(match actor.identity {
            Identity::Client(_) => Self {
                who: actor.organisation_id().map_or(who, |organisation| organisation.0),
                most: Used { drafts: adjustable.program_drafts, documents: i64::MAX, bytes: PROGRAM_BYTES },
                is_program: true,
            },
            _ => Self {
                who,
                most: Used { drafts: PERSON_DRAFTS, documents: PERSON_DOCUMENTS, bytes: PERSON_BYTES },
                is_program: false,
            },
        })
    }

    /// The limit that this use exceeds, and its value as the answer names it.
    pub fn exceeded_by(&self, used: Used) -> Option<(DayLimit, i64)> {
        let (most, drafts) =
            (self.most, if self.is_program { DayLimit::ProgramDrafts } else { DayLimit::Drafts });
        [
            (drafts, used.drafts > most.drafts, most.drafts),
            (DayLimit::Documents, used.documents > most.documents, most.documents),
            (DayLimit::Bytes, used.bytes > most.bytes, most.bytes / MEGABYTE),
        ]
        .into_iter()
        .find_map(|(limit, is_exceeded, most)| is_exceeded.then_some((limit, most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_prints_this_table() {
        let lines =
            table().into_iter().map(|[what, value, answer]| format!("| {what} | {value} | {answer} |\n"));
        let table = format!("| limit | value | answer |\n| --- | --- | --- |\n{}", lines.collect::<String>());
        let manual = include_str!("../../docs/operating.md");
        assert!(manual.contains(&table), "docs/operating.md must have\n{table}");
    }

    #[test]
    fn values_are_written_for_people() {
        assert_eq!((number(100_000), number(20)), ("100,000".to_owned(), "20".to_owned()));
        assert_eq!(
            (megabytes(10 * MEGABYTE), megabytes(PROGRAM_BYTES)),
            ("10 MB".to_owned(), "20 GB".to_owned())
        );
    }
}
