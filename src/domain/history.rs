//! Who sees what of a case's history. Every reader sees when something happened, what, and from which state and stage to
//! which. The rest is in the table. A kind of event that the table does not list is hidden from everybody, so a new one
//! needs its line.

use super::{
    event::{Event, Facts, Words},
    lifecycle::Action,
};
use crate::text_enum;

text_enum! {
    /// Who reads a history.
    pub enum Reader {
        /// The case's own side: the applicant and the sponsor.
        Side = "side",
        /// Those who review or audit the case. They also see who has viewed documents.
        Authority = "authority",
    }
}

text_enum! {
    /// A part of an event.
    pub enum Part {
        /// The name of the person or program that acted.
        Person = "person",
        /// The authority that acted.
        Authority = "authority",
        /// Grounds of a refusal or revocation.
        Grounds = "grounds",
        /// Which fields were changed.
        Fields = "fields",
        /// Until when an answer is awaited.
        RespondBy = "respond_by",
        /// The finding that was resolved.
        Finding = "finding",
        /// What screening noticed.
        Findings = "findings",
        /// The document that was added or removed.
        Evidence = "evidence",
        /// The number of the authorization.
        Authorization = "authorization",
        /// Its first and last day.
        Validity = "validity",
        /// The version of the rules that it was issued by.
        ProgrammeVersion = "programme_version",
        /// The kind of the message that was sent again.
        Message = "message",
        /// The new assignee.
        Assignee = "assignee",
        /// The note for officers.
        Note = "note",
        /// The words between authority and applicant.
        Words = "words",
        /// What the applicant is asked.
        Questions = "questions",
        /// What the applicant answered.
        Answers = "answers",
        /// What changed in the form, old beside new. Authorities see the numbers of travel documents masked.
        Changes = "changes",
    }
}

/// One line of the table: what each reader sees of a kind of event. None: it is not listed.
struct Line {
    action: Action,
    side: Option<&'static [Part]>,
    authority: Option<&'static [Part]>,
}

const fn line(action: Action, side: Option<&'static [Part]>, authority: Option<&'static [Part]>) -> Line {
    Line { action, side, authority }
}

/// The side does not see how officers share their work, what screening noticed, who acted for an authority, or what the
/// service does with the history itself.
#[rustfmt::skip]
const TABLE: &[Line] = {
    use Action::*; use Part::*;
    const HIDDEN: Option<&[Part]> = None;
    const ISSUED: &[Part] = &[Authorization, Validity, ProgrammeVersion];
    &[
        //   event               the case's own side                             those who review or audit it
        line(Create,             Some(&[Person]),                                Some(&[Person])),
        line(Edit,               Some(&[Person, Fields, Changes]),               Some(&[Person, Fields, Changes])),
        line(AddEvidence,        Some(&[Person, Evidence]),                      Some(&[Person, Evidence])),
        line(RemoveEvidence,     Some(&[Person, Evidence]),                      Some(&[Person, Evidence])),
        line(AcceptSponsorship,  Some(&[Person]),                                Some(&[Person])),
        line(DeclineSponsorship, Some(&[Person]),                                Some(&[Person])),
        line(Submit,             Some(&[Person]),                                Some(&[Person, Findings])),
        line(Respond,            Some(&[Person, Fields, Answers]),               Some(&[Person, Fields, Answers, Findings])),
        line(Withdraw,           Some(&[Person, Words]),                         Some(&[Person, Words])),
        line(Surrender,          Some(&[Person, Words, Authorization]),          Some(&[Person, Words, Authorization])),
        line(Claim,              HIDDEN,                                         Some(&[Person, Part::Authority, Assignee])),
        line(Unclaim,            HIDDEN,                                         Some(&[Person, Part::Authority, Assignee])),
        line(Assign,             HIDDEN,                                         Some(&[Person, Part::Authority, Assignee])),
        line(ResolveFinding,     HIDDEN,                                         Some(&[Person, Part::Authority, Finding, Part::Note])),
        line(Action::Note,       HIDDEN,                                         Some(&[Person, Part::Authority, Part::Note])),
        line(RequestInformation, Some(&[Part::Authority, RespondBy, Questions]), Some(&[Person, Part::Authority, RespondBy, Questions, Part::Note])),
        line(Endorse,            Some(&[Part::Authority, Authorization, Validity, ProgrammeVersion]),
                                 Some(&[Person, Part::Authority, Authorization, Validity, ProgrammeVersion, Findings, Part::Note])),
        line(Refuse,             Some(&[Part::Authority, Grounds, Words]),       Some(&[Person, Part::Authority, Grounds, Words, Part::Note])),
        line(Revoke,             Some(&[Part::Authority, Grounds, Words, Authorization]),
                                 Some(&[Person, Part::Authority, Grounds, Words, Authorization, Part::Note])),
        line(RecordEntry,        Some(&[Authorization]),                         Some(&[Person, Authorization])),
        line(Promote,            Some(ISSUED),                                   Some(ISSUED)),
        line(Notice,             HIDDEN,                                         Some(&[Findings])),
        line(Remind,             Some(&[]),                                      Some(&[])),
        line(Lapse,              Some(&[Authorization]),                         Some(&[Authorization])),
        line(Expire,             Some(&[Authorization]),                         Some(&[Authorization])),
        line(Complete,           Some(&[Authorization]),                         Some(&[Authorization])),
        line(ResendMessage,      Some(&[Message]),                               Some(&[Person, Message])),
        line(ViewDocument,       HIDDEN,                                         Some(&[Person, Part::Authority])),
        line(Erase,              Some(&[]),                                      Some(&[Person])),
        line(CloseHistory,       HIDDEN,                                         Some(&[])),
    ]
};

/// What a reader sees of events of this kind; none: it is not listed.
pub fn shown(action: Action, reader: Reader) -> Option<&'static [Part]> {
    let line = TABLE.iter().find(|line| line.action == action)?;
    match reader {
        Reader::Side => line.side,
        Reader::Authority => line.authority,
    }
}

/// Removes the facts and words of an event that are not among the parts.
pub fn keep(event: &mut Event, parts: &[Part]) {
    event.facts = facts_of(std::mem::take(&mut event.facts), parts);
    let words = event.words.take().map(|words| words_of(words, parts));
    event.words = words.filter(|words| !words.is_empty());
}

fn kept<T: Default>(parts: &[Part], part: Part, value: T) -> T {
    if parts.contains(&part) { value } else { T::default() }
}

/// Every fact is named, so that a new one is decided about.
fn facts_of(facts: Facts, parts: &[Part]) -> Facts {
    Facts {
        grounds: kept(parts, Part::Grounds, facts.grounds),
        fields: kept(parts, Part::Fields, facts.fields),
        respond_by: kept(parts, Part::RespondBy, facts.respond_by),
        finding: kept(parts, Part::Finding, facts.finding),
        findings: kept(parts, Part::Findings, facts.findings),
        evidence: kept(parts, Part::Evidence, facts.evidence),
        authorization: kept(parts, Part::Authorization, facts.authorization),
        message: kept(parts, Part::Message, facts.message),
        assignee: kept(parts, Part::Assignee, facts.assignee),
        programme_version: kept(parts, Part::ProgrammeVersion, facts.programme_version),
        validity: kept(parts, Part::Validity, facts.validity),
        // Only the events of authorizations and batches have these.
        crossed_on: None,
        programme: None,
        terms: None,
        commitment: None,
        seed: None,
    }
}

fn words_of(words: Words, parts: &[Part]) -> Words {
    Words {
        note: kept(parts, Part::Note, words.note),
        message: kept(parts, Part::Words, words.message),
        questions: kept(parts, Part::Questions, words.questions),
        answers: kept(parts, Part::Answers, words.answers),
        changes: kept(parts, Part::Changes, words.changes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_of_histories() {
        let mut grid = String::from("What each reader sees of each kind of event.\n");
        for action in Action::ALL {
            grid.push_str(&format!("\n{action}\n"));
            for reader in Reader::ALL {
                let parts = match shown(*action, *reader) {
                    None => "not listed".to_owned(),
                    Some([]) => "that it happened".to_owned(),
                    Some(parts) => parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(", "),
                };
                grid.push_str(&format!("  {:9}  {parts}\n", reader.as_str()));
            }
        }
        insta::assert_snapshot!(grid);
    }

    #[test]
    fn the_side_sees_no_more_than_the_authorities() {
        for line in TABLE {
            let authority = line.authority.unwrap_or_default();
            let more: Vec<_> =
                line.side.unwrap_or_default().iter().filter(|part| !authority.contains(part)).collect();
            assert!(
                more.is_empty() && (line.side.is_none() || line.authority.is_some()),
                "{}: {more:?}",
                line.action
            );
        }
    }

    #[test]
    fn each_kind_of_event_has_at_most_one_line() {
        let mut actions: Vec<Action> = TABLE.iter().map(|line| line.action).collect();
        actions.sort();
        actions.dedup();
        assert_eq!(actions.len(), TABLE.len());
    }
}
