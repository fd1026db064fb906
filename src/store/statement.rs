//! Statements that stay prepared. Diesel prepares its own updates, and SQL given as text, each time they run. On
//! PostgreSQL that is one more round trip. On SQLite, planning an update of a table with many indexes costs as much as
//! the update. The statements here are cached by their text, so they are for SQL with only a few different texts.
//!
//! Diesel finds a cached statement by its text, which it composes each time, if it cannot know that the text is always the
//! same. [`always_same`] tells it so.

use std::marker::PhantomData;

use diesel::{
    backend::Backend,
    query_builder::{AsChangeset, AstPass, QueryFragment, QueryId},
    query_dsl::RunQueryDsl,
    query_source::Table,
    result::QueryResult,
};

/// Sets columns of the rows that match a filter.
///
/// ```text
/// update(findings::table, findings::id.eq(id), findings::resolved_at.eq(now)).execute(conn)
/// ```
pub(super) fn update<T: Table, W, S: AsChangeset<Target = T>>(
    table: T,
    filter: W,
    set: S,
) -> Update<T::FromClause, W, S::Changeset> {
    Update { table: table.from_clause(), filter, set: set.as_changeset() }
}

/// The same with the names of table and columns as text.
pub(super) const fn update_columns<W, S>(
    table: &'static str,
    filter: W,
    set: S,
) -> Update<CachedSql<()>, W, S> {
    Update { table: cached_sql(table), filter, set }
}

pub(super) struct Update<T, W, S> {
    table: T,
    filter: W,
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
        self.filter.walk_ast(out)
    }
}

/// A statement of which only the values differ: never a column, a row or a condition more or less. `P` is a type that
/// belongs to this place in the code alone.
///
/// ```text
/// struct OfThisPlace;
/// always_same::<OfThisPlace, _>(insert_into(table).values(values)).execute(conn)
/// ```
pub(super) const fn always_same<P: 'static, S>(statement: S) -> AlwaysSame<P, S> {
    AlwaysSame { statement, place: PhantomData }
}

pub(super) struct AlwaysSame<P, S> {
    statement: S,
    place: PhantomData<P>,
}

impl<DB: Backend, P, S: QueryFragment<DB>> QueryFragment<DB> for AlwaysSame<P, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }
}

impl<P: 'static, S> QueryId for AlwaysSame<P, S> {
    type QueryId = AlwaysSame<P, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<P, S, Conn> RunQueryDsl<Conn> for AlwaysSame<P, S> {}

/// SQL text around a list of values, for what Diesel's query builder cannot express.
///
/// ```text
/// cached_sql_around("UPDATE … FROM unnest(", (ids.into_sql::<Array<Id>>(), numbers.into_sql::<Array<Integer>>()), ") AS …")
/// ```
pub(super) const fn cached_sql_around<V>(
    before: &'static str,
    values: V,
    after: &'static str,
) -> CachedSql<V> {
    CachedSql { before, values, after }
}

/// SQL text without values.
pub(super) const fn cached_sql(text: &'static str) -> CachedSql<()> {
    cached_sql_around(text, (), "")
}

pub(super) struct CachedSql<V> {
    before: &'static str,
    values: V,
    after: &'static str,
}

impl<DB: Backend, V: QueryFragment<DB>> QueryFragment<DB> for CachedSql<V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.before);
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

macro_rules! cached_by_text {
    ($($statement:ident<$($part:ident),+>),+) => {$(
        impl<$($part),+> QueryId for $statement<$($part),+> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<$($part,)+ Conn> RunQueryDsl<Conn> for $statement<$($part),+> {}
    )+};
}
cached_by_text!(Update<T, W, S>, CachedSql<V>);
