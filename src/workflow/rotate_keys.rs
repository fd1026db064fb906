//! Rotate the master key while the service runs: a new key becomes current, and everything that is sealed under an older
//! one moves under it, in slices. What was interrupted goes on where it stopped.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::{ids::ApplicationId, policy::Operation},
    keyring::{KeyId, Version},
    store::{self, Db, StoreError, Transient, Tx, key_job::KeyJob, rewrap::Slice},
    workflow::{
        WorkflowError,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// Cases in a slice: a few milliseconds in which nobody else writes.
const CASES: i64 = 300;

/// How long a slice waits before it tries again.
const PAUSE: Duration = Duration::from_millis(50);

/// A version, and what is sealed under its master key itself.
#[derive(Clone, Debug)]
pub struct KeyUse {
    /// The version.
    pub version: Version,
    /// Keys of cases.
    pub case_keys: i64,
    /// Columns that belong to no case.
    pub columns: i64,
    /// Hashes of travel documents.
    pub hashes: i64,
}

/// What the database says of the keys.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The newest version first.
    pub keys: Vec<KeyUse>,
    /// Whether cases from before there were case keys are still under a master key.
    pub is_resealing: bool,
}

/// What a rotation has done.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The key that is current now.
    pub key: KeyId,
    /// Whether a rotation that was interrupted went on.
    pub was_resumed: bool,
    /// Case keys that were wrapped again.
    pub case_keys: usize,
    /// Other columns that were sealed again.
    pub columns: usize,
    /// Hashes of travel documents that were made again.
    pub hashes: usize,
    /// Cases whose keys cannot be opened.
    pub unreadable: usize,
}

/// The versions, and what is sealed under each.
pub fn overview(tx: &mut Tx<'_>) -> Result<Overview, WorkflowError> {
    let mut keys = Vec::new();
    for version in store::master_key::versions(tx)?.into_iter().rev() {
        let (case_keys, columns) = store::rewrap::count(tx, version.key)?;
        let hashes = store::rehash::count(tx, version)?;
        keys.push(KeyUse { version, case_keys, columns, hashes });
    }
    Ok(Overview { keys, is_resealing: store::key_job::is_unfinished(tx, KeyJob::Reseal)? })
}

/// Begins to use the keys of the file in a database that has no versions yet, and has this process use the current one.
pub fn register(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), WorkflowError> {
    store::master_key::register(tx, now)?;
    sync(tx)
}

fn sync(tx: &mut Tx<'_>) -> Result<(), WorkflowError> {
    Ok(store::master_key::sync(tx)?)
}

/// Has this process use the current version.
#[derive(Clone, Copy, Debug)]
pub struct SyncKeys;

impl Query for SyncKeys {
    type Subject = Installation;
    type Output = ();

    fn operation(&self) -> Operation {
        Operation::Maintain
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        sync(ctx.tx)
    }
}

/// Rotates the master key, or goes on with a rotation that was interrupted.
pub async fn rotate(db: &Db, now: Timestamp) -> Result<Rotated, WorkflowError> {
    let _lock = db.keyring().lock_file().map_err(StoreError::from)?;
    let was_resumed = begin(db, now).await?;
    let mut rotated = Rotated {
        key: db.keyring().current(),
        was_resumed,
        case_keys: 0,
        columns: 0,
        hashes: 0,
        unreadable: 0,
    };
    (rotated.case_keys, rotated.unreadable) = every_slice(db, rewrap).await?;
    loop {
        match db.write(reseal_columns).await? {
            0 => break,
            count => rotated.columns += count,
        }
    }
    let unreadable;
    (rotated.hashes, unreadable) = every_slice(db, rehash).await?;
    rotated.unreadable = rotated.unreadable.max(unreadable);
    Ok(rotated)
}

type Work = fn(&mut Tx<'_>, Option<ApplicationId>, i64) -> Result<Slice, WorkflowError>;

/// Works through all cases. Returns how many were done and how many cannot be opened.
async fn every_slice(db: &Db, work: Work) -> Result<(usize, usize), WorkflowError> {
    let (mut done, mut unreadable, mut after) = (0, 0, None);
    loop {
        let slice = match db.write(move |tx| work(tx, after, CASES)).await {
            // Somebody is deciding one of these cases.
            Err(error) if error.is_transient() => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            slice => slice?,
        };
        for (case, error) in &slice.unreadable {
            tracing::error!(%case, %error, "a case cannot be opened and stays as it is");
        }
        done += slice.done;
        unreadable += slice.unreadable.len();
        after = slice.last;
        if after.is_none() {
            return Ok((done, unreadable));
        }
    }
}

/// Makes a new key current, unless a rotation was interrupted. Returns whether one was.
pub async fn begin(db: &Db, now: Timestamp) -> Result<bool, WorkflowError> {
    let overview = db.read(overview).await?;
    let newest = db.keyring().ids().first().copied();
    let added = newest.filter(|newest| !overview.keys.iter().any(|key| key.version.key == *newest));
    let is_under_way = overview.keys.iter().skip(1).any(|key| key.case_keys + key.columns + key.hashes > 0);
    let key = match (added, is_under_way) {
        (Some(added), _) => Some(added),
        (None, true) => None,
        (None, false) => Some(db.keyring().add_key().map_err(StoreError::from)?),
    };
    if let Some(key) = key {
        let activate =
            move |tx: &mut Tx<'_>| Ok::<_, WorkflowError>(store::master_key::activate(tx, key, now)?);
        db.write(activate).await?;
    }
    db.read(sync).await?;
    Ok(added.is_some() || is_under_way)
}

/// Wraps the next case keys under the current master key.
pub fn rewrap(tx: &mut Tx<'_>, after: Option<ApplicationId>, at_most: i64) -> Result<Slice, WorkflowError> {
    Ok(store::rewrap::case_keys(tx, after, at_most)?)
}

/// Seals some of the columns that belong to no case under the current master key; zero: none is left.
pub fn reseal_columns(tx: &mut Tx<'_>) -> Result<usize, WorkflowError> {
    Ok(store::rewrap::columns(tx, CASES)?)
}

/// Makes the hashes of the next travel documents with the current key.
pub fn rehash(tx: &mut Tx<'_>, after: Option<ApplicationId>, at_most: i64) -> Result<Slice, WorkflowError> {
    Ok(store::rehash::slice(tx, after, at_most)?)
}
