//! Rotate the master key while the service runs: a new key becomes current, and a job (`jobs/rotate_keys.rs`) moves
//! everything under an older key to it.

use crate::{
    domain::{actor::Actor, ids::JobId, job::JobKind, policy::Operation},
    keyring::Version,
    store::{self, StoreError, Tx},
    workflow::{
        Result, Service,
        entrance::{Context, Query},
        job,
        security_log::{self, SecurityEvent},
        subject::{Installation, Permitted},
    },
};

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
    /// Whether a line of a history is hashed with it: as long as the history is checked, the key is needed.
    pub has_history: bool,
}

/// The keys in the database.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The newest version first.
    pub keys: Vec<KeyUse>,
    /// Whether cases from before there were case keys are still under a master key.
    pub is_resealing: bool,
    /// A rotation that is not finished.
    pub rotation: Option<JobId>,
}

/// The versions, and what is sealed under each.
pub fn overview(tx: &mut Tx<'_>) -> Result<Overview> {
    let mut keys = Vec::new();
    for version in store::master_key::versions(tx)?.into_iter().rev() {
        let (case_keys, columns) = store::rewrap::count(tx, version.key)?;
        let hashes = store::rehash::count(tx, &version)?;
        let key = version.key.to_string();
        let has_history =
            store::event::has_lines_under(tx, &key)? || store::journal::has_lines_under(tx, &key)?;
        keys.push(KeyUse { version, case_keys, columns, hashes, has_history });
    }
    let is_resealing = store::job::unfinished(tx, JobKind::Reseal, None)?.is_some();
    let rotation = store::job::unfinished(tx, JobKind::RotateKeys, None)?.map(|job| job.id);
    Ok(Overview { keys, is_resealing, rotation })
}

fn sync(tx: &mut Tx<'_>) -> Result<()> {
    Ok(store::master_key::sync(tx)?)
}

/// Makes this process use the current version.
#[derive(Clone, Copy, Debug)]
pub struct SyncKeys;

impl Query for SyncKeys {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        sync(ctx.tx)
    }
}

/// Makes a new key current, unless a rotation was interrupted, and starts the job that moves everything to it. Returns
/// the job, and whether a rotation was interrupted.
pub async fn begin(service: &Service) -> Result<(JobId, bool)> {
    let (db, now) = (service.db(), service.now());
    let overview = db.read(overview).await?;
    let newest = db.keyring().ids().first().copied();
    let added = newest.filter(|newest| !overview.keys.iter().any(|key| key.version.key == *newest));
    let left = overview.keys.iter().map(|key| key.case_keys + key.columns + key.hashes);
    let is_under_way = overview.rotation.is_some() || left.clone().skip(1).any(|count| count > 0);
    let key = match (added, is_under_way) {
        (Some(added), _) => Some(added),
        (None, true) => None,
        (None, false) => Some(db.keyring().add_key().map_err(StoreError::from)?),
    };
    // After a new key, everything is under an older one.
    let total: i64 = left.skip(usize::from(key.is_none())).sum();
    let begin = move |tx: &mut Tx<'_>| {
        if let Some(key) = key {
            store::master_key::activate(tx, key, now)?;
        }
        match store::job::unfinished(tx, JobKind::RotateKeys, None)? {
            Some(job) if key.is_none() => {
                store::job::retry_if_failed(tx, job.id)?;
                Ok(job.id)
            }
            // Whatever an older rotation has left is under an older key, too.
            _ => job::begin(
                &mut Context::new(tx, &Actor::operator(), now),
                JobKind::RotateKeys,
                None,
                Some(total),
            ),
        }
    };
    let job = db.write(begin).await?;
    let rotated = SecurityEvent { event: "keys_rotated", subject: job.to_string() };
    security_log::done(&Actor::operator(), &[rotated]);
    db.read(sync).await?;
    Ok((job, added.is_some() || is_under_way))
}
