//! The journey of an undecided case, looked at on the days on which something may be due.

use jiff::SignedDuration;

use crate::{
    domain::{
        calendar,
        event::Facts,
        ids::ApplicationId,
        journey,
        lifecycle::{Action, BatchState, State},
        policy::Operation,
    },
    store,
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        screen,
        subject::{Installation, Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Looks at the journey of an undecided case: lets the case lapse when the journey or the batch is over, tells the last
/// stage when the day of arrival has passed, and reminds the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckJourney {
    /// The case.
    pub case: ApplicationId,
}

/// When a case is looked at again that cannot be opened.
const UNREADABLE: SignedDuration = SignedDuration::from_hours(1);

impl Command for CheckJourney {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        // Another instance may have looked at it.
        let due = match store::journey_check::of_case(ctx.tx, self.case)? {
            Some(due) if due <= ctx.now => due,
            _ => return Ok(()),
        };
        let notice = Operation::Act(Action::Notice);
        let mut permitted = match Permitted::load(ctx, notice, SeenCase::any_version(self.case)) {
            // It is decided.
            Err(WorkflowError::ActionNotAllowed { .. }) => {
                return Ok(store::journey_check::set(ctx.tx, self.case, None)?);
            }
            Err(error) if error.is_of_one_case() => {
                tracing::error!(code = error.log_code(), case = %self.case, %error, "a case cannot be opened; its journey is checked later");
                let later = ctx.now.checked_add(UNREADABLE).ok();
                return Ok(store::journey_check::set(ctx.tx, self.case, later)?);
            }
            found => found?,
        };
        let next = screen::next_journey_check(&permitted, ctx.now);
        store::journey_check::set(ctx.tx, self.case, next)?;
        let host = permitted.programme.time_zone(permitted.host());
        let (due, today) = (calendar::day_in(&host, due), calendar::day_in(&host, ctx.now));
        let batch = store::batch::by_id(ctx.tx, permitted.case.batch)?.ok_or(WorkflowError::NotFound)?;
        if batch.state == BatchState::Ended || journey::is_over(&permitted.case.form.journey, today) {
            let permitted = permitted.renew(ctx, Operation::Act(Action::Lapse))?;
            transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
            return Ok(());
        }
        let is_reminded = journey::is_reminder_due(&permitted.case.form.journey, due, today);
        let findings = screen::notice_passed_arrival(ctx.tx, &mut permitted, ctx.now)?;
        if !findings.is_empty() {
            let facts = Facts { findings, ..Facts::default() };
            let step = CaseStep { facts, ..CaseStep::stay(&permitted) };
            transition::apply(ctx, permitted, step)?;
        }
        if is_reminded {
            let remind = Operation::Act(Action::Remind);
            let permitted = Permitted::load(ctx, remind, SeenCase::any_version(self.case))?;
            let step = CaseStep::stay(&permitted);
            transition::apply(ctx, permitted, step)?;
        }
        Ok(())
    }
}
