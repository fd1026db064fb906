use super::{StoreError, Tx};
use crate::domain::{
    ids::{ApplicationId, NotificationId},
    notification::Notice,
};
use jiff::Timestamp;
pub fn enqueue(
    _tx: &mut Tx<'_>,
    _event: Option<(ApplicationId, i32)>,
    _notice: &Notice,
    _now: Timestamp,
) -> Result<NotificationId, StoreError> {
    todo!()
}
