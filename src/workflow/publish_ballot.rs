//! The published ballot as a file that everybody can download. It never changes after the draw, so it is made once, when
//! somebody first asks for it, and kept compressed: in the database, and the last ones in memory, where all readers
//! share it.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tokio::sync::OnceCell;

use crate::{
    digest::{self, Sha256},
    domain::{actor::Actor, ballot::Published, ids::BatchId, policy::Operation, refusal::Conflict},
    store::{self, Tx, published_ballot::Stored},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
    },
};

/// The number of lists that are kept in memory.
const KEPT: usize = 4;

/// The list of a draw.
#[derive(Debug)]
pub struct List {
    /// The length of the JSON.
    pub bytes: u64,
    /// SHA-256 of the JSON, in hexadecimal.
    pub sha256: String,
    /// The JSON, compressed.
    pub gzip: Bytes,
}

/// The lists that are in memory. Of many who ask for one at the same time, one loads it.
#[derive(Default)]
pub(super) struct Lists(Mutex<HashMap<BatchId, Arc<OnceCell<Arc<List>>>>>);

impl Lists {
    fn slot(&self, batch: BatchId) -> Arc<OnceCell<Arc<List>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(&batch) {
            let any = kept.keys().next().copied();
            any.and_then(|any| kept.remove(&any));
        }
        Arc::clone(kept.entry(batch).or_default())
    }
}

/// The published ballot of a batch, if the actor may know of the batch and the draw was held.
pub async fn published(service: &Service, actor: &Actor, batch: BatchId) -> Result<Arc<List>> {
    service.query(actor, CheckDrawn { batch }).await?;
    let list = service.lists.slot(batch);
    let load = async || {
        let (stored, is_new) = service.query(actor, LoadList { batch }).await?;
        if is_new {
            service.execute(&Actor::system(), KeepList { batch, list: stored.clone() }).await?;
        }
        let Stored { bytes, sha256, gzip } = stored;
        let bytes = u64::try_from(bytes).unwrap_or_default();
        Ok::<_, WorkflowError>(Arc::new(List { bytes, sha256: digest::hex(&sha256), gzip: gzip.into() }))
    };
    list.get_or_try_init(load).await.cloned()
}

/// Fails if the batch has no draw, or if it was not held yet.
#[derive(Clone, Copy, Debug)]
struct CheckDrawn {
    batch: BatchId,
}

impl Query for CheckDrawn {
    type Subject = BatchId;
    type Output = ();

    fn right(&self) -> (Operation, BatchId) {
        (Operation::ShowBallot, self.batch)
    }

    fn run(&self, _: &mut Context<'_, '_>, on: Permitted<BatchId>) -> Result<()> {
        let (batch, _) = on.into_inner();
        if !batch.is_by_lot() {
            return Err(WorkflowError::NotFound);
        }
        batch.ballot.and_then(|ballot| ballot.draw).ok_or(Conflict::BallotNotDrawn)?;
        Ok(())
    }
}

/// The stored list of a drawn batch, or a new one, and whether it is new.
#[derive(Clone, Copy, Debug)]
struct LoadList {
    batch: BatchId,
}

impl Query for LoadList {
    type Subject = BatchId;
    type Output = (Stored, bool);

    fn right(&self) -> (Operation, BatchId) {
        (Operation::ShowBallot, self.batch)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<BatchId>) -> Result<(Stored, bool)> {
        if let Some(stored) = store::published_ballot::find(ctx.tx, self.batch)? {
            return Ok((stored, false));
        }
        let (batch, _) = on.into_inner();
        let ballot = batch.ballot.ok_or(Conflict::BallotNotDrawn)?;
        let draw = ballot.draw.ok_or(Conflict::BallotNotDrawn)?;
        let cases = store::ballot::cases(ctx.tx, batch.id)?.into_iter().map(|(case, _)| case).collect();
        let (commitment, seed, drawn_at) = (ballot.commitment, draw.seed, draw.at);
        Ok((make(&Published { batch: batch.id, commitment, seed, drawn_at, cases })?, true))
    }
}

/// Stores a list.
struct KeepList {
    batch: BatchId,
    list: Stored,
}

impl Command for KeepList {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::published_ballot::insert(ctx.tx, self.batch, &self.list)?)
    }
}

/// The list as JSON, compressed while it is written.
fn make(published: &Published) -> Result<Stored> {
    let json = write(published, GzEncoder::new(Vec::new(), Compression::best()))?;
    let gzip = json.to.finish().map_err(|error| failed(&error))?;
    Ok(Stored { bytes: json.bytes, sha256: json.hash.finish(), gzip })
}

fn write<W: Write>(published: &Published, to: W) -> Result<Json<W>> {
    let mut json = Json { to, hash: Sha256::default(), bytes: 0 };
    serde_json::to_writer(&mut json, published).map_err(|error| failed(&error))?;
    Ok(json)
}

fn failed(error: &dyn std::error::Error) -> WorkflowError {
    WorkflowError::Internal(format!("the list cannot be made: {error}"))
}

/// Passes the JSON on, hashes and counts it.
struct Json<W> {
    to: W,
    hash: Sha256,
    bytes: i64,
}

impl<W: Write> Write for Json<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.to.write_all(data)?;
        self.hash.add(data);
        self.bytes += i64::try_from(data.len()).unwrap_or_default();
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the stored list, if there is one, is the one that was drawn. For `verify`.
pub(super) fn is_as_drawn(tx: &mut Tx<'_>, drawn: &Published) -> Result<bool> {
    let Some(stored) = store::published_ballot::find(tx, drawn.batch)? else { return Ok(true) };
    let mut hash = Sha256::default();
    let mut decoder = GzDecoder::new(stored.gzip.as_slice());
    let mut piece = vec![0; 64 * 1024];
    loop {
        match decoder.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => hash.add(&piece[..read]),
            Err(_) => return Ok(false),
        }
    }
    let right = write(drawn, io::sink())?;
    let sha256 = right.hash.finish();
    Ok((stored.bytes, &stored.sha256) == (right.bytes, &sha256) && hash.finish() == sha256)
}
