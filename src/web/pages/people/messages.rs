//! `/admin/messages`: the messages that were abandoned or wait, for administrators, who send them again.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::super::{Page, redirect_to, render};
use crate::{
    domain::{delivery::DeliveryState, ids::NotificationId},
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, EmptyForm, Form, Query},
        pages::words,
    },
    workflow::outbox::{ListMessages, ListedMessage, ResendMessage},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/messages").get(show))
        .service(web::resource("/admin/messages/{id}/resend").post(resend));
}

const PAGE_SIZE: usize = 50;

/// The states that the page can show.
const STATES: [DeliveryState; 2] = [DeliveryState::Dead, DeliveryState::Pending];

/// The query of the address. Without a state the page shows the messages that were abandoned.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    state: Option<DeliveryState>,
    after: Option<String>,
    done: bool,
}

#[derive(Template)]
#[template(path = "pages/people/messages.html")]
struct MessagesPage {
    page: Page,
    state: DeliveryState,
    messages: Vec<ListedMessage>,
    next: Option<String>,
    /// Whether a message was just put back.
    done: bool,
}

impl MessagesPage {
    fn states(&self) -> [DeliveryState; 2] {
        STATES
    }

    fn is_dead(&self) -> bool {
        self.state == DeliveryState::Dead
    }

    fn kind(&self, message: &ListedMessage) -> String {
        words::message(self.page.t, &message.message)
    }

    fn failure(&self, message: &ListedMessage) -> String {
        words::delivery_failure(self.page.t, message)
    }
}

fn address(state: DeliveryState) -> String {
    format!("/admin/messages?state={state}")
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let ListQuery { state, after, done } = query.0;
    let state = state.filter(|state| STATES.contains(state)).unwrap_or(DeliveryState::Dead);
    let listing = address(state);
    let cursors = Cursors::of(&service, &actor.0, &listing);
    let after = cursors.open(after.as_deref())?;
    let wanted = ListMessages { state, after, at_most: PAGE_SIZE as i64 + 1 };
    let mut messages = service.query(&actor.0, wanted).await?;
    let next = cursors.cut(&mut messages, PAGE_SIZE, ListedMessage::place)?;
    render(&MessagesPage { page, state, messages, next, done })
}

async fn resend(
    actor: CurrentActor,
    id: web::Path<NotificationId>,
    _: Form<EmptyForm>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    service.execute(&actor.0, ResendMessage { message: *id }).await?;
    Ok(redirect_to("/admin/messages?done=true"))
}
