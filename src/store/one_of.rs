//! The condition that a column has one of these ids. Its text hardly depends on their number, so that the statement stays
//! prepared. SQLite plans a statement with Diesel's `eq_any` again each time, and so does PostgreSQL if there is one id: it
//! expects more in a list of unknown length, and finds a plan for the one id cheaper.

use diesel::{
    Expression,
    expression::{AppearsOnTable, ValidGrouping},
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Array, Bool},
    sqlite::Sqlite,
};

use super::types::Id;

/// The column has one of these ids.
///
/// ```text
/// findings::table.filter(one_of(findings::application_id, cases))
/// ```
pub(super) const fn one_of<C, T>(column: C, ids: &[T]) -> OneOf<'_, C, T> {
    OneOf { column, ids }
}

pub(super) struct OneOf<'a, C, T> {
    column: C,
    ids: &'a [T],
}

impl<C, T> Expression for OneOf<'_, C, T> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<QS>, T, QS: ?Sized> AppearsOnTable<QS> for OneOf<'_, C, T> {}

impl<C: ValidGrouping<GB>, T, GB> ValidGrouping<GB> for OneOf<'_, C, T> {
    type IsAggregate = C::IsAggregate;
}

impl<C, T> QueryId for OneOf<'_, C, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: QueryFragment<Pg>, T: ToSql<Id, Pg>> QueryFragment<Pg> for OneOf<'_, C, T>
where
    [T]: ToSql<Array<Id>, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        if let [id] = self.ids {
            out.push_sql(" = ");
            return out.push_bind_param::<Id, T>(id);
        }
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<Id>, [T]>(self.ids)?;
        out.push_sql(")");
        Ok(())
    }
}

/// A list whose length is a power of two: the last id is repeated.
impl<C: QueryFragment<Sqlite>, T: ToSql<Id, Sqlite>> QueryFragment<Sqlite> for OneOf<'_, C, T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        let Some(last) = self.ids.last() else {
            out.push_sql(" IN ()");
            return Ok(());
        };
        out.push_sql(" IN (");
        for place in 0..self.ids.len().next_power_of_two() {
            out.push_sql(if place == 0 { "" } else { ", " });
            out.push_bind_param::<Id, T>(self.ids.get(place).unwrap_or(last))?;
        }
        out.push_sql(")");
        Ok(())
    }
}
