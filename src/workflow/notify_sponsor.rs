//! Tell a sponsor's representatives that applications name it and wait for its answer.

use crate::{
    domain::{
        actor::Role,
        ids::OrganisationId,
        notification::{Channel, Contents, Notification, SponsorshipRequested},
        policy::Operation,
    },
    store::{self, recipient::Recipient},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
    },
};

/// Sends one message for all open requests, if it is due. It is not due more than once a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifySponsor {
    /// The sponsor.
    pub sponsor: OrganisationId,
}

/// Requests are counted up to this number.
const MOST: i64 = 1000;

impl Command for NotifySponsor {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        // Another instance may have told them.
        if !store::sponsorship::take_notice(ctx.tx, self.sponsor, ctx.now)? {
            return Ok(());
        }
        let requests = store::sponsorship::count_open(ctx.tx, self.sponsor, MOST)?;
        if requests == 0 {
            return Ok(());
        }
        store::sponsorship::set_notified(ctx.tx, self.sponsor, ctx.now)?;
        let sponsor = store::organisation::by_id(ctx.tx, self.sponsor)?.ok_or(WorkflowError::NotFound)?;
        for Recipient { name, email, language } in
            store::recipient::members(ctx.tx, self.sponsor, Role::Sponsor)?
        {
            let contents = Contents::SponsorshipRequested(SponsorshipRequested {
                name,
                sponsor: sponsor.name.clone(),
                requests: u32::try_from(requests).unwrap_or(u32::MAX),
                path: "/sponsorships".to_owned(),
            });
            let notification = Notification { channel: Channel::Email, language, recipient: email, contents };
            store::outbox::enqueue(ctx.tx, None, &notification, ctx.now)?;
        }
        Ok(())
    }
}
