//! The only function that moves a subject: a case, an authorization or a batch. State, ledger, event and outbox change
//! together, in the transaction of the caller, or not at all.

mod application;
mod authorization;
mod batch;
mod begin_history;
mod chain;
mod close_history;
mod issue;
mod standing;

pub(super) use application::as_conflict;
pub use application::{CaseStep, begin, record};
pub use authorization::AuthorizationStep;
pub use batch::{BatchStep, begin as begin_batch};
pub use begin_history::{begin_histories_of_authorizations, begin_history_of_batch};
pub use close_history::{close_histories_of_cases, close_history_of_authorization, close_history_of_batch};

use crate::{
    domain::{lifecycle::Lifecycle, policy::Permission},
    store::StoreError,
    workflow::{
        Result,
        entrance::Context,
        subject::{Guarded, Permitted},
    },
};

/// What a use case has decided for a subject.
pub trait Step {
    /// The lifecycle that it is a step of.
    type State: Lifecycle;
    /// The subject, as commands load it.
    type Loaded;

    /// The state before; none: there is no such subject.
    fn from(loaded: &Self::Loaded) -> Option<Self::State>;

    /// The state afterwards.
    fn to(&self) -> Self::State;

    /// Writes everything that belongs to the step. Only [`apply`] calls this.
    fn carry_out(
        self,
        ctx: &mut Context<'_, '_>,
        loaded: Self::Loaded,
        action: <Self::State as Lifecycle>::Action,
    ) -> Result<Self::Loaded>;
}

/// Moves the subject. The step must be one that the permission's row of the lifecycle allows.
pub fn apply<T: Step, S: Guarded<Loaded = T::Loaded>>(
    ctx: &mut Context<'_, '_>,
    permitted: Permitted<S>,
    step: T,
) -> Result<T::Loaded> {
    let action = permitted_action(permitted.permission(), T::from(&permitted), step.to())?;
    step.carry_out(ctx, permitted.into_inner(), action)
}

/// The action that was permitted. A step that its row of the lifecycle does not have is a bug.
fn permitted_action<S: Lifecycle>(
    permission: Permission,
    from: Option<S>,
    to: S,
) -> Result<S::Action, StoreError> {
    permission.action(from, to).ok_or_else(|| {
        let operation = permission.operation().as_str();
        StoreError::Broken(format!("the lifecycle has no {operation} from {from:?} to {to}"))
    })
}
