//! Sign up as an applicant.

use crate::{
    domain::{field_error::FieldError, form, policy::Operation},
    store::{self, one_time_link::Purpose},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::{limits, request_link},
        subject::{Installation, Permitted},
    },
};

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
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        if !limits::may_send_link(ctx, &self.email, &self.network)? {
            return Ok(());
        }
        let known = store::account::by_email(ctx.tx, &self.email)?;
        if let Some(known) = known.filter(|known| known.confirmed_at.is_some() || known.disabled_at.is_some())
        {
            return request_link::send(ctx, &known, Purpose::ResetPassword);
        }
        let new = store::sign_up::SignUp {
            email: self.email.trim().to_owned(),
            name: self.name.trim().to_owned(),
            language: self.language.clone(),
        };
        request_link::send_to_new(ctx, &new)
    }
}

impl SignUp {
    fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        match self.name.trim() {
            "" => faults.push(FieldError::new("/name", "required")),
            name if name.chars().count() > 100 => {
                faults.push(FieldError::new("/name", "too_long").with("most", 100))
            }
            name if name.chars().any(char::is_control) => {
                faults.push(FieldError::new("/name", "unprintable"))
            }
            name if form::is_address(name) => faults.push(FieldError::new("/name", "not_a_name")),
            _ => {}
        }
        match self.email.trim() {
            "" => faults.push(FieldError::new("/email", "required")),
            email if !form::is_email(email) => faults.push(FieldError::new("/email", "not_an_email")),
            _ => {}
        }
        faults
    }
}
