//! Commands on one case: each is an action of the lifecycle.

use super::{
    Result,
    claim::{Assign, Claim, Unclaim},
    endorse::Endorse,
    entrance::{Command, Context},
    note::Note,
    refuse::Refuse,
    request_information::RequestInformation,
    resolve_finding::ResolveFinding,
    respond::Respond,
    revoke::Revoke,
    sponsorship::{AcceptSponsorship, DeclineSponsorship},
    subject::{Permitted, SeenCase},
    submit::Submit,
    surrender::Surrender,
    withdraw::Withdraw,
};
use crate::domain::{case::Dossier, lifecycle::Action, policy::Operation};

/// A command on a case. The lifecycle's row of its action says who may, from where to where.
pub trait CaseCommand: Send + Sync + Sized + 'static {
    /// Its output: mostly the case after it.
    type Output: Send + 'static;

    /// The action of the lifecycle.
    fn action(&self) -> Action;

    /// Runs it on a case that is locked and permitted.
    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Self::Output>;

    /// The command on this case.
    fn on(self, case: SeenCase) -> OnCase<Self> {
        OnCase { case, command: self }
    }
}

/// A command together with its case.
#[derive(Clone, Debug)]
pub struct OnCase<C> {
    case: SeenCase,
    command: C,
}

impl<C: CaseCommand> Command for OnCase<C> {
    type Subject = SeenCase;
    type Output = C::Output;

    fn right(&self) -> (Operation, SeenCase) {
        (Operation::Act(self.command.action()), self.case)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<C::Output> {
        self.command.run(ctx, dossier)
    }
}

macro_rules! case_actions {
    ($($command:ident),+) => {
        /// Any of the commands that an actor can choose for a case: what `{"action": …}` and a page's button say.
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "each variant is the command of the same name")]
        pub enum CaseAction { $($command($command)),+ }

        impl CaseCommand for CaseAction {
            type Output = Dossier;

            fn action(&self) -> Action {
                match self { $(Self::$command(command) => command.action()),+ }
            }

            fn run(
                &self,
                ctx: &mut Context<'_, '_>,
                dossier: Permitted<SeenCase>,
            ) -> Result<Dossier> {
                match self { $(Self::$command(command) => command.run(ctx, dossier)),+ }
            }
        }
    };
}

case_actions!(
    AcceptSponsorship,
    DeclineSponsorship,
    Submit,
    Claim,
    Unclaim,
    Assign,
    Endorse,
    RequestInformation,
    Respond,
    ResolveFinding,
    Note,
    Refuse,
    Withdraw,
    Surrender,
    Revoke
);
