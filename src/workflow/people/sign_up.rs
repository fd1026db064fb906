//! Sign up as an applicant.

use crate::{
    domain::{email::EmailAddress, policy::Operation, typed},
    store::{self, one_time_link::Purpose},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::{limits, request_link},
        subject::{Installation, Permitted},
    },
};

/// The longest name of a person.
pub(super) const NAME: usize = 100;

/// Sends a link that confirms the address; when it is used, an account is made and its password chosen. Until then
/// nobody is kept from the address, whoever has typed it. If the address has an account already, sends a link to choose a
/// new password instead. The answer is the same.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The address, to be confirmed.
    pub email: String,
    /// How to address the person.
    pub name: String,
    /// The language of pages and messages.
    pub language: String,
    /// The network that the request comes from.
    pub network: String,
}

impl Command for SignUp {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let (name, email) = self.checked()?;
        if !limits::may_send_link(ctx, email.as_typed(), &self.network)? {
            return Ok(());
        }
        let known = store::account::by_email(ctx.tx, email.as_typed())?;
        if let Some(known) = known.filter(|known| known.confirmed_at.is_some() || known.disabled_at.is_some())
        {
            return request_link::send(ctx, &known, Purpose::ResetPassword);
        }
        let new = store::sign_up::SignUp {
            email: email.as_typed().to_owned(),
            name,
            language: self.language.clone(),
        };
        request_link::send_to_new(ctx, &new)
    }
}

impl SignUp {
    /// Name and address, or every fault.
    fn checked(&self) -> Result<(String, EmailAddress)> {
        let mut faults = Vec::new();
        let name = typed::required_name(&self.name, NAME);
        let name = name.map_err(|fault| faults.push(fault.at("/name"))).unwrap_or_default();
        match EmailAddress::required(&self.email, "/email") {
            Ok(email) if faults.is_empty() => Ok((name, email)),
            email => Err(WorkflowError::Invalid(faults.into_iter().chain(email.err()).collect())),
        }
    }
}
