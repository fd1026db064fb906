//! The ids that identify the folder of the uploaded files: of this installation, and of the folder. The file in the
//! folder holds the same (`files/identity.rs`).

use diesel::prelude::*;
use uuid::Uuid;

use super::{StoreError, Tx, dialect::on_either, schema::files_identity, tx::Subject, types::AnyId};

/// The only row.
const ONLY: i32 = 1;

/// The id of the installation, and of its folder, if it has one already. None: this database has never had files.
pub fn find(tx: &mut Tx<'_>) -> Result<Option<(Uuid, Option<Uuid>)>, StoreError> {
    let row = files_identity::table.find(ONLY);
    let ids = row.select((files_identity::installation_id, files_identity::folder_id));
    let found: Option<(AnyId, Option<AnyId>)> = ids.first(tx.conn()?).optional()?;
    Ok(found.map(|(installation, folder)| (installation.0, folder.map(|id| id.0))))
}

/// Sets the id of the installation, unless it has one.
pub fn begin(tx: &mut Tx<'_>, installation: Uuid) -> Result<(), StoreError> {
    let row = (files_identity::id.eq(ONLY), files_identity::installation_id.eq(AnyId(installation)));
    let insert = diesel::insert_into(files_identity::table).values(row);
    let conn = tx.changing(Subject::Other)?;
    on_either!(conn, |conn| insert.on_conflict(files_identity::id).do_nothing().execute(conn))?;
    Ok(())
}

/// Sets the id of the folder, unless it has one.
pub fn set_folder(tx: &mut Tx<'_>, folder: Uuid) -> Result<(), StoreError> {
    let without = files_identity::table.filter(files_identity::folder_id.is_null());
    diesel::update(without)
        .set(files_identity::folder_id.eq(Some(AnyId(folder))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}
