//! Reads a file piece by piece: sealed files, and plain ones of earlier versions. While one piece is used, the next is
//! read. Only checked bytes are returned.

use std::{collections::VecDeque, fs::File, io::Read};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{GetResultPayload, ObjectStoreExt};
use tokio::task::JoinHandle;

use super::{Files, FilesError};
use crate::{
    digest::Sha256,
    keyring::{ChunkOpener, FileKey, Part, SEALED_CHUNK},
};

/// The bytes of a piece: four chunks. With the next piece, which is read meanwhile, a stream holds half a megabyte.
const PIECE: usize = 4 * SEALED_CHUNK;

/// What a file contains, and how that is checked.
#[derive(Clone, Debug)]
pub enum Contents {
    /// Chunks under this key.
    Sealed(FileKey),
    /// The plain bytes, as earlier versions wrote them, with this SHA-256.
    Plain(Vec<u8>),
}

/// The checked bytes of a file.
pub struct Stream {
    ready: VecDeque<Bytes>,
    next: Option<JoinHandle<Result<Piece, FilesError>>>,
}

impl Stream {
    /// Opens the file and checks its beginning; if it is plain, the whole.
    pub(super) async fn open(files: &Files, name: &str, contents: Contents) -> Result<Self, FilesError> {
        if let Contents::Plain(_) = &contents {
            // Only the whole file has a hash.
            let mut whole = Self::begin(files, name, contents.clone()).await?;
            while whole.next().await?.is_some() {}
        }
        Self::begin(files, name, contents).await
    }

    async fn begin(files: &Files, name: &str, contents: Contents) -> Result<Self, FilesError> {
        let found = files.store()?.get(&files.path(name)?).await.map_err(|error| files.error(name, error))?;
        let damaged = |_| FilesError::Damaged(name.to_owned());
        let check = match contents {
            Contents::Sealed(key) => Check::Chunks(key.opener().map_err(damaged)?),
            Contents::Plain(sha256) => Check::Whole(Sha256::default(), sha256),
        };
        let left = found.meta.size;
        let source = match found.payload {
            GetResultPayload::File(file, _) => Source::File(file),
            GetResultPayload::Stream(stream) => Source::Stream(stream, Bytes::new()),
        };
        let reader = Reader { files: files.clone(), name: name.to_owned(), left, check, source };
        let mut begun = Self { ready: VecDeque::new(), next: Some(reader.begin_piece()) };
        begun.take_piece().await?;
        Ok(begun)
    }

    /// The next bytes; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FilesError> {
        if self.ready.is_empty() {
            self.take_piece().await?;
        }
        Ok(self.ready.pop_front())
    }

    /// Waits for the next piece, and begins to read the one after it.
    async fn take_piece(&mut self) -> Result<(), FilesError> {
        let Some(next) = self.next.take() else { return Ok(()) };
        let interrupted =
            |error| FilesError::Unusable { place: "this file".to_owned(), reason: format!("{error}") };
        let piece = next.await.map_err(interrupted)??;
        self.ready = piece.chunks;
        self.next = piece.rest.map(Reader::begin_piece);
        Ok(())
    }
}

/// Checked bytes, and what reads the rest.
struct Piece {
    chunks: VecDeque<Bytes>,
    rest: Option<Reader>,
}

/// Reads the pieces of a file in their order.
struct Reader {
    files: Files,
    name: String,
    /// The bytes that were not read, as they are stored.
    left: u64,
    check: Check,
    source: Source,
}

/// Where the bytes come from.
enum Source {
    File(File),
    /// What has arrived, and was not used.
    Stream(BoxStream<'static, object_store::Result<Bytes>>, Bytes),
}

/// How they are checked.
enum Check {
    Chunks(ChunkOpener),
    /// The hash of what was read, and of the whole.
    Whole(Sha256, Vec<u8>),
}

impl Reader {
    fn begin_piece(self) -> JoinHandle<Result<Piece, FilesError>> {
        match &self.source {
            Source::File(_) => tokio::task::spawn_blocking(move || self.read_file()),
            Source::Stream(..) => tokio::spawn(self.read_stream()),
        }
    }

    fn next_size(&self) -> usize {
        usize::try_from(self.left).unwrap_or(PIECE).min(PIECE)
    }

    fn read_file(mut self) -> Result<Piece, FilesError> {
        let size = self.next_size();
        let mut bytes = Vec::with_capacity(size);
        if let Source::File(file) = &mut self.source {
            file.by_ref()
                .take(size as u64)
                .read_to_end(&mut bytes)
                .map_err(|error| self.files.0.unusable(&error))?;
        }
        match bytes.len() == size {
            true => self.checked(bytes),
            false => Err(self.damaged()),
        }
    }

    async fn read_stream(mut self) -> Result<Piece, FilesError> {
        let size = self.next_size();
        let mut bytes = Vec::with_capacity(size);
        while let Source::Stream(stream, unused) = &mut self.source
            && bytes.len() < size
        {
            if unused.is_empty() {
                *unused = match stream.next().await {
                    Some(Ok(arrived)) => arrived,
                    Some(Err(error)) => return Err(self.files.error(&self.name, error)),
                    None => return Err(self.damaged()),
                };
            }
            bytes.extend_from_slice(&unused.split_to(unused.len().min(size - bytes.len())));
        }
        self.checked(bytes)
    }

    fn checked(mut self, mut bytes: Vec<u8>) -> Result<Piece, FilesError> {
        self.left -= bytes.len() as u64;
        let is_end = self.left == 0;
        let lengths = match &mut self.check {
            Check::Chunks(opener) => open_chunks(opener, &mut bytes, is_end),
            Check::Whole(so_far, expected) => {
                so_far.add(&bytes);
                (!is_end || so_far.clone().finish() == *expected).then(|| vec![bytes.len()])
            }
        };
        let Some(lengths) = lengths else { return Err(self.damaged()) };
        let bytes = Bytes::from(bytes);
        let slice = |(index, length): (usize, usize)| bytes.slice(index * SEALED_CHUNK..).slice(..length);
        let chunks = lengths.into_iter().enumerate().map(slice).collect();
        Ok(Piece { chunks, rest: (!is_end).then_some(self) })
    }

    fn damaged(&self) -> FilesError {
        FilesError::Damaged(self.name.clone())
    }
}

/// Opens the chunks in place, and returns their lengths; none if one was changed, or there is none.
fn open_chunks(opener: &mut ChunkOpener, sealed: &mut [u8], is_end: bool) -> Option<Vec<usize>> {
    let count = sealed.len().div_ceil(SEALED_CHUNK);
    let mut lengths = Vec::with_capacity(count);
    for (index, chunk) in sealed.chunks_mut(SEALED_CHUNK).enumerate() {
        let part = if is_end && index + 1 == count { Part::Last } else { Part::Inner };
        lengths.push(opener.open(part, chunk).ok()?.len());
    }
    (count > 0).then_some(lengths)
}
