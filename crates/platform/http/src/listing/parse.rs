//! From the words of a filter to what has to hold. Source of the grammar: AIP-160, without sequences and functions.
//!
//! Invariants: bounded in length, comparisons and depth; every mistake has its place.

use super::{
    Field, Kind, Mistake,
    field::{filters, find},
    filter::{Comparison, Holds, Literal},
    token::{Op, Token, tokens},
};

/// Longest filter, in bytes.
const MOST_BYTES: usize = 2_000;
/// Comparisons in one filter at most.
const MOST_COMPARISONS: usize = 32;
/// Parentheses within parentheses at most, and denials of denials.
const MOST_DEPTH: usize = 8;

/// Reads a filter.
pub(super) fn parse(text: &str, fields: &'static [Field]) -> Result<Holds, Mistake> {
    if text.len() > MOST_BYTES {
        return Err(Mistake::new(1, format!("it is longer than {MOST_BYTES} bytes")));
    }
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), fields, end, comparisons: 0, depth: 0 };
    let holds = parser.all()?;
    match parser.tokens.next() {
        None => Ok(holds),
        Some((at, Token::Close)) => Err(Mistake::new(at, "there is no `(` for this `)`")),
        Some((at, _)) => Err(Mistake::new(at, "expected `AND`, `OR` or the end")),
    }
}

struct Parser<I: Iterator<Item = (usize, Token)>> {
    tokens: std::iter::Peekable<I>,
    fields: &'static [Field],
    end: usize,
    comparisons: usize,
    depth: usize,
}

impl<I: Iterator<Item = (usize, Token)>> Parser<I> {
    /// `a AND b AND …`
    fn all(&mut self) -> Result<Holds, Mistake> {
        let mut parts = vec![self.any()?];
        while self.eats("AND") {
            parts.push(self.any()?);
        }
        Ok(Holds::all(parts))
    }

    /// `a OR b OR …`
    fn any(&mut self) -> Result<Holds, Mistake> {
        let mut parts = vec![self.one()?];
        while self.eats("OR") {
            parts.push(self.one()?);
        }
        Ok(Holds::any(parts))
    }

    fn eats(&mut self, word: &str) -> bool {
        self.tokens.next_if(|(_, token)| matches!(token, Token::Word(found) if found == word)).is_some()
    }

    fn one(&mut self) -> Result<Holds, Mistake> {
        match self.tokens.next() {
            Some((at, Token::Minus)) => self.deny(at),
            Some((at, Token::Word(word))) if word == "NOT" => self.deny(at),
            Some((at, Token::Open)) => self.within(at, |parser| {
                let holds = parser.all()?;
                match parser.tokens.next() {
                    Some((_, Token::Close)) => Ok(holds),
                    Some((at, _)) => Err(Mistake::new(at, "expected `AND`, `OR` or `)`")),
                    None => Err(Mistake::new(at, "this `(` is not closed")),
                }
            }),
            Some((at, Token::Word(name))) if !matches!(name.as_str(), "AND" | "OR") => self.comparison(at, &name),
            Some((at, _)) => Err(Mistake::new(at, "expected a field")),
            None => Err(Mistake::new(self.end, "expected a field, and it ends here")),
        }
    }

    fn deny(&mut self, at: usize) -> Result<Holds, Mistake> {
        self.within(at, |parser| Ok(Holds::Not(Box::new(parser.one()?))))
    }

    fn within(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<Holds, Mistake>) -> Result<Holds, Mistake> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Mistake::new(at, format!("it is nested deeper than {MOST_DEPTH}")));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn comparison(&mut self, at: usize, name: &str) -> Result<Holds, Mistake> {
        let field = find(self.fields, (at, name), filters)?;
        self.comparisons += 1;
        if self.comparisons > MOST_COMPARISONS {
            return Err(Mistake::new(at, format!("it has more than {MOST_COMPARISONS} comparisons")));
        }
        let (at, op) = match self.tokens.next() {
            Some((at, Token::Compare(op))) => (at, op),
            Some((at, _)) => return Err(Mistake::new(at, "expected `=`, `!=`, `<`, `<=`, `>`, `>=` or `:`")),
            None => return Err(Mistake::new(self.end, format!("`{name}` is compared with nothing"))),
        };
        let value = match self.tokens.next() {
            Some((at, Token::Word(word))) => literal(field, (at, op), &word, false)?,
            Some((at, Token::Quoted(text))) => literal(field, (at, op), &text, true)?,
            Some((at, _)) => return Err(Mistake::new(at, "expected a value")),
            None => return Err(Mistake::new(self.end, "expected a value, and it ends here")),
        };
        fits(field, (at, op), &value)?;
        Ok(Holds::Is(Comparison { field, op, value }))
    }
}

/// A value as its field has it.
fn literal(field: &Field, (at, op): (usize, Op), text: &str, is_quoted: bool) -> Result<Literal, Mistake> {
    let wrong = || Mistake::new(at, format!("`{}` is compared with {}", field.name, field.kind.told()));
    match (text, is_quoted) {
        ("null", false) => return Ok(Literal::Null),
        ("*", false) if op == Op::Has => return Ok(Literal::Any),
        _ => {}
    }
    Ok(match field.kind {
        Kind::Text | Kind::Texts => Literal::Text(text.to_owned()),
        Kind::Word(words) if words.contains(&text) => Literal::Text(text.to_owned()),
        Kind::Number => Literal::Number(text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(wrong)?),
        Kind::Flag => Literal::Flag(text.parse().map_err(|_| wrong())?),
        Kind::Time => Literal::Time(moment(text).ok_or_else(wrong)?),
        Kind::Word(_) | Kind::Shown => return Err(wrong()),
    })
}

/// Whether such a comparison means anything.
fn fits(field: &Field, (at, op): (usize, Op), value: &Literal) -> Result<(), Mistake> {
    let is_order = matches!(op, Op::Less | Op::AtMost | Op::More | Op::AtLeast);
    let fits = match (op, value) {
        (_, Literal::Null) => matches!(op, Op::Is | Op::IsNot),
        (Op::Has, Literal::Any) => true,
        (Op::Has, _) => matches!(field.kind, Kind::Text | Kind::Texts),
        _ if is_order => matches!(field.kind, Kind::Text | Kind::Number | Kind::Time),
        _ => field.kind != Kind::Texts,
    };
    if fits {
        Ok(())
    } else {
        Err(Mistake::new(at, format!("`{}` cannot be compared by `{}` here", field.name, op.text())))
    }
}

/// A moment in the form that items have, whose order is that of their texts: `2026-01-31T12:00:00.000000Z`.
fn moment(text: &str) -> Option<String> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let (time, part) = time.split_once('.').unwrap_or((time, ""));
    let is_whole = shaped(date, "0000-00-00") && shaped(time, "00:00:00");
    let is_part = part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_whole && is_part).then(|| format!("{date}T{time}.{part:0<6}Z"))
}

fn shaped(text: &str, shape: &str) -> bool {
    let fits = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_have_the_form_of_items() {
        for (text, expected) in [
            ("2026-01-31", Some("2026-01-31T00:00:00.000000Z")),
            ("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00.000000Z")),
            ("2026-01-31T12:00:00.25Z", Some("2026-01-31T12:00:00.250000Z")),
            ("2026-01-31T12:00:00", None),
            ("2026-01-31T12:00:00+01:00", None),
            ("2026-1-31", None),
            ("2026-01-31T12:00:00.1234567Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(moment(text).as_deref(), expected, "{text}");
        }
    }
}
