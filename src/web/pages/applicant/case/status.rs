//! The status of a case, in words for the applicant and the sponsor.

use jiff::Timestamp;

use crate::{
    domain::{
        batch::Ordering,
        case::Dossier,
        delivery::DeliveryState,
        lifecycle::{Action, State},
    },
    texts::Texts,
    web::pages::words,
    workflow::{history::HistoryLine, outbox::ListedMessage, show_case::CaseView},
};

/// An entry of the timeline.
pub struct Moment {
    /// When.
    pub at: String,
    /// What happened.
    pub what: String,
    /// Who did it, if it was a person.
    pub who: Option<String>,
    /// Grounds, questions, answers and messages.
    pub quotes: Vec<String>,
}

/// What happens next, as sentences.
pub fn next(t: Texts, view: &CaseView, now: Timestamp) -> Vec<String> {
    let case = &view.dossier.case;
    let key = format!("next-{}", case.state);
    let until = || case.due_at.map(|at| t.instant(at)).unwrap_or_default();
    let authority = |authority: Option<&crate::domain::programme::Authority>| {
        authority.map(|a| a.name.in_language(t.language.as_str()).to_owned()).unwrap_or_default()
    };
    match case.state {
        State::Draft => sponsors_answer(t, view).into_iter().collect(),
        State::InReview => {
            let who = authority(view.dossier.current_authority());
            vec![t.with_two(&key, ("authority", who), ("until", until()))]
        }
        State::InformationRequested => {
            let who = authority(view.dossier.current_authority());
            let asked = t.with_two(&key, ("authority", who), ("until", until()));
            std::iter::once(asked).chain(sponsors_answer(t, view)).collect()
        }
        State::Waitlisted => {
            let until = t.instant(view.dossier.waits_until(&view.batch));
            let Some(place) = view.place_in_line else { return before_draw(t, view, until) };
            let order = match view.batch.ordering {
                Ordering::FirstCome => t.get("mail-order-first-come"),
                Ordering::Ranked => t.get("mail-order-ranked"),
                Ordering::Ballot => t.get("mail-order-ballot"),
            };
            vec![t.with_two(&key, ("place", i64::from(place)), ("until", until)), order]
        }
        State::Refused | State::Revoked => {
            let appeal = view.appeal(now).map(|appeal| {
                let address = appeal.authority.address.in_language(t.language.as_str()).to_owned();
                let values = [
                    ("authority", authority(Some(appeal.authority))),
                    ("address", address),
                    ("until", t.instant(appeal.until)),
                ];
                t.with_all("next-appeal", &values)
            });
            std::iter::once(t.get(&key)).chain(appeal).collect()
        }
        _ => vec![t.get(&key)],
    }
}

/// The messages about the case that could not be delivered.
pub fn undelivered(t: Texts, messages: &[ListedMessage]) -> Vec<String> {
    let dead = messages.iter().filter(|message| message.state == DeliveryState::Dead);
    dead.map(|each| {
        t.with_two("undelivered-line", ("kind", words::message(t, &each.message)), ("at", t.instant(each.at)))
    })
    .collect()
}

/// That the sponsor has not accepted, if the form names one that has not.
fn sponsors_answer(t: Texts, view: &CaseView) -> Option<String> {
    let request = view.dossier.sponsorship.as_ref()?;
    Some(t.with(&format!("sponsorship-{}", request.state), "sponsor", &request.sponsor.name))
}

/// Places are drawn by lot, and the draw has not been held.
fn before_draw(t: Texts, view: &CaseView, until: String) -> Vec<String> {
    let commitment = view.batch.ballot.as_ref().map(|ballot| ballot.commitment.to_string());
    vec![
        t.with("next-waitlisted-draw", "until", until),
        t.with("next-ballot-commitment", "commitment", commitment.unwrap_or_default()),
    ]
}

/// The questions that are open now.
pub fn open_questions(view: &CaseView, lines: &[HistoryLine]) -> Vec<String> {
    if view.dossier.case.state != State::InformationRequested {
        return Vec::new();
    }
    let asked = lines.iter().rev().find(|line| line.event.action == Action::RequestInformation);
    asked.and_then(|line| line.event.words.as_ref()).map(|words| words.questions.clone()).unwrap_or_default()
}

/// The history, newest first. Successive edits are shown as one entry.
pub fn timeline(t: Texts, dossier: &Dossier, lines: &[HistoryLine]) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut newer: Option<&HistoryLine> = None;
    for line in lines.iter().rev() {
        let is_form_work =
            |action| matches!(action, Action::Edit | Action::AddEvidence | Action::RemoveEvidence);
        let again = newer.is_some_and(|newer| {
            is_form_work(line.event.action)
                && is_form_work(newer.event.action)
                && newer.event.actor == line.event.actor
        });
        newer = Some(line);
        if !again {
            moments.push(moment(t, dossier, line));
        }
    }
    moments
}

fn moment(t: Texts, dossier: &Dossier, line: &HistoryLine) -> Moment {
    let event = &line.event;
    let programme = &dossier.programme;
    let mut what = t.get(&format!("event-{}", event.action));
    if let (Action::Endorse, Some(stage)) = (event.action, &event.from_stage) {
        what = format!("{what}: {}", words::stage(t, programme, stage));
    }
    if event.action != Action::Create && event.from != Some(event.to) && event.to != State::InReview {
        let state = t.get(&format!("state-{}", event.to));
        if state != what {
            what = format!("{what} → {state}");
        }
    }
    let language = t.language.as_str();
    let grounds = event.facts.grounds.iter().map(|code| {
        let known = programme.grounds.iter().find(|ground| ground.code == *code);
        known.map_or(code.as_str(), |ground| ground.text.in_language(language)).to_owned()
    });
    let quotes = event.words.iter().flat_map(|words| {
        words.questions.iter().chain(&words.answers).chain(&words.message).cloned().collect::<Vec<_>>()
    });
    let authority = line.authority.as_deref().map(|code| words::authority(t, programme, code));
    Moment {
        at: t.instant(event.at),
        what,
        who: authority.or_else(|| line.actor_name.clone()),
        quotes: grounds.chain(quotes).collect(),
    }
}
