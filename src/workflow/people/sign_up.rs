//! Sign up as an applicant.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{actor::Role, field_error::FieldError, form, ids::AccountId},
    store::{self, Tx, account::Account, one_time_link::Purpose},
    workflow::{WorkflowError, people::request_link},
};

/// What a new applicant tells.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The address, to be confirmed.
    pub email: String,
    /// How to address the person.
    pub name: String,
    /// The language of pages and messages.
    pub language: String,
}

/// Makes an account and sends the link with which its address is confirmed and its password chosen. To an address
/// that has an account already, a link to choose a new password is sent instead: the answer is the same for both.
pub fn sign_up(tx: &mut Tx<'_>, wish: &SignUp, token: &str, now: Timestamp) -> Result<(), WorkflowError> {
    let faults = faults(wish);
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    if let Some(known) = store::account::by_email(tx, &wish.email)? {
        let purpose =
            if known.confirmed_at.is_some() { Purpose::ResetPassword } else { Purpose::ConfirmAddress };
        return request_link::send(tx, &known, purpose, token, now);
    }
    let account = Account {
        id: AccountId(chance::fresh_id()),
        email: wish.email.trim().to_owned(),
        name: wish.name.trim().to_owned(),
        password_hash: None,
        roles: vec![Role::Applicant],
        organisation: None,
        language: wish.language.clone(),
        created_at: now,
        confirmed_at: None,
        disabled_at: None,
    };
    store::account::insert(tx, &account)?;
    request_link::send(tx, &account, Purpose::ConfirmAddress, token, now)
}

fn faults(wish: &SignUp) -> Vec<FieldError> {
    let mut faults = Vec::new();
    match wish.name.trim() {
        "" => faults.push(FieldError::new("/name", "required")),
        name if name.chars().count() > 100 => {
            faults.push(FieldError::new("/name", "too_long").with("most", 100))
        }
        name if name.chars().any(char::is_control) => faults.push(FieldError::new("/name", "unprintable")),
        _ => {}
    }
    match wish.email.trim() {
        "" => faults.push(FieldError::new("/email", "required")),
        email if !form::is_email(email) => faults.push(FieldError::new("/email", "not_an_email")),
        _ => {}
    }
    faults
}
