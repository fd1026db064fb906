//! The three lifecycles: of an application, of an authorization, of a batch. Each is one table: from which states, by
//! which action, to which state, by whom. Pages, the API's `available_actions` and the tests derive from them, and
//! `workflow/transition.rs`, the only function that moves a subject, checks them.

use std::fmt::{Debug, Display};

use super::party::Party;

mod application;
mod authorization;
mod batch;

pub use application::{Action, State};
pub use authorization::AuthorizationState;
pub use batch::{BatchAction, BatchState};

/// The states of a kind of subject, with the table of its transitions.
pub trait Lifecycle: Copy + Eq + Debug + Display + 'static {
    /// What can be done to the subject.
    type Action: Copy + Eq + Debug + Display + 'static;

    /// The whole lifecycle.
    const TABLE: &'static [Row<Self>];

    /// The row, if it is one of this lifecycle.
    fn row(row: &AnyRow) -> Option<&Row<Self>>;

    /// Whether an event may say that the action led from one state to the other.
    fn allows(action: Self::Action, from: Option<Self>, to: Self) -> bool {
        Self::TABLE.iter().any(|row| row.action == action && row.leads(from, to))
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<S: 'static> {
    /// The state stays.
    Stay,
    /// To this state.
    To(S),
    /// To one of these, as the use case decides.
    OneOf(&'static [S]),
}

/// One row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<S: Lifecycle> {
    /// From any of these states; none: it does not exist before …
    pub from: &'static [S],
    /// … by this action …
    pub action: S::Action,
    /// … to there …
    pub to: Target<S>,
    /// … by any of these.
    pub who: &'static [Party],
}

impl<S: Lifecycle> Row<S> {
    /// Whether it begins in a state; none: it brings the subject into being.
    pub fn begins(&self, from: Option<S>) -> bool {
        from.map_or(self.from.is_empty(), |from| self.from.contains(&from))
    }

    /// Whether it leads from one state to another.
    pub fn leads(&self, from: Option<S>, to: S) -> bool {
        self.begins(from)
            && match self.to {
                Target::Stay => from == Some(to),
                Target::To(state) => to == state,
                Target::OneOf(states) => states.contains(&to),
            }
    }
}

const fn row<S: Lifecycle>(
    from: &'static [S],
    action: S::Action,
    to: Target<S>,
    who: &'static [Party],
) -> Row<S> {
    Row { from, action, to, who }
}

/// A row of any of the tables.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each variant is the row of the lifecycle of the same name")]
pub enum AnyRow {
    Application(Row<State>),
    Authorization(Row<AuthorizationState>),
    Batch(Row<BatchState>),
}

#[cfg(test)]
mod tests;
