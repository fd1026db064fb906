//! Messages that were given up, and messages that are pending when the register is kept.

use corridor::{
    chance,
    domain::{
        delivery::{DeliveryState, Outcome},
        lifecycle::State,
    },
    store::{StoreError, outbox},
    workflow::people::{
        request_link,
        sign_up::{self, SignUp},
    },
};
use jiff::SignedDuration;

use super::{
    super::MailServer,
    cases::{Kind, USUAL},
    cast::Fill,
};

const LANGUAGES: [&str; 4] = ["en", "zh", "ru", "kk"];

impl Fill<'_> {
    /// Messages that were given up, since the mail server was away for a day.
    pub(super) async fn messages_given_up(&self, server: &MailServer) -> i64 {
        let batch = self.batch("Batch 1").await;
        server.go_away();
        self.case(&batch, USUAL, "submit").await;
        self.case(
            &batch,
            Kind { language: Some("zh"), owner: "applicant@example.org", ..USUAL },
            "submit refuse",
        )
        .await;
        self.until_failed_attempts(4).await;
        self.days(1);
        self.world.advance(SignedDuration::from_hours(1));
        self.until_nothing_is_pending().await;
        server.come_back();
        self.messages(DeliveryState::Dead).await
    }

    /// Messages of every kind in every language that have not left, since the mail server went away.
    pub(super) async fn pending_messages(&self, server: &MailServer) {
        let (batch, full) = (self.batch("Batch 1").await, self.batch("Medical experts").await);
        server.go_away();
        let mut lapsing = Vec::new();
        for language in LANGUAGES {
            let kind = Kind { language: Some(language), owner: "expert@example.org", ..USUAL };
            lapsing.push(self.case(&batch, kind, "submit ask-for-minutes").await);
        }
        for language in LANGUAGES {
            let kind = Kind { language: Some(language), ..USUAL };
            self.case(&batch, kind, "submit ask").await;
            self.case(&full, Kind { category: "business", ..kind }, "submit").await;
            self.case(&batch, kind, "submit endorse endorse endorse").await;
            self.case(&batch, kind, "submit refuse").await;
            self.case(&batch, kind, "submit withdraw").await;
            self.case(&batch, kind, "submit endorse endorse endorse revoke").await;
            let new = SignUp {
                email: format!("new-{language}@example.org"),
                name: format!("New {language}"),
                language: language.to_owned(),
            };
            self.write(move |tx, now| sign_up::sign_up(tx, &new, &chance::token(), now)).await;
        }
        for email in
            ["applicant@example.org", "expert@example.org", "sponsor@steppe.example", "batches@example.org"]
        {
            self.write(move |tx, now| request_link::request_link(tx, email, &chance::token(), now)).await;
        }
        for case in lapsing {
            self.until(case, State::Lapsed).await;
        }
        self.until_failed_attempts(12).await;
    }

    pub(super) async fn messages(&self, state: DeliveryState) -> i64 {
        let counts: Result<_, StoreError> = self.world.db().read(outbox::count_by_state).await;
        counts.unwrap().into_iter().find(|(each, _)| *each == state).map_or(0, |(_, count)| count)
    }

    /// Waits until no message is pending: each was sent or given up.
    pub(super) async fn until_nothing_is_pending(&self) {
        self.world
            .until("nothing is pending", async || self.messages(DeliveryState::Pending).await == 0)
            .await;
    }

    pub(super) async fn until_failed_attempts(&self, count: i64) {
        self.world
            .until("attempts fail", async || {
                let counts: Result<_, StoreError> = self.world.db().read(outbox::count_attempts).await;
                let failed = counts.unwrap().into_iter().filter(|(outcome, _)| *outcome != Outcome::Sent);
                failed.map(|(_, count)| count).sum::<i64>() >= count
            })
            .await;
    }
}
