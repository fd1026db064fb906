//! What a person changes of the own account.

use crate::{
    domain::{actor::Actor, language::Language, refusal::Forbidden},
    store::{self, Tx},
    workflow::WorkflowError,
};

/// Sets a new password (the door has checked the old one). Every session ends; the door opens a new one.
pub fn change_password(tx: &mut Tx<'_>, actor: &Actor, password_hash: &str) -> Result<(), WorkflowError> {
    let id = actor.account().ok_or(Forbidden::Role)?;
    store::account::set_password(tx, id, password_hash)?;
    store::session::close_all(tx, id)?;
    Ok(())
}

/// Sets the language of pages and messages.
pub fn change_language(tx: &mut Tx<'_>, actor: &Actor, language: Language) -> Result<(), WorkflowError> {
    let id = actor.account().ok_or(Forbidden::Role)?;
    Ok(store::account::set_language(tx, id, language.as_str())?)
}

/// Ends every session of the person, this one too.
pub fn sign_out_everywhere(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), WorkflowError> {
    let id = actor.account().ok_or(Forbidden::Role)?;
    Ok(store::session::close_all(tx, id)?)
}
