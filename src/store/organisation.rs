use super::{StoreError, Tx};
use crate::domain::{actor::OrganisationKind, ids::OrganisationId};
use jiff::Timestamp;
pub struct Organisation {
    pub id: OrganisationId,
    pub code: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub territory: Option<String>,
}
pub fn by_code(_tx: &mut Tx<'_>, _code: &str) -> Result<Option<Organisation>, StoreError> {
    todo!()
}
pub fn create(
    _tx: &mut Tx<'_>,
    _code: &str,
    _name: &str,
    _kind: OrganisationKind,
    _territory: Option<&str>,
    _now: Timestamp,
) -> Result<Organisation, StoreError> {
    todo!()
}
