//! Statements that stay prepared. Diesel prepares its updates anew each time, and whatever it gets as text: that is a
//! round trip more to PostgreSQL, and to SQLite the planning of an update of a table with many indexes, which costs as
//! much as the update. These are looked up by their wording, so they are for such as come in a few wordings only.

use diesel::{
    backend::Backend,
    query_builder::{AsChangeset, AstPass, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
    query_source::Table,
    result::QueryResult,
};

/// Sets columns of the rows of a table that fit.
///
/// ```text
/// update(findings::table, findings::id.eq(id), findings::resolved_at.eq(now)).execute(conn)
/// ```
pub(super) fn update<T: Table, W, S: AsChangeset<Target = T>>(
    table: T,
    fitting: W,
    set: S,
) -> Update<T::FromClause, W, S::Changeset> {
    Update { table: table.from_clause(), fitting, set: set.as_changeset() }
}

pub(super) struct Update<T, W, S> {
    table: T,
    fitting: W,
    set: S,
}

impl<DB, T, W, S> QueryFragment<DB> for Update<T, W, S>
where
    DB: Backend,
    T: QueryFragment<DB>,
    W: QueryFragment<DB>,
    S: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.set.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.fitting.walk_ast(out)
    }
}

/// Text around a list of values, for what Diesel's query builder has no words for.
///
/// ```text
/// around("UPDATE … FROM unnest(", (ids.into_sql::<Array<Id>>(), numbers.into_sql::<Array<Integer>>()), ") AS …")
/// ```
pub(super) const fn around<V>(before: &'static str, values: V, after: &'static str) -> Around<V> {
    Around { before, values, after }
}

/// Text as it is.
pub(super) const fn wording(text: &'static str) -> Around<()> {
    around(text, (), "")
}

pub(super) struct Around<V> {
    before: &'static str,
    values: V,
    after: &'static str,
}

impl<DB: Backend, V: QueryFragment<DB>> QueryFragment<DB> for Around<V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.before);
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

macro_rules! known_by_its_wording {
    ($($statement:ident<$($part:ident),+>),+) => {$(
        impl<$($part),+> QueryId for $statement<$($part),+> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<$($part,)+ Conn> RunQueryDsl<Conn> for $statement<$($part),+> {}
    )+};
}
known_by_its_wording!(Update<T, W, S>, Around<V>);
