//! A case's history in words for officers: who, when, what, why, and what changed, with old and new values.

use crate::{
    domain::{case::Dossier, event::Event, form::Change, lifecycle::Action, programme::Programme},
    texts::Texts,
    web::pages::{faults::label_key, form_lines, words},
    workflow::history::{AccessLine, HistoryLine, Line},
};

/// An entry of the timeline.
pub struct Moment {
    /// When.
    pub at: String,
    /// What happened.
    pub what: String,
    /// The change of state or stage, if there is one.
    pub transition: Option<String>,
    /// Who did it, and for which authority.
    pub who: String,
    /// Grounds.
    pub grounds: Vec<String>,
    /// For officers only.
    pub note: Option<String>,
    /// Questions, answers and messages to or from the applicant.
    pub quotes: Vec<String>,
    /// Field, old value and new value.
    pub changes: Vec<(String, String, String)>,
}

/// The history, newest first.
pub fn of(t: Texts, dossier: &Dossier, lines: &[Line]) -> Vec<Moment> {
    let moment = |line: &Line| match line {
        Line::Event(line) => moment(t, dossier, line),
        Line::Access(line) => access_moment(t, &dossier.programme, line),
    };
    lines.iter().rev().map(moment).collect()
}

fn access_moment(t: Texts, programme: &Programme, line: &AccessLine) -> Moment {
    let mut what = t.get(&format!("event-{}", line.record.what));
    if let Some((kind, _)) = line.evidence.as_deref().and_then(|evidence| evidence.split_once(' ')) {
        what = format!("{what}: {}", words::evidence(t, programme, kind));
    }
    let organisation = line.organisation.as_deref().map(|code| words::authority(t, programme, code));
    let who: Vec<String> = line.actor_name.iter().cloned().chain(organisation).collect();
    Moment {
        at: t.instant(line.record.at),
        what,
        transition: None,
        who: who.join(" · "),
        grounds: Vec::new(),
        note: None,
        quotes: Vec::new(),
        changes: Vec::new(),
    }
}

fn moment(t: Texts, dossier: &Dossier, line: &HistoryLine) -> Moment {
    let event = &line.event;
    let programme = &dossier.programme;
    let authority = line.authority.as_deref().map(|code| words::authority(t, programme, code));
    let who: Vec<String> = line.actor_name.iter().cloned().chain(authority).collect();
    let grounds = event.facts.grounds.iter().map(|code| {
        let known = programme.grounds.iter().find(|ground| ground.code == *code);
        known.map_or(code.as_str(), |ground| ground.text.in_language(t.language.as_str())).to_owned()
    });
    let texts = event.words.clone().unwrap_or_default();
    let mut quotes = texts.questions;
    quotes.extend(texts.answers);
    quotes.extend(texts.message);
    Moment {
        at: t.instant(event.at),
        what: what(t, programme, event),
        transition: transition(t, programme, event),
        who: if who.is_empty() { t.get("history-system") } else { who.join(" · ") },
        grounds: grounds.collect(),
        note: texts.note,
        quotes,
        changes: texts.changes.iter().map(|change| change_line(t, change)).collect(),
    }
}

fn what(t: Texts, programme: &Programme, event: &Event) -> String {
    let mut what = t.get(&format!("event-{}", event.action));
    if let (Action::AddEvidence | Action::RemoveEvidence, Some(evidence)) =
        (event.action, &event.facts.evidence)
    {
        let kind = evidence.split(' ').next().unwrap_or_default();
        what = format!("{what}: {}", words::evidence(t, programme, kind));
    }
    let findings = event.facts.finding.iter().chain(&event.facts.findings);
    let findings: Vec<String> = findings.filter_map(|code| t.try_get(&format!("finding-{code}"))).collect();
    if !findings.is_empty() {
        what = format!("{what}. {}", findings.join(" "));
    }
    what
}

fn transition(t: Texts, programme: &Programme, event: &Event) -> Option<String> {
    let position = |state: crate::domain::lifecycle::State, stage: Option<&String>| match stage {
        Some(stage) => {
            format!("{}: {}", t.get(&format!("state-{state}")), words::stage(t, programme, stage))
        }
        None => t.get(&format!("state-{state}")),
    };
    let from = position(event.from?, event.from_stage.as_ref());
    let to = position(event.to, event.to_stage.as_ref());
    (from != to).then(|| format!("{from} → {to}"))
}

fn change_line(t: Texts, change: &Change) -> (String, String, String) {
    let value = |value| form_lines::words_of(t, &change.field, value).unwrap_or_else(|| "–".to_owned());
    let label = t.try_get(&label_key(&change.field)).unwrap_or_else(|| change.field.clone());
    (label, value(&change.old), value(&change.new))
}
