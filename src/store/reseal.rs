//! Reseals values from before there were case keys: from a master key to the key of their case.

use std::collections::BTreeMap;

use diesel::{
    PgConnection,
    prelude::*,
    sql_types::{Array, Binary, Integer},
};

use super::{
    StoreError, Tx, application, case_key,
    connection::AnyConnection,
    dialect::{locked, on_either},
    event, outbox,
    schema::{applications, events, notifications},
    statement::{cached_sql_around, update},
    types::Id,
};
use crate::{
    domain::ids::{ApplicationId, NotificationId},
    keyring::{KeyError, is_under_master_key},
};

/// What a slice has done.
#[derive(Debug, Default)]
pub struct Slice {
    /// The number of checked cases.
    pub cases: usize,
    /// Where the next one begins; none: there are no more cases.
    pub last: Option<ApplicationId>,
    /// Cases whose values cannot be opened. They do not change.
    pub unreadable: Vec<(ApplicationId, KeyError)>,
}

/// The sealed values of one case.
#[derive(Default)]
struct Values {
    form: Option<Vec<u8>>,
    words: Vec<(i32, Vec<u8>)>,
    /// Recipient and contents.
    messages: Vec<(NotificationId, Vec<u8>, Vec<u8>)>,
}

/// Reseals the values of the next cases, in the order of their ids. Does not wait for a case that another transaction
/// has locked: this transaction is retried instead.
pub fn slice(tx: &mut Tx<'_>, after: Option<ApplicationId>, at_most: i64) -> Result<Slice, StoreError> {
    let cases = read(tx, after, at_most)?;
    let ids: Vec<ApplicationId> = cases.keys().copied().collect();
    let is_last = i64::try_from(ids.len()).is_ok_and(|count| count < at_most);
    case_key::prefetch(tx, &ids)?;
    let mut slice =
        Slice { cases: ids.len(), last: ids.last().copied().filter(|_| !is_last), ..Slice::default() };
    let mut sealed = Vec::with_capacity(cases.len());
    for (case, values) in cases {
        match values.sealed_again(tx, case) {
            Ok(values) => sealed.push((case, values)),
            Err(StoreError::Sealed(error)) => slice.unreadable.push((case, error)),
            Err(error) => return Err(error),
        }
    }
    write(tx.changing_many()?, &sealed)?;
    Ok(slice)
}

/// The next cases with the values that are still under a master key.
fn read(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<BTreeMap<ApplicationId, Values>, StoreError> {
    let mut next =
        applications::table.order(applications::id).limit(at_most).select(applications::id).into_boxed();
    if let Some(after) = after {
        next = next.filter(applications::id.gt(after));
    }
    let ids: Vec<ApplicationId> = next.load(tx.conn()?)?;
    let forms = applications::table
        .filter(applications::id.eq_any(&ids))
        .order(applications::id)
        .select((applications::id, applications::form_sealed));
    let forms: Vec<(ApplicationId, Vec<u8>)> = locked!(tx.conn()?, forms, for_update().skip_locked(), load)?;
    // A case that a decision has locked must not be left out.
    if forms.len() < ids.len() {
        return Err(StoreError::Raced);
    }
    let mut cases: BTreeMap<ApplicationId, Values> = BTreeMap::new();
    for (case, form) in forms {
        cases.entry(case).or_default().form = Some(form).filter(|form| is_under_master_key(form));
    }
    let words = events::table
        .filter(events::application_id.eq_any(&ids).and(events::words_sealed.is_not_null()))
        .select((events::application_id, events::seq, events::words_sealed.assume_not_null()));
    let words: Vec<(ApplicationId, i32, Vec<u8>)> = on_either!(tx.conn()?, |conn| words.load(conn))?;
    for (case, seq, words) in words.into_iter().filter(|(.., words)| is_under_master_key(words)) {
        cases.entry(case).or_default().words.push((seq, words));
    }
    let ids: Vec<Option<ApplicationId>> = ids.into_iter().map(Some).collect();
    let messages = notifications::table.filter(notifications::application_id.eq_any(&ids)).select((
        notifications::application_id.assume_not_null(),
        notifications::id,
        notifications::recipient_sealed,
        notifications::contents_sealed,
    ));
    let messages: Vec<(ApplicationId, NotificationId, Vec<u8>, Vec<u8>)> =
        on_either!(tx.conn()?, |conn| messages.load(conn))?;
    for (case, id, recipient, contents) in messages {
        if is_under_master_key(&recipient) {
            cases.entry(case).or_default().messages.push((id, recipient, contents));
        }
    }
    Ok(cases)
}

impl Values {
    fn sealed_again(self, tx: &mut Tx<'_>, case: ApplicationId) -> Result<Self, StoreError> {
        let mut again = |place: String, sealed: &[u8]| -> Result<Vec<u8>, StoreError> {
            let plain = tx.keyring.open(&place, sealed)?;
            case_key::seal(tx, case, &place, &plain)
        };
        Ok(Self {
            form: self.form.map(|form| again(application::sealing_place(case), &form)).transpose()?,
            words: self
                .words
                .into_iter()
                .map(|(seq, words)| Ok((seq, again(event::sealing_place(case, seq), &words)?)))
                .collect::<Result<_, StoreError>>()?,
            messages: self
                .messages
                .into_iter()
                .map(|(id, recipient, contents)| {
                    let recipient = again(outbox::sealing_place(id, "recipient"), &recipient)?;
                    Ok((id, recipient, again(outbox::sealing_place(id, "contents"), &contents)?))
                })
                .collect::<Result<_, StoreError>>()?,
        })
    }
}

fn write(conn: &mut AnyConnection, cases: &[(ApplicationId, Values)]) -> Result<(), StoreError> {
    match conn {
        AnyConnection::Postgres(conn) => write_at_once(conn, cases)?,
        conn => write_one_by_one(conn, cases)?,
    }
    Ok(())
}

fn write_one_by_one(conn: &mut AnyConnection, cases: &[(ApplicationId, Values)]) -> QueryResult<()> {
    for (case, values) in cases {
        if let Some(form) = &values.form {
            let form =
                update(applications::table, applications::id.eq(case), applications::form_sealed.eq(form));
            on_either!(&mut *conn, |conn| form.execute(conn))?;
        }
        for (seq, words) in &values.words {
            let event = events::application_id.eq(case).and(events::seq.eq(seq));
            let words = update(events::table, event, events::words_sealed.eq(Some(words)));
            on_either!(&mut *conn, |conn| words.execute(conn))?;
        }
        for (id, recipient, contents) in &values.messages {
            let sealed =
                (notifications::recipient_sealed.eq(recipient), notifications::contents_sealed.eq(contents));
            let message = update(notifications::table, notifications::id.eq(id), sealed);
            on_either!(&mut *conn, |conn| message.execute(conn))?;
        }
    }
    Ok(())
}

fn write_at_once(conn: &mut PgConnection, cases: &[(ApplicationId, Values)]) -> QueryResult<()> {
    let forms = || cases.iter().filter_map(|(case, values)| Some((*case, values.form.as_deref()?)));
    cached_sql_around(
        "UPDATE applications AS a SET form_sealed = s.sealed FROM unnest(",
        (
            forms().map(|(case, _)| case).collect::<Vec<_>>().into_sql::<Array<Id>>(),
            forms().map(|(_, form)| form).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
        ),
        ") AS s (id, sealed) WHERE a.id = s.id",
    )
    .execute(conn)?;
    let words =
        || cases.iter().flat_map(|(case, values)| values.words.iter().map(move |words| (*case, words)));
    cached_sql_around(
        "UPDATE events AS e SET words_sealed = s.sealed FROM unnest(",
        (
            words().map(|(case, _)| case).collect::<Vec<_>>().into_sql::<Array<Id>>(),
            words().map(|(_, (seq, _))| *seq).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
            words().map(|(_, (_, words))| words.as_slice()).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
        ),
        ") AS s (id, seq, sealed) WHERE e.application_id = s.id AND e.seq = s.seq",
    )
    .execute(conn)?;
    let messages = || cases.iter().flat_map(|(_, values)| &values.messages);
    cached_sql_around(
        "UPDATE notifications AS n SET recipient_sealed = s.recipient, contents_sealed = s.contents FROM unnest(",
        (
            messages().map(|(id, ..)| *id).collect::<Vec<_>>().into_sql::<Array<Id>>(),
            messages().map(|(_, to, _)| to.as_slice()).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
            messages().map(|(.., contents)| contents.as_slice()).collect::<Vec<_>>().into_sql::<Array<Binary>>(),
        ),
        ") AS s (id, recipient, contents) WHERE n.id = s.id",
    )
    .execute(conn)?;
    Ok(())
}
