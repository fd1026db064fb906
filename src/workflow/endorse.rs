//! Endorse a case at its stage.

use crate::{
    domain::{
        batch::OnFull,
        case::Dossier,
        event::{Facts, Words},
        lifecycle::{Action, BatchState, State},
        quota::Place,
        refusal::Conflict,
        review::Endorsement,
    },
    store,
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        claim::refuse_others_claim,
        entrance::Context,
        promote::can_travel,
        room::has_room,
        screen,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Endorses the case: on to the next stage; after the last, approved, or waitlisted when no place is left (or refused
/// with `batch_full`, if the batch has no waiting list).
#[derive(Clone, Debug, Default)]
pub struct Endorse {
    /// For officers.
    pub note: Option<String>,
}

impl CaseCommand for Endorse {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Endorse
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        refuse_others_claim(&dossier, ctx.actor)?;
        if dossier.blocking_findings().next().is_some() {
            return Err(Conflict::BlockingFinding.into());
        }
        let stage = dossier.case.stage.clone().ok_or(WorkflowError::NotFound)?;
        let step = match dossier.programme.stage_after(&stage).map(|next| next.code.clone()) {
            Some(next) => {
                let findings = screen::notice_passed_arrival(ctx.tx, &mut dossier, ctx.now)?;
                let facts = Facts { findings, ..Facts::default() };
                let step = CaseStep::to_stage(&dossier, &next, dossier.case.place, ctx.now);
                CaseStep { facts, ..step }
            }
            None => last_step(ctx, &dossier)?,
        };
        if let Some(by) = ctx.actor.identity.id() {
            dossier.review.endorse(Endorsement { stage, by });
        }
        let words = Words { note: self.note.clone(), ..Words::default() };
        transition::apply(ctx, dossier, CaseStep { words, ..step })
    }
}

fn last_step(ctx: &mut Context<'_, '_>, dossier: &Dossier) -> Result<CaseStep> {
    let case = &dossier.case;
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    // Its reviews are about to lapse.
    if batch.state == BatchState::Ended {
        return Err(Conflict::BatchState.into());
    }
    let today = dossier.programme.day_in(dossier.host(), ctx.now);
    if !can_travel(ctx.tx, dossier, today)? {
        return Err(Conflict::JourneyOver.into());
    }
    let has_place = case.place == Place::Held || has_room(ctx.tx, case)?;
    match (has_place, batch.on_full) {
        (true, _) => Ok(CaseStep { place: Place::Taken, ..CaseStep::end(State::Approved) }),
        (false, OnFull::Waitlist) => Ok(CaseStep::end(State::Waitlisted)),
        (false, OnFull::Refuse) => Err(Conflict::BatchFull.into()),
    }
}
