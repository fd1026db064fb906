//! The messages of the outbox, as people see them: those that were abandoned or wait, for administrators; those about a
//! case, for its readers. An administrator sends a message again.

use crate::{
    domain::{
        delivery::DeliveryState,
        event::Facts,
        ids::{ApplicationId, NotificationId},
        lifecycle::Action,
        notification::Channel,
        policy::Operation,
    },
    store,
    workflow::{
        Result, WorkflowError, dossier,
        entrance::{Command, Context, Query},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
        transition,
    },
};

/// A message without address and contents; its place in a listing.
pub use crate::store::outbox::{ListedMessage, Place};

/// The messages in a state, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListMessages {
    /// In this state.
    pub state: DeliveryState,
    /// After this message.
    pub after: Option<Place>,
    /// The maximum number of messages.
    pub at_most: i64,
}

impl Query for ListMessages {
    type Subject = Installation;
    type Output = Vec<ListedMessage>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListMessages, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<ListedMessage>> {
        Ok(store::outbox::in_state(ctx.tx, Channel::Email, self.state, self.after, self.at_most)?)
    }
}

/// The messages about a case, the oldest first.
#[derive(Clone, Copy, Debug)]
pub struct ShowMessages {
    /// The case.
    pub case: ApplicationId,
}

impl Query for ShowMessages {
    type Subject = ApplicationId;
    type Output = Vec<ListedMessage>;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowMessages, self.case)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<ApplicationId>) -> Result<Vec<ListedMessage>> {
        Ok(store::outbox::of_case(ctx.tx, self.case)?)
    }
}

/// Sends a message again that was abandoned, or that did not arrive, with the same `Message-ID`. It is told in the history
/// of the case; a message that is about no case leaves a line in the security log. A message that waits already is left
/// as it is.
#[derive(Clone, Copy, Debug)]
pub struct ResendMessage {
    /// Which.
    pub message: NotificationId,
}

impl Command for ResendMessage {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::ResendMessage, Installation)
    }

    fn security_event(&self, _: &()) -> Option<SecurityEvent> {
        SecurityEvent::new("message_resent", self.message)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let found = store::outbox::by_id(ctx.tx, self.message)?.ok_or(WorkflowError::NotFound)?;
        // The case first, as every transaction that changes something about it.
        let case = match found.case {
            Some(case) => store::application::by_id_for_update(ctx.tx, case)?,
            None => None,
        };
        if !store::outbox::resend(ctx.tx, self.message, ctx.now)? {
            let is_waiting = found.state == DeliveryState::Pending;
            return if is_waiting { Ok(()) } else { Err(WorkflowError::NotFound) };
        }
        match case {
            Some(case) => {
                let mut dossier = dossier::complete(ctx.tx, case)?;
                let facts = Facts { message: Some(found.message), ..Facts::default() };
                transition::record(ctx, &mut dossier, Action::ResendMessage, facts)
            }
            None => Ok(()),
        }
    }
}
