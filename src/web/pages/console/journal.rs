//! `/console/journal`: the changes of batches, programmes, organisations, accounts and API clients, for auditors and
//! administrators.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        actor::Role,
        field_error::FieldError,
        journal::{JournalChange, JournalKind, JournalPlace},
        text_enum::UnknownCode,
    },
    texts::Texts,
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Query},
        pages::{Page, render},
    },
    workflow::list_journal::{ListJournal, ListedLine},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/console/journal").get(show));
}

const AT_A_TIME: usize = 20;

/// The query of the address. An empty value counts as none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct JournalQuery {
    kind: String,
    subject: String,
    after: String,
}

#[derive(Template)]
#[template(path = "pages/console/journal.html")]
struct JournalPage {
    page: Page,
    kind: Option<JournalKind>,
    subject: String,
    lines: Vec<ListedLine>,
    next: Option<String>,
}

impl JournalPage {
    fn kinds(&self) -> &'static [JournalKind] {
        JournalKind::ALL
    }

    fn is_chosen(&self, kind: &JournalKind) -> bool {
        self.kind == Some(*kind)
    }

    fn is_narrowed(&self) -> bool {
        self.kind.is_some() || !self.subject.is_empty()
    }

    fn title(&self, line: &ListedLine) -> String {
        let kind = self.page.t.get(&format!("journal-kind-{}", line.place.kind));
        let action = self.page.t.get(&format!("journal-action-{}", line.action));
        format!("{kind}: {action}")
    }

    fn label(&self, line: &ListedLine) -> String {
        line.label.clone().unwrap_or_else(|| line.place.subject.clone())
    }

    fn only_this(&self, line: &ListedLine) -> String {
        address(Some(line.place.kind), &line.place.subject, None)
    }

    /// Who did it, and for which organisation.
    fn who(&self, line: &ListedLine) -> String {
        let t = self.page.t;
        let who = match line.actor_kind.as_str() {
            "system" => t.get("history-system"),
            "operator" => t.get("journal-operator"),
            "anonymous" => t.get("journal-anonymous"),
            _ => line.actor.clone().unwrap_or_else(|| "–".to_owned()),
        };
        who.lines().map(str::to_owned).chain(line.organisation.clone()).collect::<Vec<_>>().join(" · ")
    }

    fn changes(&self, line: &ListedLine) -> Vec<(String, Option<String>, Option<String>)> {
        let words = |change: &JournalChange| {
            let (t, field) = (self.page.t, &change.field);
            let mut names = ["journal-field", "field", "ballot"].iter();
            let label = names.find_map(|group| t.try_get(&format!("{group}-{field}")));
            let label = label.unwrap_or_else(|| field.clone());
            let value = |value: &Option<String>| value.as_ref().map(|code| words_of(t, field, code));
            (label, value(&change.old), value(&change.new))
        };
        line.changes.iter().map(words).collect()
    }
}

/// A value in words: times in the reader's zone, roles, kinds and states by name; anything else as it is.
fn words_of(t: Texts, field: &str, value: &str) -> String {
    match field {
        "roles" => {
            let named = |code: &str| code.parse::<Role>().ok().map(|role| t.get(&format!("role-{role}")));
            value
                .split(' ')
                .map(|code| named(code).unwrap_or_else(|| code.to_owned()))
                .collect::<Vec<_>>()
                .join(", ")
        }
        "kind" => t.try_get(&format!("kind-{value}")).unwrap_or_else(|| value.to_owned()),
        "state" => t.try_get(&format!("batch-state-{value}")).unwrap_or_else(|| value.to_owned()),
        "hold_at" | "on_full" | "order" => {
            t.try_get(&format!("terms-{field}-{value}")).unwrap_or_else(|| value.to_owned())
        }
        "confirmed_at" | "disabled_at" | "opens_at" | "closes_at" => {
            value.parse::<jiff::Timestamp>().map_or_else(|_| value.to_owned(), |at| t.instant(at))
        }
        "travel_from" | "travel_until" => {
            value.parse::<jiff::civil::Date>().map_or_else(|_| value.to_owned(), |day| t.date(day))
        }
        _ => value.to_owned(),
    }
}

fn address(kind: Option<JournalKind>, subject: &str, after: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kind.map(|kind| ("kind", kind.as_str())));
    query.extend_pairs(Some(("subject", subject)).filter(|(_, subject)| !subject.is_empty()));
    query.extend_pairs(after.map(|after| ("after", after)));
    format!("/console/journal?{}", query.finish())
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<JournalQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let JournalQuery { kind, subject, after } = query.0;
    let kind: Option<JournalKind> = match kind.as_str() {
        "" => None,
        code => Some(code.parse().map_err(|UnknownCode { known }| {
            Problem::invalid(vec![FieldError::unknown_code("/kind", known)])
        })?),
    };
    let subject = subject.trim().to_owned();
    let listing = address(kind, &subject, None);
    let cursors = Cursors::of(&service, &actor.0, &listing);
    let after: Option<JournalPlace> = cursors.open(Some(&after))?;
    let wanted = ListJournal {
        kind,
        subject: Some(subject.clone()).filter(|subject| !subject.is_empty()),
        after,
        at_most: AT_A_TIME,
    };
    let found = service.query(&actor.0, wanted).await?;
    let next = cursors.seal(found.next.as_ref())?;
    let next = next.map(|after| address(kind, &subject, Some(&after)));
    render(&JournalPage { page, kind, subject, lines: found.lines, next })
}
