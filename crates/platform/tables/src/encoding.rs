//! Which encoding a file is written in.
//!
//! Order of belief: the caller's hint, a byte order mark, the pattern of UTF-16, validity as UTF-8, and last the statistics
//! of `chardetng` over the lines that are not ASCII. `windows-1252` is the net below: every byte means something in it.

use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memrchr};

use crate::{Hints, TableError};

const UTF_32_MARKS: [[u8; 4]; 2] = [[0xff, 0xfe, 0, 0], [0, 0, 0xfe, 0xff]];
/// How much of a file is looked at for the zeros of UTF-16.
pub(crate) const UTF_16_PROBE_BYTES: usize = 4096;
/// Lines that are not ASCII are kept for the detector up to this size.
const STRANGE_BYTES: usize = 256 * 1024;
/// As much of one line as the detector gets.
const STRANGE_LINE_BYTES: usize = 1024;

/// An encoding and why it is believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Guess {
    pub(crate) encoding: &'static Encoding,
    pub(crate) bom: bool,
    pub(crate) confidence: f64,
    /// Whether it came from a hint, a mark or zeros, so that nothing else is tried when it does not fit.
    pub(crate) settled: bool,
}

/// The decoder of a WHATWG label.
pub(crate) fn by_label(path: &Path, label: &str) -> Result<&'static Encoding, TableError> {
    Encoding::for_label(label.as_bytes())
        .filter(|encoding| *encoding != REPLACEMENT)
        .ok_or_else(|| TableError::UnsupportedEncoding { path: path.into(), encoding: label.to_owned() })
}

/// What the first bytes and the caller settle; `None` where the content must decide.
pub(crate) fn settled(path: &Path, start: &[u8], hints: &Hints) -> Result<Option<Guess>, TableError> {
    let marked = Encoding::for_bom(start).map(|(encoding, _)| encoding);
    if let Some(label) = &hints.encoding {
        let named = by_label(path, label)?;
        // `utf-16` alone does not say which byte comes first, and by the standard means the little end.
        let open_order = label.trim().eq_ignore_ascii_case("utf-16");
        let big_end = || marked.or_else(|| utf_16_without_mark(start)).filter(|found| *found == UTF_16BE);
        let encoding = open_order.then(big_end).flatten().unwrap_or(named);
        return Ok(Some(Guess { encoding, bom: marked == Some(encoding), confidence: 1.0, settled: true }));
    }
    if UTF_32_MARKS.iter().any(|mark| start.starts_with(mark)) {
        return Err(TableError::UnsupportedEncoding { path: path.into(), encoding: "UTF-32".to_owned() });
    }
    let unmarked = || utf_16_without_mark(start).map(|encoding| (encoding, false, 0.9));
    let found = marked.map(|encoding| (encoding, true, 1.0)).or_else(unmarked);
    Ok(found.map(|(encoding, bom, confidence)| Guess { encoding, bom, confidence, settled: true }))
}

/// The encoding of a JSON file by its first bytes, of which [`UTF_16_PROBE_BYTES`] are looked at: UTF-8, as its standard
/// says (RFC 8259, section 8.1), or UTF-16, in which files exist all the same. What the caller says does not count.
pub(crate) fn of_json(path: &Path, start: &[u8]) -> Result<&'static Encoding, TableError> {
    Ok(settled(path, start, &Hints::default())?.map_or(UTF_8, |guess| guess.encoding))
}

/// Text of Western scripts in UTF-16 has a zero in every second byte.
fn utf_16_without_mark(start: &[u8]) -> Option<&'static Encoding> {
    let probe = &start[..start.len().min(UTF_16_PROBE_BYTES)];
    let mut zeros = [0_usize; 2];
    for (place, byte) in probe.iter().enumerate() {
        zeros[place % 2] += usize::from(*byte == 0);
    }
    let many = probe.len() / 4;
    match zeros {
        _ if probe.len() < 4 => None,
        [0, odd] if odd > many => Some(UTF_16LE),
        [even, 0] if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether a byte is no letter in `windows-1252`, such as a currency sign or a dash. The detector knows languages by their
/// letters; of signs alone it makes anything.
fn is_western_sign(byte: u8) -> bool {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
    !text.chars().any(char::is_alphabetic)
}

/// What the content says, gathered chunk by chunk.
pub(crate) struct Evidence {
    utf8: bool,
    /// Bytes and lines before the first byte that is not UTF-8.
    good_bytes: u64,
    good_lines: u64,
    ascii: bool,
    /// Bytes met since the text stopped being UTF-8.
    seen: [bool; 256],
    /// Whether text that is not ASCII went by before `seen` was kept.
    seen_all: bool,
    strange: Vec<u8>,
}

impl Evidence {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            utf8: true,
            good_bytes: 0,
            good_lines: 0,
            ascii: true,
            seen: [false; 256],
            seen_all: true,
            strange: Vec::new(),
        }
    }

    /// Looks at a chunk and says how many bytes at its end must come again at the front of the next, because a character
    /// is cut there. `last` if there is no next.
    pub(crate) fn feed(&mut self, chunk: &[u8], last: bool) -> usize {
        let mut again = 0;
        if self.utf8 {
            match simdutf8::compat::from_utf8(chunk) {
                Ok(_) => self.good_bytes += chunk.len() as u64,
                Err(error) if error.error_len().is_none() && !last => {
                    again = chunk.len() - error.valid_up_to();
                    self.good_bytes += error.valid_up_to() as u64;
                }
                Err(error) => {
                    self.good_bytes += error.valid_up_to() as u64;
                    self.good_lines += crate::text::count_lines(&chunk[..error.valid_up_to()]);
                    self.utf8 = false;
                    self.seen_all = self.ascii;
                }
            }
        }
        let chunk = &chunk[..chunk.len() - again];
        if !chunk.is_ascii() {
            self.ascii = false;
            self.keep_strange(chunk);
            if !self.utf8 {
                for byte in chunk {
                    self.seen[usize::from(*byte)] = true;
                }
            }
        }
        if self.utf8 {
            self.good_lines += crate::text::count_lines(chunk);
        }
        again
    }

    fn keep_strange(&mut self, chunk: &[u8]) {
        let mut at = 0;
        while self.strange.len() < STRANGE_BYTES {
            let Some(place) = chunk[at..].iter().position(|byte| !byte.is_ascii()).map(|place| place + at) else {
                break;
            };
            let start = memrchr(b'\n', &chunk[at..place]).map_or(at, |line| at + line + 1);
            let end = memchr(b'\n', &chunk[place..]).map_or(chunk.len(), |line| place + line + 1);
            let line = &chunk[start.max(place.saturating_sub(STRANGE_LINE_BYTES / 2))..end];
            self.strange.extend_from_slice(&line[..line.len().min(STRANGE_LINE_BYTES)]);
            at = end;
        }
    }

    /// Whether everything so far was UTF-8; otherwise the bytes and lines before the first misfit.
    pub(crate) fn utf8(&self) -> Result<(), (u64, u64)> {
        if self.utf8 { Ok(()) } else { Err((self.good_bytes, self.good_lines)) }
    }

    /// Whether every byte so far is known to mean something in a single-byte `encoding`; `false` if it must be tried.
    pub(crate) fn fits(&self, encoding: &'static Encoding) -> bool {
        let seen: Vec<u8> = (0_u8..=255).filter(|byte| self.seen[usize::from(*byte)]).collect();
        encoding.is_single_byte()
            && (self.ascii || (self.seen_all && !self.utf8))
            && encoding.decode_without_bom_handling_and_without_replacement(&seen).is_some()
    }

    /// The best guess for what was seen.
    pub(crate) fn guess(&self) -> Guess {
        if self.utf8 {
            return Guess { encoding: UTF_8, bom: false, confidence: 1.0, settled: false };
        }
        if self.strange.iter().all(|byte| byte.is_ascii() || is_western_sign(*byte)) {
            return Guess { encoding: WINDOWS_1252, bom: false, confidence: 0.9, settled: false };
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&self.strange, true);
        let encoding = detector.guess(None, Utf8Detection::Deny);
        let sound = encoding.decode_without_bom_handling_and_without_replacement(&self.strange).is_some();
        // One script's single-byte encodings share most of their letters; the detector tells the scripts apart well.
        let confidence = if sound { 0.9 } else { 0.6 };
        let encoding = if encoding.is_single_byte() && !sound { WINDOWS_1252 } else { encoding };
        Guess { encoding, bom: false, confidence, settled: false }
    }
}
