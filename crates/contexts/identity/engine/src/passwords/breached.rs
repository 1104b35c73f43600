//! The list of leaked passwords: a sorted file of SHA-1 hashes, searched by halves, so that forty gigabytes need no memory.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufRead as _, BufReader, Seek as _, SeekFrom},
    path::PathBuf,
};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// A file, opened for each question.
pub(super) struct Breached(PathBuf);

impl Breached {
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Whether the password's hash is in it.
    pub(super) fn has(&self, password: &str) -> io::Result<bool> {
        let mut wanted = String::with_capacity(40);
        for byte in digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref() {
            // Writing to a String cannot fail.
            let _ = write!(wanted, "{byte:02X}");
        }
        let file = File::open(&self.0)?;
        let (mut low, mut high) = (0, file.metadata()?.len());
        let mut file = BufReader::with_capacity(256, file);
        // Invariant: the wanted line, if there is one, begins at `low` or later and before `high`.
        while low < high {
            let middle = low + (high - low) / 2;
            let (line, begin) = line_at(&mut file, middle)?;
            match line.get(..40).unwrap_or_default().cmp(&wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                _ if line.is_empty() || begin >= high => high = middle,
                std::cmp::Ordering::Less => low = begin + line.len() as u64,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// The first line that begins at `at` or later, and where it does.
fn line_at(file: &mut BufReader<File>, at: u64) -> io::Result<(String, u64)> {
    let mut begin = at;
    let mut line = String::new();
    if at > 0 {
        // From the byte before: a line that begins right here is not skipped.
        file.seek(SeekFrom::Start(at - 1))?;
        let mut rest = Vec::new();
        begin = at - 1 + file.read_until(b'\n', &mut rest)? as u64;
    } else {
        file.seek(SeekFrom::Start(0))?;
    }
    file.read_line(&mut line)?;
    Ok((line, begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_no_other() {
        let hash = |text: &str| {
            let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
            digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
        };
        for size in [0, 1, 2, 3, 10, 100] {
            let words: Vec<String> = (0..size).map(|number| format!("word{number}")).collect();
            let mut lines: Vec<String> =
                words.iter().enumerate().map(|(at, word)| format!("{}:{at}", hash(word))).collect();
            lines.sort();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("list");
            std::fs::write(&path, lines.join("\r\n") + "\r\n").unwrap();
            let list = Breached::at(path);
            assert!(words.iter().all(|word| list.has(word).unwrap()), "{size}");
            assert!((size..size + 50).all(|other| !list.has(&format!("word{other}")).unwrap()), "{size}");
        }
        assert!(Breached::at("no such file".into()).has("a").is_err());
    }
}
