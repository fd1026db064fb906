//! The SQL types that the two databases spell differently, and the conversions of our values.
//!
//! | ours | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | [`Id`] | `uuid` | 16 bytes |
//! | [`Instant`] | `timestamptz`, microseconds | RFC 3339 text of fixed width, so that text order is time order |
//! | [`Day`] | `date` | ISO 8601 text |

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, Queryable},
    expression::AsExpression,
    // What Diesel's derives use. The ids are declared in `domain`, which must not depend on Diesel.
    internal::derives::as_expression::Bound,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{HasSqlType, SingleValue, SqlOrd, SqlType, Text},
    sqlite::Sqlite,
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use uuid::Uuid;

use super::connection::MultiBackend;

/// A UUID.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

/// A moment in time, UTC.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Text"))]
pub struct Instant;

impl SqlOrd for Instant {}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1082, array_oid = 1182), sqlite_type(name = "Text"))]
pub struct Day;

macro_rules! for_both_databases {
    ($($sql:ty),+) => {$(
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }
    )+};
}
for_both_databases!(Id, Instant, Day);

/// Makes a Rust type usable as a value of one SQL type in both databases.
macro_rules! value {
    ($rust:ty as $sql:ty) => {
        impl AsExpression<$sql> for $rust {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<$sql> for &'a $rust {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }
        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
        impl<DB> Queryable<$sql, DB> for $rust
        where
            DB: Backend,
            $sql: SingleValue,
            Self: FromSql<$sql, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

/// Typed ids, stored as [`Id`].
macro_rules! id_values {
    ($($rust:ty),+ $(,)?) => {$(
        value!($rust as Id);
        impl ToSql<Id, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                std::io::Write::write_all(out, self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }
        impl FromSql<Id, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.as_bytes())?))
            }
        }
        impl ToSql<Id, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.0.as_bytes().as_slice());
                Ok(IsNull::No)
            }
        }
        impl FromSql<Id, Sqlite> for $rust {
            fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(Uuid::from_slice(value.read_blob())?))
            }
        }
    )+};
}
use crate::domain::ids::{
    AccountId, ApplicationId, BatchId, ClientId, EvidenceId, FindingId, JobId, NotificationId, OrganisationId,
};
id_values!(
    OrganisationId,
    AccountId,
    ClientId,
    BatchId,
    ApplicationId,
    EvidenceId,
    FindingId,
    NotificationId,
    JobId,
    AnyId
);

/// 32 bytes of a ballot, stored as they are.
mod bytes32 {
    use super::*;
    use crate::domain::ballot::Bytes32;
    use diesel::sql_types::Binary;

    value!(Bytes32 as Binary);
    impl ToSql<Binary, Pg> for Bytes32 {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            std::io::Write::write_all(out, &self.0)?;
            Ok(IsNull::No)
        }
    }
    impl FromSql<Binary, Pg> for Bytes32 {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(value.as_bytes().try_into()?))
        }
    }
    impl ToSql<Binary, Sqlite> for Bytes32 {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.as_slice());
            Ok(IsNull::No)
        }
    }
    impl FromSql<Binary, Sqlite> for Bytes32 {
        fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(value.read_blob().try_into()?))
        }
    }
}

/// The id of an account or a client, in a column that does not say which: `actor_id`, `uploaded_by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AnyId(pub Uuid);

/// A [`Timestamp`] as a value of an [`Instant`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub Timestamp);
value!(At as Instant);
/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
const PG_EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;
impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let since = self.0.as_microsecond() - PG_EPOCH_MICROSECONDS;
        ToSql::<diesel::sql_types::BigInt, Pg>::to_sql(&since, &mut out.reborrow())
    }
}
impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let since = <i64 as FromSql<diesel::sql_types::BigInt, Pg>>::from_sql(value)?;
        Ok(Self(Timestamp::from_microsecond(since + PG_EPOCH_MICROSECONDS)?))
    }
}
impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(format!("{:.6}", self.0));
        Ok(IsNull::No)
    }
}
impl FromSql<Instant, Sqlite> for At {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_text().parse()?))
    }
}

/// A [`Date`] as a value of a [`Day`] column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct On(pub Date);
value!(On as Day);
const PG_EPOCH_DAY: Date = Date::constant(2000, 1, 1);
impl ToSql<Day, Pg> for On {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let days = i32::try_from(self.0.duration_since(PG_EPOCH_DAY).as_hours() / 24)?;
        ToSql::<diesel::sql_types::Integer, Pg>::to_sql(&days, &mut out.reborrow())
    }
}
impl FromSql<Day, Pg> for On {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let days = <i32 as FromSql<diesel::sql_types::Integer, Pg>>::from_sql(value)?;
        Ok(Self(PG_EPOCH_DAY.checked_add(SignedDuration::from_hours(i64::from(days) * 24))?))
    }
}
impl ToSql<Day, Sqlite> for On {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}
impl FromSql<Day, Sqlite> for On {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_text().parse()?))
    }
}

/// Enums with a fixed code, stored as text.
macro_rules! coded_values {
    ($($rust:ty),+ $(,)?) => {$(
        impl AsExpression<Text> for $rust {
            type Expression = Bound<Text, &'static str>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self.as_str())
            }
        }
        impl<'a> AsExpression<Text> for &'a $rust {
            type Expression = Bound<Text, &'static str>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self.as_str())
            }
        }
        impl<DB> ToSql<Text, DB> for $rust
        where
            DB: Backend,
            str: ToSql<Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_str().to_sql(out)
            }
        }
        impl<DB> FromSql<Text, DB> for $rust
        where
            DB: Backend,
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let code = String::from_sql(value)?;
                code.parse().map_err(|_| format!("{code:?} is no {}", stringify!($rust)).into())
            }
        }
        impl<DB> Queryable<Text, DB> for $rust
        where
            DB: Backend,
            Self: FromSql<Text, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )+};
}
use crate::domain::{
    access::Access,
    actor::OrganisationKind,
    batch::{Dimension, HoldAt, OnFull, Ordering},
    delivery::{AttemptPolicy, DeliveryState, Outcome},
    evidence::MediaType,
    finding::{FindingCode, Severity},
    job::JobState,
    journal::{JournalAction, JournalKind},
    lifecycle::{Action, AuthorizationState, BatchAction, BatchState, State},
    notification::{Channel, Message},
    quota::{Movement, Place},
    sponsorship::RequestState,
};
coded_values!(
    Access,
    AuthorizationState,
    BatchAction,
    OrganisationKind,
    BatchState,
    Dimension,
    HoldAt,
    OnFull,
    Ordering,
    DeliveryState,
    Outcome,
    MediaType,
    FindingCode,
    Severity,
    JobState,
    JournalAction,
    JournalKind,
    Action,
    State,
    Message,
    Channel,
    AttemptPolicy,
    Movement,
    Place,
    RequestState,
);
