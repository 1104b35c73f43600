//! How many tokens a document has, counted before anything is built of it (October 2021, 2.1).

/// Names, numbers, texts and marks; comments, commas and blanks are none.
pub(crate) fn tokens(document: &str) -> usize {
    let mut bytes = document.as_bytes();
    let mut count = 0;
    while let Some((first, rest)) = bytes.split_first() {
        let length = match first {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                bytes = rest;
                continue;
            }
            b'#' => {
                bytes = &bytes[run(bytes, |byte| byte != b'\n' && byte != b'\r')..];
                continue;
            }
            b'"' => text(bytes),
            b'.' => run(bytes, |byte| byte == b'.'),
            byte if is_word(*byte) => run(bytes, is_word),
            _ => 1,
        };
        count += 1;
        bytes = bytes.get(length..).unwrap_or_default();
    }
    count
}

/// Letters of other alphabets too: they stand together, in whatever is no document.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

fn run(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_part(*byte)).unwrap_or(bytes.len())
}

/// The length of a text with its marks; one without end goes to the end.
fn text(bytes: &[u8]) -> usize {
    if let Some(block) = bytes.strip_prefix(b"\"\"\"") {
        let mut at = 0;
        while at < block.len() {
            match &block[at..] {
                [b'\\', b'"', b'"', b'"', ..] => at += 4,
                [b'"', b'"', b'"', ..] => return at + 6,
                _ => at += 1,
            }
        }
        return bytes.len();
    }
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' | b'\n' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_and_what_is_none_is_not() {
        for (document, expected) in [
            ("", 0),
            ("{a}", 3),
            ("{ a, b # c d e\n }", 4),
            ("query Q($id: ID! = \"a b {c}\") { job(id: $id) { ...F } }", 24),
            ("\"\"\"a \\\"\"\" b\"\"\" x", 2),
            ("\"a\\\"b\" x", 2),
            ("-1.5e10", 3),
            ("\"open", 1),
            ("\"\"\"open", 1),
            ("\"a\\", 1),
            ("äöü ß", 2),
        ] {
            assert_eq!(tokens(document), expected, "{document}");
        }
    }
}
