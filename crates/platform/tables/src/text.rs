//! A file as blocks of checked UTF-8: unpacked, decoded, without its byte order mark.
//!
//! Invariants: a block never ends inside a character; what a consumer has not taken stays at the front of the next block;
//! NUL and bytes that the encoding does not have are errors with their place.

use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use kernel::Cancel;
use memchr::{memchr, memchr_iter};

use crate::{TableError, input::Input};

const UTF_8_BOM: [u8; 3] = [0xef, 0xbb, 0xbf];
/// A decoder turns one byte into at most three bytes of UTF-8.
const DECODED_BYTES_PER_BYTE: usize = 3;
/// Large enough that per-block work does not show, small enough for the second-level cache.
pub(crate) const BLOCK_BYTES: usize = 512 * 1024;

/// The text of one file, block by block.
pub(crate) struct TextBlocks {
    input: Input,
    encoding: &'static Encoding,
    /// `None` for UTF-8, whose bytes are taken as they are.
    decoder: Option<Decoder>,
    packed: Vec<u8>,
    buffer: Vec<u8>,
    block_bytes: usize,
    last: bool,
    started: bool,
    /// Bytes and lines before `buffer`; of the file for UTF-8, of what was fed to the decoder otherwise.
    bytes_before: u64,
    lines_before: u64,
}

impl TextBlocks {
    /// Opens a file whose encoding is known.
    pub(crate) fn open(
        path: &Path,
        encoding: &'static Encoding,
        block_bytes: usize,
        cancel: &Cancel,
    ) -> Result<Self, TableError> {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        Ok(Self {
            input: Input::open(path, cancel)?,
            encoding,
            decoder,
            packed: Vec::new(),
            buffer: Vec::new(),
            block_bytes,
            last: false,
            started: false,
            bytes_before: 0,
            lines_before: 0,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.input.path()
    }

    /// Bytes taken from the disk so far.
    pub(crate) fn bytes_done(&self) -> u64 {
        self.input.bytes_done()
    }

    /// Whether everything was read and taken.
    pub(crate) fn is_done(&self) -> bool {
        self.last && self.buffer.is_empty()
    }

    /// Lets go of everything: the consumer has seen the last block.
    pub(crate) fn finish(&mut self) {
        self.buffer.clear();
    }

    /// Lets go of the first `consumed` bytes and reads on. Where nothing could be consumed, the block at least doubles.
    pub(crate) fn advance(&mut self, consumed: usize) -> Result<(), TableError> {
        if self.decoder.is_none() {
            self.bytes_before += consumed as u64;
            self.lines_before += count_lines(&self.buffer[..consumed]);
        }
        self.buffer.drain(..consumed);
        if self.last {
            return Ok(());
        }
        let want = if consumed == 0 { self.block_bytes.max(self.buffer.len()) } else { self.block_bytes };
        let fresh = self.buffer.len();
        if self.decoder.is_some() {
            self.decode_more(want)?;
        } else {
            self.take_more(want)?;
        }
        match memchr(0, &self.buffer[fresh..]) {
            Some(at) => {
                let offset = self.bytes_before + (fresh + at) as u64;
                Err(TableError::Binary { path: self.path().into(), offset })
            }
            None => Ok(()),
        }
    }

    /// The text at hand, and whether it is the file's last.
    pub(crate) fn text(&self) -> Result<(&str, bool), TableError> {
        let error = match simdutf8::compat::from_utf8(&self.buffer) {
            Ok(text) => return Ok((text, self.last)),
            Err(error) => error,
        };
        let (sound, _) = self.buffer.split_at(error.valid_up_to());
        match simdutf8::basic::from_utf8(sound) {
            Ok(text) if error.error_len().is_none() && !self.last => Ok((text, false)),
            _ => Err(TableError::Encoding {
                path: self.path().into(),
                encoding: self.encoding.name().to_owned(),
                offset: self.bytes_before + sound.len() as u64,
                line: self.lines_before + count_lines(sound) + 1,
            }),
        }
    }

    fn take_more(&mut self, want: usize) -> Result<(), TableError> {
        let read = self.input.read_more(&mut self.buffer, want.max(UTF_8_BOM.len()))?;
        self.last = read < want.max(UTF_8_BOM.len());
        if !self.started && self.buffer.starts_with(&UTF_8_BOM) {
            self.buffer.drain(..UTF_8_BOM.len());
            self.bytes_before = UTF_8_BOM.len() as u64;
        }
        self.started = true;
        Ok(())
    }

    fn decode_more(&mut self, want: usize) -> Result<(), TableError> {
        self.packed.clear();
        let read = self.input.read_more(&mut self.packed, want)?;
        self.last = read < want;
        let Some(decoder) = self.decoder.as_mut() else { return Ok(()) };
        let start = self.buffer.len();
        self.buffer.resize(start + (read + 4) * DECODED_BYTES_PER_BYTE, 0);
        let (result, eaten, written) =
            decoder.decode_to_utf8_without_replacement(&self.packed, &mut self.buffer[start..], self.last);
        self.buffer.truncate(start + written);
        let fresh_lines = count_lines(&self.buffer[start..]);
        match result {
            DecoderResult::InputEmpty => {
                self.bytes_before += eaten as u64;
                self.lines_before += fresh_lines;
                Ok(())
            }
            DecoderResult::Malformed(bad, after) => {
                let offset = (self.bytes_before + eaten as u64).saturating_sub(u64::from(bad) + u64::from(after));
                Err(self.misfit(offset, self.lines_before + fresh_lines + 1))
            }
            // The buffer has room for the worst case.
            DecoderResult::OutputFull => {
                Err(self.misfit(self.bytes_before + eaten as u64, self.lines_before + fresh_lines + 1))
            }
        }
    }

    fn misfit(&self, offset: u64, line: u64) -> TableError {
        TableError::Encoding { path: self.path().into(), encoding: self.encoding.name().to_owned(), offset, line }
    }
}

/// Line feeds in some bytes.
pub(crate) fn count_lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
