//! A row that is written only to find out whether SQLite can write.

use diesel::prelude::*;

use super::{StoreError, Tx, dialect::on_either, schema::write_checks, tx::Subject};

/// The bytes of a large check: more than a decision needs.
const LARGE: usize = 256 * 1024;

/// Writes the row. A large one needs new space on the disk.
pub fn write(tx: &mut Tx<'_>, is_large: bool) -> Result<(), StoreError> {
    let filler = vec![0_u8; if is_large { LARGE } else { 0 }];
    let row = (write_checks::id.eq(1), write_checks::number.eq(1), write_checks::filler.eq(&filler));
    let again = (write_checks::number.eq(write_checks::number + 1), write_checks::filler.eq(&filler));
    let insert = diesel::insert_into(write_checks::table).values(row);
    let conn = tx.changing(Subject::Other)?;
    on_either!(conn, |conn| insert.on_conflict(write_checks::id).do_update().set(again).execute(conn))?;
    Ok(())
}
