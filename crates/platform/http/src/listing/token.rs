//! The words of a filter, each with its place.

use super::Mistake;

/// One word. A place is that of its first character, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, a value, `AND`, `OR`, `NOT`.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `:`.
    Compare(Op),
    /// `-` directly before what it denies.
    Minus,
    Open,
    Close,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
    Has,
}

impl Op {
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::IsNot, "!="),
        (Self::AtMost, "<="),
        (Self::AtLeast, ">="),
        (Self::Is, "="),
        (Self::Less, "<"),
        (Self::More, ">"),
        (Self::Has, ":"),
    ];

    pub(crate) fn text(self) -> &'static str {
        Self::ALL.iter().find(|(op, _)| *op == self).map_or("", |(_, text)| text)
    }
}

/// Splits a filter. A `:` within a value belongs to it: times have some.
pub(crate) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Mistake> {
    let mut left = Left { rest: text, at: 1 };
    let mut found: Vec<(usize, Token)> = Vec::new();
    loop {
        left.skip(char::is_whitespace);
        let at = left.at;
        let Some(first) = left.rest.chars().next() else { return Ok(found) };
        let is_value = matches!(found.last(), Some((_, Token::Compare(_))));
        let token = match first {
            '(' => left.eat("(", Token::Open),
            ')' => left.eat(")", Token::Close),
            '"' | '\'' => left.quoted(first)?,
            '-' if !is_value => left.eat("-", Token::Minus),
            _ => match Op::ALL.iter().find(|(_, text)| left.rest.starts_with(text)) {
                Some((op, text)) => left.eat(text, Token::Compare(*op)),
                None => left.word(is_value)?,
            },
        };
        found.push((at, token));
    }
}

struct Left<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Left<'a> {
    /// The first characters that `is` fits, in bytes.
    fn take(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|char| !is(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.at += taken.chars().count();
        self.rest = rest;
        taken
    }

    fn skip(&mut self, is: impl Fn(char) -> bool) {
        let _skipped = self.take(is);
    }

    fn eat(&mut self, text: &str, token: Token) -> Token {
        self.rest = self.rest.get(text.len()..).unwrap_or_default();
        self.at += text.len();
        token
    }

    fn word(&mut self, is_value: bool) -> Result<Token, Mistake> {
        let at = self.at;
        let ends = |char: char| char.is_whitespace() || "()=<>!\"',".contains(char) || char == ':' && !is_value;
        match self.take(|char| !ends(char)) {
            "" => {
                let char = self.rest.chars().next().unwrap_or_default();
                Err(Mistake::new(at, format!("`{char}` is not expected")))
            }
            word => Ok(Token::Word(word.to_owned())),
        }
    }

    /// A backslash keeps the next character as it is.
    fn quoted(&mut self, quote: char) -> Result<Token, Mistake> {
        let (begin, mut text) = (self.at, String::new());
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => text.extend(chars.next().map(|(_, char)| char)),
                _ if char == quote => {
                    let end = at + char.len_utf8();
                    self.at += self.rest[..end].chars().count();
                    self.rest = &self.rest[end..];
                    return Ok(Token::Quoted(text));
                }
                _ => text.push(char),
            }
        }
        Err(Mistake::new(begin, "the quotes are not closed"))
    }
}
