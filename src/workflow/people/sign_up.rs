//! Sign up as an applicant.

use crate::{
    domain::{actor::Role, field_error::FieldError, form, ids::AccountId, policy::Operation},
    random,
    store::{self, account::Account, one_time_link::Purpose},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::{limits, request_link},
        subject::{Installation, Permitted},
    },
};

/// Creates an account and sends a link to confirm its address and choose a password. If the address has an account
/// already, sends a link to choose a new password instead. The answer is the same.
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
        if let Some(known) = store::account::by_email(ctx.tx, &self.email)? {
            let is_confirmed = known.confirmed_at.is_some();
            let purpose = if is_confirmed { Purpose::ResetPassword } else { Purpose::ConfirmAddress };
            return request_link::send(ctx, &known, purpose);
        }
        let account = Account {
            id: AccountId(random::id()),
            email: self.email.trim().to_owned(),
            name: self.name.trim().to_owned(),
            password_hash: None,
            roles: vec![Role::Applicant],
            organisation: None,
            language: self.language.clone(),
            created_at: ctx.now,
            confirmed_at: None,
            disabled_at: None,
        };
        store::account::insert(ctx.tx, &account, ctx.by())?;
        request_link::send(ctx, &account, Purpose::ConfirmAddress)
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
