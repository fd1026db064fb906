use super::{StoreError, Tx};
use crate::domain::{actor::Actor, ids::AccountId};
pub fn actor_of(_tx: &mut Tx<'_>, _id: AccountId) -> Result<Option<Actor>, StoreError> {
    todo!()
}
