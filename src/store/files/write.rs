//! Writes a file piece by piece. Memory holds one piece, whatever the size of the file.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload, path::Path};

use super::{Files, FilesError};
use crate::{
    digest::{self, Sha256},
    keyring::{CHUNK, ChunkSealer, FileKey, KeyError, Part, SEALED_CHUNK},
    random,
};

/// A file that is being written. It exists for others when [`NewFile::finish`] returns.
pub struct NewFile {
    files: Files,
    name: String,
    path: Path,
    sealer: ChunkSealer,
    key: FileKey,
    hash: Sha256,
    bytes: u64,
    /// The next chunk. It is sealed when it is known whether another follows.
    chunk: Vec<u8>,
    /// Sealed chunks that were not sent.
    piece: Vec<u8>,
    upload: Option<Box<dyn MultipartUpload>>,
}

/// A file that was written, durably.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// The key that its chunks are sealed under.
    pub key: FileKey,
    /// The number of bytes before sealing.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: Vec<u8>,
}

impl NewFile {
    pub(super) fn begin(files: Files) -> Result<Self, FilesError> {
        let name = digest::hex(&random::bytes::<20>());
        let path = files.path(&name)?;
        let (sealer, key) = ChunkSealer::new().map_err(|error| files.0.unusable(&error))?;
        let (hash, chunk) = (Sha256::default(), Vec::with_capacity(SEALED_CHUNK));
        Ok(Self { files, name, path, sealer, key, hash, bytes: 0, chunk, piece: Vec::new(), upload: None })
    }

    /// The random name under which it will be found.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of bytes so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds bytes.
    pub async fn write(&mut self, mut data: &[u8]) -> Result<(), FilesError> {
        self.hash.add(data);
        self.bytes += data.len() as u64;
        while !data.is_empty() {
            if self.chunk.len() == CHUNK {
                self.seal(Part::Inner)?;
                if self.piece.len() >= self.files.0.piece() {
                    self.send().await?;
                }
            }
            let (taken, rest) = data.split_at(data.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(taken);
            data = rest;
        }
        Ok(())
    }

    fn seal(&mut self, part: Part) -> Result<(), FilesError> {
        let sealed = self.sealer.seal(part, &mut self.chunk);
        sealed.map_err(|error: KeyError| self.files.0.unusable(&error))?;
        self.piece.append(&mut self.chunk);
        Ok(())
    }

    /// Sends what was sealed, and waits until it is written.
    async fn send(&mut self) -> Result<(), FilesError> {
        let piece = PutPayload::from(Bytes::from(std::mem::take(&mut self.piece)));
        let failed = |error| self.files.error(&self.name, error);
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.files.store()?.put_multipart(&self.path).await.map_err(failed)?),
        };
        upload.put_part(piece).await.map_err(failed)
    }

    /// Ends the file: everything is on the disk, the entry in the folder too.
    pub async fn finish(mut self) -> Result<Written, FilesError> {
        match self.end().await {
            Ok(()) => {
                let Self { name, key, bytes, hash, .. } = self;
                Ok(Written { name, key, bytes, sha256: hash.finish() })
            }
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    async fn end(&mut self) -> Result<(), FilesError> {
        self.seal(Part::Last)?;
        if self.upload.is_some() {
            self.send().await?;
        }
        let failed = |error| self.files.error(&self.name, error);
        match &mut self.upload {
            Some(upload) => upload.complete().await.map(drop).map_err(failed),
            None => {
                let whole = PutPayload::from(Bytes::from(std::mem::take(&mut self.piece)));
                self.files.store()?.put(&self.path, whole).await.map(drop).map_err(failed)
            }
        }
    }

    /// Abandons the file. The parts that were sent are removed.
    pub async fn abandon(mut self) {
        if let Some(upload) = &mut self.upload
            && let Err(leftover) = upload.abort().await
        {
            tracing::warn!(%leftover, "cannot remove the written parts of an abandoned upload");
        }
    }
}
