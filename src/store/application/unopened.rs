//! Cases whose forms are not opened: for the audit, and for digests that cover a form as it is sealed.

use diesel::prelude::*;

use super::{Row, sponsor_of, with_form};
use crate::{
    domain::{case::Case, form::Form, ids::ApplicationId},
    store::{StoreError, Tx, dialect::on_either, schema::applications},
};

/// Cases as they are stored, with the digests of their forms. The forms are not opened: they have only the names, which
/// come from the columns.
pub(in crate::store) fn unopened(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<Vec<Case>, StoreError> {
    let query = applications::table.filter(applications::id.eq_any(ids)).order(applications::id);
    let rows: Vec<Row> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut cases = Vec::with_capacity(rows.len());
    for row in rows {
        let mut form = Form::default();
        form.applicant.family_name = Some(row.family_name.clone());
        form.applicant.given_names = Some(row.given_names.clone());
        let sponsor = row.sponsor_id.map(|id| sponsor_of(tx, id)).transpose()?.flatten();
        cases.push(with_form(row, form, sponsor));
    }
    Ok(cases)
}
