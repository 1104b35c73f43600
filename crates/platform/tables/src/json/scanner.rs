//! A strict reader of JSON text (RFC 8259) that keeps what it reads as text.

use std::borrow::Cow;

/// Arrays and objects inside one another; bounds the stack.
const MAX_DEPTH: usize = 128;

/// Keys and values of one object in file order; `None` for `null`.
pub(crate) type Pairs<'a> = Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>;

/// Why a value could not be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The text ends inside it and the file goes on.
    NeedMore,
    /// It is not JSON.
    Bad { at: usize, detail: String },
}

/// A place in some text.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Whether the text is all there is.
    pub(super) last: bool,
}

impl<'a> Scanner<'a> {
    /// A fault at this place.
    pub(super) fn bad(&self, detail: &str) -> Fault {
        Fault::Bad { at: self.at, detail: detail.to_owned() }
    }

    /// Steps over blanks.
    pub(super) fn blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    /// The byte at this place.
    pub(super) fn peek(&self) -> Result<u8, Fault> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) => Ok(*byte),
            None if self.last => Err(self.bad("the file ends too early")),
            None => Err(Fault::NeedMore),
        }
    }

    /// Steps over `byte`, which must be there.
    pub(super) fn expect(&mut self, byte: u8, detail: &str) -> Result<(), Fault> {
        if self.peek()? != byte {
            return Err(self.bad(detail));
        }
        self.at += 1;
        Ok(())
    }

    /// An object's keys and values.
    pub(super) fn object(&mut self) -> Result<Pairs<'a>, Fault> {
        let mut pairs = Vec::new();
        self.expect(b'{', "an object was expected")?;
        self.blanks();
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(pairs);
        }
        loop {
            self.blanks();
            let key = self.raw_string()?;
            let key = self.unescape(key)?;
            self.blanks();
            self.expect(b':', "a colon was expected")?;
            self.blanks();
            pairs.push((key, self.value()?));
            self.blanks();
            if self.peek()? == b'}' {
                self.at += 1;
                return Ok(pairs);
            }
            self.expect(b',', "a comma or the end of the object was expected")?;
        }
    }

    /// One value as text; `None` for `null`.
    pub(super) fn value(&mut self) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.peek()? {
            b'"' => {
                let raw = self.raw_string()?;
                self.unescape(raw).map(Some)
            }
            b'{' | b'[' => {
                let mut compact = String::new();
                self.nested(&mut compact, 0)?;
                Ok(Some(Cow::Owned(compact)))
            }
            _ => {
                let word = self.scalar()?;
                Ok((word != "null").then_some(Cow::Borrowed(word)))
            }
        }
    }

    /// Any value, appended without blanks.
    fn nested(&mut self, out: &mut String, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(self.bad("values are nested more than 128 deep"));
        }
        let (open, close) = match self.peek()? {
            b'{' => ('{', b'}'),
            b'[' => ('[', b']'),
            b'"' => {
                let raw = self.raw_string()?;
                out.push_str(raw);
                return Ok(());
            }
            _ => {
                out.push_str(self.scalar()?);
                return Ok(());
            }
        };
        out.push(open);
        self.at += 1;
        self.blanks();
        let mut first = true;
        while self.peek()? != close || !first {
            if close == b'}' {
                let key = self.raw_string()?;
                out.push_str(key);
                self.blanks();
                self.expect(b':', "a colon was expected")?;
                out.push(':');
                self.blanks();
            }
            self.nested(out, depth + 1)?;
            self.blanks();
            first = false;
            if self.peek()? == close {
                break;
            }
            self.expect(b',', "a comma was expected")?;
            out.push(',');
            self.blanks();
        }
        self.at += 1;
        out.push(char::from(close));
        Ok(())
    }

    /// A number, `true`, `false` or `null`, as written.
    fn scalar(&mut self) -> Result<&'a str, Fault> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        if length == rest.len() && !self.last {
            return Err(Fault::NeedMore);
        }
        let word = &rest[..length];
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            self.peek()?;
            return Err(self.bad("a value was expected"));
        }
        self.at += length;
        Ok(word)
    }

    /// A string with its quotes and escapes.
    fn raw_string(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        self.expect(b'"', "a string was expected")?;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at]);
                }
                b'\\' => {
                    self.at += 1;
                    self.peek()?;
                    self.at += 1;
                }
                byte if byte < 0x20 => return Err(self.bad("a control character in a string")),
                _ => self.at += 1,
            }
        }
    }

    /// The text that a string stands for.
    fn unescape(&self, raw: &'a str) -> Result<Cow<'a, str>, Fault> {
        let inner = &raw[1..raw.len() - 1];
        if !inner.contains('\\') {
            return Ok(Cow::Borrowed(inner));
        }
        let mut out = String::with_capacity(inner.len());
        let mut rest = inner;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            let (character, used) =
                escaped(&rest[at + 1..]).ok_or_else(|| self.bad("an escape that JSON does not have"))?;
            out.push(character);
            rest = &rest[at + 1 + used..];
        }
        out.push_str(rest);
        Ok(Cow::Owned(out))
    }
}

/// The character that the text after a backslash stands for, and how many bytes it takes.
fn escaped(text: &str) -> Option<(char, usize)> {
    let simple = match text.bytes().next()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((simple, 1))
}

/// `uXXXX`, or the two halves of a surrogate pair. A half alone becomes U+FFFD: it stands for no character.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let high = unit(1)?;
    let is_first_of_two = (0xd800..0xdc00).contains(&high);
    if let Some(low) = text.get(5..7).filter(|mark| is_first_of_two && *mark == "\\u").and_then(|_| unit(7))
        && let Some(Ok(character)) = char::decode_utf16([high, low]).next()
    {
        return Some((character, 11));
    }
    Some((char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER), 5))
}

/// The grammar of numbers, RFC 8259 section 6.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, Option<String>)>> {
        let mut scanner = Scanner { text, at: 0, last: true };
        let pairs = scanner.object().ok()?;
        Some(pairs.into_iter().map(|(key, value)| (key.into_owned(), value.map(Cow::into_owned))).collect())
    }

    #[test]
    fn values_keep_the_text_they_were_written_with() {
        let cases = [
            (r#"{"a": 1.10}"#, Some("1.10")),
            (r#"{"a": -0.5e+3}"#, Some("-0.5e+3")),
            (r#"{"a": null}"#, None),
            (r#"{"a": true}"#, Some("true")),
            (r#"{"a": "x\"y\u00e9\ud83d\ude00\n"}"#, Some("x\"yé😀\n")),
            (r#"{"a": { "b" : [ 1, "c d" , {} , [] ] }}"#, Some(r#"{"b":[1,"c d",{},[]]}"#)),
            (r#"{"a": "\ud83d"}"#, Some("\u{fffd}")),
        ];
        for (text, value) in cases {
            assert_eq!(read(text), Some(vec![("a".to_owned(), value.map(str::to_owned))]), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let cases = [
            r#"{"a": 01}"#,
            r#"{"a": 1.}"#,
            r#"{"a": .5}"#,
            r#"{"a": tru}"#,
            r#"{"a": "x}"#,
            r#"{"a" 1}"#,
            r"{a: 1}",
            r#"{"a": "\q"}"#,
            r#"{"a": [1,]}"#,
            r#"{"a": 1,}"#,
            "{\"a\": \"\n\"}",
            r#"{"a": "\u12"}"#,
            "[]",
            "",
        ];
        for text in cases {
            assert_eq!(read(text), None, "{text}");
        }
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(500), "]".repeat(500));
        assert_eq!(read(&deep), None);
    }
}
