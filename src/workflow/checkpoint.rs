//! Checkpoints: recomputes what all chains are at a cut, signs it, and appends it to the checkpoint file. Any number of
//! instances may try; the row of the duty lets one of them begin.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::{
    digest::{self, Sha256},
    domain::{
        actor::Actor,
        checkpoint::{CUT_LIES_BACK, ChainKind, Checkpoint, Cut, FORMAT, next_after},
        duty::Duty,
        policy::Operation,
    },
    store::{self, Db, StoreError, Tx, chain_end::Piece, checkpoint_file},
    workflow::{
        Result, Service, WorkflowError, clock_check,
        entrance::{Command, Context, Query},
        subject::{Installation, Permitted},
    },
};

/// Chains that are read in one transaction. Small, so that SQLite's log can be copied in between.
const PIECE: i64 = 5000;

/// The number of chains and events at a moment, and the root over them. Read in pieces: nothing that is younger than the
/// moment is counted, so the service may run.
pub async fn cut(db: &Db, at: Timestamp) -> Result<Cut> {
    let mut sum = Sum::new();
    for kind in ChainKind::ALL.iter().copied() {
        let mut after = Some(Vec::new());
        while let Some(last) = after {
            let read = move |tx: &mut Tx<'_>| store::chain_end::ends(tx, kind, &last, at, PIECE);
            let piece: Piece = db.read(read).await?;
            for end in piece.ends {
                sum.add(u64::from(end.events), &end.hashed_bytes(kind));
            }
            after = piece.last;
        }
    }
    Ok(sum.finish())
}

/// A cut while it is computed.
#[derive(Clone)]
pub(super) struct Sum {
    chains: u64,
    events: u64,
    root: Sha256,
}

impl Sum {
    /// Of no chains yet.
    pub fn new() -> Self {
        let mut root = Sha256::default();
        root.add(FORMAT.as_bytes());
        Self { chains: 0, events: 0, root }
    }

    /// Adds a chain.
    pub fn add(&mut self, events: u64, hashed_bytes: &[u8]) {
        self.chains += 1;
        self.events += events;
        self.root.add(hashed_bytes);
    }

    /// The cut.
    pub fn finish(self) -> Cut {
        Cut { chains: self.chains, events: self.events, root: digest::hex(&self.root.finish()) }
    }
}

/// Writes a checkpoint if one is due, no other instance is writing it, and the clock can be trusted: a cut in the future
/// would never agree with the histories again. Records the result with the duty.
pub async fn write_if_due(service: &Service, file: &Path) -> Result<Option<Checkpoint>> {
    if !clock_check::is_right(service).await? {
        return Ok(None);
    }
    let seen = match service.query(&Actor::system(), DueCheckpoint).await? {
        Some(seen) => seen,
        None => return Ok(None),
    };
    if !service.execute(&Actor::system(), BeginCheckpoint { seen }).await? {
        return Ok(None);
    }
    let written = write(service, file).await;
    let error = written.as_ref().err().map(ToString::to_string);
    service.execute(&Actor::system(), EndCheckpoint { error }).await?;
    written.map(Some)
}

/// Writes a checkpoint now, whether one is due or not.
pub async fn write_now(service: &Service, file: &Path) -> Result<Checkpoint> {
    if !clock_check::is_right(service).await? {
        let because = "no checkpoint was written: the clock of this machine cannot be trusted";
        return Err(WorkflowError::Internal(because.to_owned()));
    }
    write(service, file).await
}

async fn write(service: &Service, file: &Path) -> Result<Checkpoint> {
    let db = service.db();
    let at = service.now().checked_sub(CUT_LIES_BACK).map_err(|e| WorkflowError::Internal(e.to_string()))?;
    // The databases keep microseconds.
    let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
    let installation = db.read(installation).await?;
    let Cut { chains, events, root } = cut(db, at).await?;
    let (format, key, signature) = (FORMAT.to_owned(), String::new(), String::new());
    let unsigned = Checkpoint { format, installation, at, chains, events, root, key, signature };
    let signed = db.keyring().sign_checkpoint(&unsigned.signed_bytes());
    let (key, signature) = signed.map_err(StoreError::from)?;
    let checkpoint = Checkpoint { key: key.to_string(), signature: digest::hex(&signature), ..unsigned };
    append(file.to_owned(), checkpoint.clone()).await?;
    Ok(checkpoint)
}

async fn append(file: PathBuf, checkpoint: Checkpoint) -> Result<()> {
    let name = file.display().to_string();
    let appended = tokio::task::spawn_blocking(move || checkpoint_file::append(&file, &checkpoint)).await;
    let because = match appended {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Err(WorkflowError::Internal(format!("the checkpoint file {name} cannot be written: {because}")))
}

/// What identifies the installation: its first master key, which no rotation changes.
pub fn installation(tx: &mut Tx<'_>) -> Result<String> {
    let first = store::master_key::versions(tx)?.first().map(|version| version.key.to_string());
    first.ok_or_else(|| {
        WorkflowError::Internal("the database has no master key yet; start the service once".into())
    })
}

/// If a checkpoint is due: when the last attempt was, if there was one.
#[derive(Clone, Copy, Debug)]
struct DueCheckpoint;

impl Query for DueCheckpoint {
    type Subject = Installation;
    type Output = Option<Option<Timestamp>>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Self::Output> {
        let last = store::duty::record_of(ctx.tx, Duty::WriteCheckpoint)?;
        let is_due = last.as_ref().is_none_or(|last| next_after(last) <= ctx.now);
        Ok(is_due.then(|| last.map(|last| last.last_at)))
    }
}

/// Begins a checkpoint. False: another instance has begun one since the attempt that was `seen`.
#[derive(Clone, Copy, Debug)]
struct BeginCheckpoint {
    seen: Option<Timestamp>,
}

impl Command for BeginCheckpoint {
    type Subject = Installation;
    type Output = bool;

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<bool> {
        Ok(store::duty::begin(ctx.tx, Duty::WriteCheckpoint, self.seen, ctx.now)?)
    }
}

/// Ends a checkpoint.
#[derive(Clone, Debug)]
struct EndCheckpoint {
    error: Option<String>,
}

impl Command for EndCheckpoint {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::Maintain, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        Ok(store::duty::end(ctx.tx, Duty::WriteCheckpoint, self.error.as_deref())?)
    }
}
