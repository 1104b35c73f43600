//! Opens a file and unpacks it: bytes in, uncompressed bytes out, with the position on disk for progress.
//!
//! Compression is told by the first bytes. A stream that ends early is `tables.truncated`, one that is damaged
//! `tables.corrupt`.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::Cancel;

use crate::{Compression, TableError};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const PACKED_BUFFER_BYTES: usize = 64 * 1024;
const MAGIC_BYTES: u64 = 4;

/// Counts what was taken from the disk.
#[derive(Debug)]
struct Counted {
    file: io::Chain<Cursor<Vec<u8>>, File>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The uncompressed bytes of one file.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
    cancel: Cancel,
    path: PathBuf,
    compression: Compression,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("path", &self.path)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

/// Opens a plain file for reading, refusing folders.
pub(crate) fn open_file(path: &Path) -> Result<File, TableError> {
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => TableError::NotFound { path: path.into() },
        _ => TableError::Unreadable { path: path.into(), source },
    })?;
    let metadata = file.metadata().map_err(|source| TableError::Unreadable { path: path.into(), source })?;
    if metadata.is_dir() {
        let source = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(TableError::Unreadable { path: path.into(), source });
    }
    Ok(file)
}

impl Input {
    /// Opens `path` and finds out how it is packed.
    pub(crate) fn open(path: &Path, cancel: &Cancel) -> Result<Self, TableError> {
        let mut file = open_file(path)?;
        let mut magic = Vec::new();
        (&mut file)
            .take(MAGIC_BYTES)
            .read_to_end(&mut magic)
            .map_err(|source| TableError::Unreadable { path: path.into(), source })?;
        let compression = match () {
            () if magic.starts_with(&GZIP_MAGIC) => Compression::Gzip,
            () if magic.starts_with(&ZSTD_MAGIC) => Compression::Zstd,
            () => Compression::None,
        };
        let taken = Arc::new(AtomicU64::new(0));
        let counted = Counted { file: Cursor::new(magic).chain(file), taken: Arc::clone(&taken) };
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(counted),
            Compression::Gzip => {
                let packed = BufReader::with_capacity(PACKED_BUFFER_BYTES, counted);
                Box::new(flate2::bufread::MultiGzDecoder::new(packed))
            }
            Compression::Zstd => {
                let decoder = zstd::Decoder::new(counted)
                    .map_err(|source| TableError::Unreadable { path: path.into(), source })?;
                Box::new(decoder)
            }
        };
        Ok(Self { reader, taken, cancel: cancel.clone(), path: path.into(), compression })
    }

    /// How the file is packed.
    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes taken from the disk so far.
    pub(crate) fn bytes_done(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Adds up to `count` bytes to `buffer`; fewer only at the end of the file.
    pub(crate) fn read_more(&mut self, buffer: &mut Vec<u8>, count: usize) -> Result<usize, TableError> {
        if self.cancel.is_cancelled() {
            return Err(TableError::Cancelled { path: self.path.clone() });
        }
        let start = buffer.len();
        buffer.resize(start + count, 0);
        let mut filled = start;
        let outcome = loop {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break Ok(()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(self.explain(error)),
            }
            if filled == buffer.len() {
                break Ok(());
            }
        };
        buffer.truncate(filled);
        outcome.map(|()| filled - start)
    }

    fn explain(&self, source: io::Error) -> TableError {
        let path = self.path.clone();
        let packed = self.compression != Compression::None;
        match source.kind() {
            io::ErrorKind::UnexpectedEof if packed => TableError::Truncated { path },
            // Decoders answer with these two; errors of the disk have kinds of their own.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other if packed => {
                TableError::Corrupt { path, detail: source.to_string() }
            }
            _ => TableError::Io { path, source },
        }
    }
}
