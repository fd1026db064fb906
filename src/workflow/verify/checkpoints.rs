//! Checkpoints against the events: what each checkpoint says of the chains is computed again, in one pass over all
//! events. Somebody who can write to the database can rewrite whole chains, but has no checkpoint that agrees with
//! them.

use std::{
    cmp::Ordering,
    path::{Path, PathBuf},
};

use super::Break;
use crate::{
    digest,
    domain::checkpoint::{ChainEnd, ChainKind, Checkpoint, Cut, FORMAT},
    keyring::{KeyError, KeyId},
    store::{self, Db, StoreError, Tx, chain_end::Link, checkpoint_file},
    workflow::{
        Result, WorkflowError,
        checkpoint::{self, Sum},
    },
};

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadCheckpoints {
    /// It cannot be read.
    #[error("the checkpoint file {} cannot be read: {error}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It has no checkpoint.
    #[error("the checkpoint file {} has no checkpoint", .0.display())]
    Empty(PathBuf),
    /// A line is not a checkpoint of this installation.
    #[error("{}, line {line}: {reason}", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] WorkflowError),
}

/// The checkpoints of a file. All are of this installation, and their signatures are right.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    file: PathBuf,
    /// The oldest first, each with its line.
    all: Vec<(usize, Checkpoint)>,
}

impl Checkpoints {
    /// Reads the file and checks the signature of each line.
    pub async fn read(db: &Db, file: &Path) -> Result<Self, BadCheckpoints> {
        let installation: Result<_> = db.read(checkpoint::installation).await;
        let installation = installation?;
        let lines = checkpoint_file::read(file)
            .map_err(|error| BadCheckpoints::Unreadable { file: file.to_owned(), error })?;
        let mut all = Vec::with_capacity(lines.len());
        for (line, parsed) in lines {
            let is_ours = |checkpoint| match fault(db, &installation, &checkpoint) {
                None => Ok(checkpoint),
                Some(reason) => Err(reason),
            };
            let not_one = |error| format!("this is not a checkpoint: {error}");
            let checked = parsed.map_err(not_one).and_then(is_ours);
            let file = || file.to_owned();
            all.push((line, checked.map_err(|reason| BadCheckpoints::Line { file: file(), line, reason })?));
        }
        all.sort_by_key(|(line, checkpoint)| (checkpoint.at, *line));
        if all.is_empty() {
            Err(BadCheckpoints::Empty(file.to_owned()))
        } else {
            Ok(Self { file: file.to_owned(), all })
        }
    }

    /// Their number.
    pub fn count(&self) -> usize {
        self.all.len()
    }
}

/// Why the line is not a checkpoint that this installation has signed.
fn fault(db: &Db, installation: &str, checkpoint: &Checkpoint) -> Option<String> {
    if checkpoint.format != FORMAT {
        return Some(format!("the format {:?} is not {FORMAT:?}", checkpoint.format));
    }
    if checkpoint.installation != installation {
        return Some(format!(
            "it is from the installation {:?}, and this is {installation:?}",
            checkpoint.installation
        ));
    }
    let Ok(key) = checkpoint.key.parse::<KeyId>() else {
        return Some(format!("{:?} is not the id of a key", checkpoint.key));
    };
    let signature = digest::from_hex(&checkpoint.signature).unwrap_or_default();
    match db.keyring().has_signed_checkpoint(key, &checkpoint.signed_bytes(), &signature) {
        Ok(true) => None,
        Ok(false) => Some(format!("the signature is not that of the key {key}: the line was changed")),
        Err(KeyError::MissingMasterKey { key, .. }) => Some(format!(
            "the key file does not hold the key {key}, which signed it; restore its line from a backup"
        )),
        Err(error) => Some(error.to_string()),
    }
}

/// Events that are read in one transaction.
const PIECE: i64 = 10_000;

/// Compares the checkpoints with the events.
pub(super) async fn check(db: &Db, known: &Checkpoints) -> Result<Vec<Break>> {
    let cuts = recompute(db, known).await?;
    let differing: Vec<_> =
        known.all.iter().zip(cuts).filter(|((_, said), found)| difference(said, found).is_some()).collect();
    let Some(((line, said), found)) = differing.first() else { return Ok(Vec::new()) };
    let what = difference(said, found).unwrap_or_default();
    let others = match differing.len() - 1 {
        0 => String::new(),
        1 => "; 1 later checkpoint differs, too".to_owned(),
        count => format!("; {count} later checkpoints differ, too"),
    };
    Ok(vec![Break {
        rule: "checkpoint_differs",
        subject: format!("checkpoint {} ({}, line {line})", said.at, known.file.display()),
        detail: format!("the first that differs: {what}{others}"),
    }])
}

/// How the events differ from what the checkpoint says.
fn difference(said: &Checkpoint, found: &Cut) -> Option<String> {
    let count = |name: &str, said: u64, found: u64| match found.cmp(&said) {
        Ordering::Less => Some(format!("{} {name} fewer than the {said} that it counts", said - found)),
        Ordering::Greater => Some(format!("{} {name} more than the {said} that it counts", found - said)),
        Ordering::Equal => None,
    };
    let counts: Vec<String> =
        [count("chains", said.chains, found.chains), count("events", said.events, found.events)]
            .into_iter()
            .flatten()
            .collect();
    let root = (said.root != found.root)
        .then(|| "as many chains and events, but not the same: history was rewritten".to_owned());
    if counts.is_empty() { root } else { Some(counts.join(", ")) }
}

/// A chain while it is read: for each checkpoint, the last event that it is the first to cover.
struct Chain {
    subject: Vec<u8>,
    events: u32,
    ends: Vec<Option<(u32, Vec<u8>)>>,
}

/// What each checkpoint should say, in their order.
async fn recompute(db: &Db, known: &Checkpoints) -> Result<Vec<Cut>> {
    let mut sums = vec![Sum::new(); known.all.len()];
    for kind in ChainKind::ALL.iter().copied() {
        let mut chain: Option<Chain> = None;
        let mut after = (Vec::new(), 0);
        loop {
            let (subject, seq) = after;
            let read = move |tx: &mut Tx<'_>| store::chain_end::links(tx, kind, (&subject, seq), PIECE);
            let links: Result<Vec<Link>, StoreError> = db.read(read).await;
            let links = links?;
            let Some(last) = links.last() else { break };
            after = (last.subject.clone(), last.seq);
            for link in links {
                if chain.as_ref().is_none_or(|chain| chain.subject != link.subject) {
                    add(&mut sums, kind, chain.take());
                }
                extend(&mut chain, link, &known.all);
            }
        }
        add(&mut sums, kind, chain);
    }
    Ok(sums.into_iter().map(Sum::finish).collect())
}

fn extend(chain: &mut Option<Chain>, link: Link, all: &[(usize, Checkpoint)]) {
    let first = all.partition_point(|(_, checkpoint)| checkpoint.at < link.at);
    let begun = || Chain { subject: link.subject, events: 0, ends: vec![None; all.len()] };
    let chain = chain.get_or_insert_with(begun);
    chain.events += 1;
    if let Some(end) = chain.ends.get_mut(first) {
        *end = Some((chain.events, link.hash));
    }
}

/// Adds a chain to each checkpoint that covers an event of it. A checkpoint covers what the earlier ones do, too.
fn add(sums: &mut [Sum], kind: ChainKind, chain: Option<Chain>) {
    let Some(Chain { subject, ends, .. }) = chain else { return };
    let mut newest = ChainEnd { subject, events: 0, hash: Vec::new() };
    let mut hashed = Vec::new();
    for (sum, end) in sums.iter_mut().zip(ends) {
        if let Some((events, hash)) = end.filter(|(events, _)| *events > newest.events) {
            (newest.events, newest.hash) = (events, hash);
            hashed = newest.hashed_bytes(kind);
        }
        if newest.events > 0 {
            sum.add(u64::from(newest.events), &hashed);
        }
    }
}
