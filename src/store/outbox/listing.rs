//! Messages as people see them: what they are about and how far they are, without address and contents. Messages are
//! sent again here.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::{
    domain::{
        delivery::{DeliveryState, Outcome},
        ids::{ApplicationId, NotificationId},
        notification::Channel,
    },
    store::{
        StoreError, Tx,
        erase::ERASED,
        schema::{applications, delivery_attempts, notifications},
        tx::Subject,
        types::At,
    },
};

/// A message of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMessage {
    /// Its id.
    pub id: NotificationId,
    /// The code of its kind; perhaps one that only another version knows.
    pub message: String,
    /// Its state.
    pub state: DeliveryState,
    /// When it was abandoned or sent; when it is tried next.
    pub at: Timestamp,
    /// The number of attempts.
    pub attempts: i32,
    /// Why the last attempt failed: what kind of failure it was, and the server's reply code or the like.
    pub failure: Option<(Outcome, String)>,
    /// The case that it is about.
    pub case: Option<ApplicationId>,
    /// The reference of the case.
    pub reference: Option<String>,
}

/// Where the next page of a listing begins: after this message.
pub type Place = (Timestamp, NotificationId);

impl ListedMessage {
    /// Its place in the listing.
    pub const fn place(&self) -> Place {
        (self.at, self.id)
    }
}

#[derive(Queryable)]
struct Row {
    id: NotificationId,
    message: String,
    state: DeliveryState,
    next_attempt_at: At,
    sent_at: Option<At>,
    attempts: i32,
    case: Option<ApplicationId>,
    reference: Option<String>,
    failure: Option<(Outcome, Option<String>)>,
}

impl From<Row> for ListedMessage {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: row.sent_at.filter(|_| row.state == DeliveryState::Sent).unwrap_or(row.next_attempt_at).0,
            failure: row
                .failure
                .filter(|(outcome, _)| *outcome != Outcome::Sent)
                .map(|(outcome, detail)| (outcome, detail.unwrap_or_default())),
            message: row.message,
            state: row.state,
            attempts: row.attempts,
            case: row.case,
            reference: row.reference,
        }
    }
}

/// Messages with their cases and their last attempts.
macro_rules! listed {
    () => {{
        let is_last = delivery_attempts::notification_id
            .eq(notifications::id)
            .and(delivery_attempts::attempt.eq(notifications::attempts));
        notifications::table
            .left_join(applications::table.on(notifications::application_id.eq(applications::id.nullable())))
            .left_join(delivery_attempts::table.on(is_last))
            .select((
                notifications::id,
                notifications::message,
                notifications::state,
                notifications::next_attempt_at,
                notifications::sent_at,
                notifications::attempts,
                notifications::application_id,
                applications::reference.nullable(),
                (delivery_attempts::outcome, delivery_attempts::detail).nullable(),
            ))
    }};
}

/// The messages of the channel in this state, the newest first: those that were abandoned last, or are tried last.
pub fn in_state(
    tx: &mut Tx<'_>,
    channel: Channel,
    state: DeliveryState,
    after: Option<Place>,
    at_most: i64,
) -> Result<Vec<ListedMessage>, StoreError> {
    let mut query = listed!()
        .filter(notifications::state.eq(state).and(notifications::channel.eq(channel)))
        .order((notifications::next_attempt_at.desc(), notifications::id.desc()))
        .limit(at_most)
        .into_boxed();
    if let Some((at, id)) = after {
        let later = notifications::id.lt(id).or(notifications::next_attempt_at.lt(At(at)));
        // The condition on the time alone is where the index scan begins.
        query = query.filter(notifications::next_attempt_at.le(At(at))).filter(later);
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(ListedMessage::from).collect())
}

/// The messages about a case, the oldest first.
pub fn of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<Vec<ListedMessage>, StoreError> {
    let of_case = listed!()
        .filter(notifications::application_id.eq(Some(case)))
        .order((notifications::event_seq, notifications::id));
    let rows: Vec<Row> = of_case.load(tx.conn()?)?;
    Ok(rows.into_iter().map(ListedMessage::from).collect())
}

/// The message with this id.
pub fn by_id(tx: &mut Tx<'_>, id: NotificationId) -> Result<Option<ListedMessage>, StoreError> {
    let row: Option<Row> = listed!().filter(notifications::id.eq(id)).first(tx.conn()?).optional()?;
    Ok(row.map(ListedMessage::from))
}

/// Makes a message pending again that was sent or abandoned. Its attempt policy starts again, its `Message-ID` stays. False:
/// it waits already, or its case was erased.
pub fn resend(tx: &mut Tx<'_>, id: NotificationId, now: Timestamp) -> Result<bool, StoreError> {
    let ended =
        notifications::state.ne(DeliveryState::Pending).and(notifications::recipient_sealed.ne(ERASED));
    let changed = diesel::update(notifications::table.find(id).filter(ended))
        .set((
            notifications::state.eq(DeliveryState::Pending),
            notifications::next_attempt_at.eq(At(now)),
            notifications::created_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(changed == 1)
}
