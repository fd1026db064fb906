//! Removes rows that nobody needs any more.

use jiff::Timestamp;

use crate::{
    domain::policy::Operation,
    store::Tx,
    workflow::{
        Result,
        entrance::{Command, Context},
        idempotency,
        people::sign_in,
        subject::{Installation, Permitted},
    },
};

/// The kinds of old rows. Each is removed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of the design")]
pub enum Leftovers {
    Links,
    SignUps,
    Counts,
    Sessions,
    Answers,
}

impl Leftovers {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Links, Self::SignUps, Self::Counts, Self::Sessions, Self::Answers];
}

/// Removes sessions, links, sign-ups and counts that are over, or answers that no repeat gets any more.
#[derive(Clone, Copy, Debug)]
pub struct TidyUp {
    /// Which of them.
    pub what: Leftovers,
}

impl Command for TidyUp {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        match self.what {
            Leftovers::Answers => idempotency::tidy_up(ctx.tx, ctx.now),
            what => sign_in::tidy_up(ctx.tx, what, ctx.now),
        }
    }
}

/// Whether [`TidyUp`] has something to do.
pub(in crate::workflow) fn is_untidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool> {
    Ok(sign_in::is_untidy(tx, now)? || idempotency::is_untidy(tx, now)?)
}
