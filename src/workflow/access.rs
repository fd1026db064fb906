//! Queries that write an access record. The record is durable before the actor gets the answer. It is written once per
//! actor, subject and quarter of an hour; the case's own side leaves no records. All other reads are plain queries.

use std::{sync::Arc, time::Instant};

use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    Result, Service, WorkflowError,
    entrance::Context,
    report::{Outcome, report},
    subject::Permitted,
};
use crate::{
    domain::{
        access::{Access, AccessRecord},
        actor::Actor,
        ids::ApplicationId,
        policy::{self, Operation},
        refusal::Forbidden,
    },
    store::{self, Tx},
};

/// Within this time the same view is recorded once.
const ONCE_IN: SignedDuration = SignedDuration::from_mins(15);

/// A query for data of a case that only its own side may read without a record.
pub trait RecordedQuery: Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;

    /// The right that it needs: a line of the table of rights, and the case that it is about.
    fn right(&self) -> (Operation, ApplicationId);

    /// What is viewed, and its id.
    fn access(&self) -> (Access, Uuid);

    /// Reads it.
    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<ApplicationId>) -> Result<Self::Output>;
}

impl Service {
    /// Answers a query after its access record is written.
    pub async fn query_recorded<Q: RecordedQuery>(&self, actor: &Actor, query: Q) -> Result<Q::Output> {
        let (begun, (operation, case), query) = (Instant::now(), query.right(), Arc::new(query));
        let unrecorded = Arc::clone(&query);
        let result = match self.read(actor, move |ctx| ctx.query_unrecorded(&*unrecorded)).await {
            Ok(None) => {
                let (acting, now) = (actor.clone(), self.now());
                let work = move |tx: &mut Tx<'_>| Context::new(tx, &acting, now).query_recorded(&*query);
                self.db().write_for(Some(case), work).await
            }
            Ok(Some(output)) => Ok(output),
            Err(error) => Err(error),
        };
        report(actor, operation, begun, Outcome::from(&result));
        result
    }
}

impl Context<'_, '_> {
    /// Runs the query, and records it in the same transaction if needed.
    pub fn query_recorded<Q: RecordedQuery>(&mut self, query: &Q) -> Result<Q::Output> {
        let (operation, case) = query.right();
        let on = Permitted::load(self, operation, case)?;
        if is_missing(self, query, &on)? {
            // The case is locked, so that a simultaneous view finds this record.
            let locked = store::application::by_id_for_update(self.tx, case)?;
            let after_seq = locked.ok_or(WorkflowError::NotFound)?.event_seq;
            if is_missing(self, query, &on)? {
                self.record_access(case, query.access(), after_seq)?;
            }
        }
        query.run(self, on)
    }

    /// Runs the query if no record is needed; otherwise none.
    fn query_unrecorded<Q: RecordedQuery>(&mut self, query: &Q) -> Result<Option<Q::Output>> {
        let (operation, case) = query.right();
        let on = Permitted::load(self, operation, case)?;
        if is_missing(self, query, &on)? { Ok(None) } else { query.run(self, on).map(Some) }
    }

    fn record_access(
        &mut self,
        case: ApplicationId,
        (what, subject): (Access, Uuid),
        after_seq: i32,
    ) -> Result<()> {
        let record = AccessRecord {
            application: case,
            after_seq,
            number: store::access::next_number(self.tx, case, after_seq)?,
            at: self.now,
            actor_kind: self.actor.identity.kind().to_owned(),
            actor: self.actor.identity.id().ok_or(Forbidden::Role)?,
            actor_organisation: self.actor.organisation_id(),
            what,
            subject,
        };
        store::access::append(self.tx, record);
        Ok(())
    }
}

/// Whether the view still needs a record.
fn is_missing<Q: RecordedQuery>(
    ctx: &mut Context<'_, '_>,
    query: &Q,
    on: &Permitted<ApplicationId>,
) -> Result<bool> {
    if policy::is_side(on, ctx.actor) {
        return Ok(false);
    }
    let actor = ctx.actor.identity.id().ok_or(Forbidden::Role)?;
    let since = ctx.now.checked_sub(ONCE_IN).unwrap_or(ctx.now);
    Ok(!store::access::is_recorded(ctx.tx, on.case.id, actor, query.access(), since)?)
}
