//! What a setting may hold, and the check of what was given.

use std::{net::SocketAddr, path::PathBuf};

use toml::de::DeValue;

use crate::{BackendUrl, Value, log_filter, nearest::nearest};

/// What a setting may hold. Numbers take `_` between digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text but an empty one.
    Text,
    /// Directives of a log filter: `info`, `warn,sql=debug`.
    LogFilter,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The address of a backend.
    Url {
        /// How it may begin, such as `postgres://`.
        schemes: &'static [&'static str],
        /// Beginnings that a later version takes.
        planned: &'static [&'static str],
    },
    /// IP address and port: `127.0.0.1:8080`, `[::1]:8080`.
    Address,
    /// `true` or `false`.
    Bool,
    /// A whole number between both, inclusive.
    Integer {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// Milliseconds between both, inclusive.
    DurationMs {
        /// The shortest.
        least: u64,
        /// The longest.
        most: u64,
    },
    /// Bytes between both, inclusive.
    SizeBytes {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A file or folder; relative ones are seen from the project's folder.
    Path,
    /// Several of one kind: an array in the file, divided by commas elsewhere.
    List {
        /// What each is.
        of: &'static Kind,
        /// How many there must be.
        least: usize,
    },
}

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Continues the setting's name: "is `many`".
    pub(crate) wrong: String,
    /// In the imperative.
    pub(crate) remedy: String,
}

impl Refusal {
    /// The same, said of the list that holds the value.
    fn of_item(self) -> Self {
        Self { wrong: format!("has an item that {}", self.wrong), ..self }
    }
}

impl Kind {
    /// Takes a text from the environment or a flag.
    pub(crate) fn parse(&self, text: &str) -> Result<Value, Vec<Refusal>> {
        let trimmed = text.trim();
        if let Self::List { of, least } = self {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            return self.list(items.map(|item| of.parse(item)), *least);
        }
        let parsed = match self {
            Self::Bool => trimmed.parse().ok().map(Value::Bool),
            Self::Integer { .. } | Self::DurationMs { .. } | Self::SizeBytes { .. } => {
                return self.whole(whole_number(trimmed), trimmed);
            }
            Self::Text => (!trimmed.is_empty()).then(|| Value::Text(text.to_owned())),
            Self::Choice(words) => words.contains(&trimmed).then(|| Value::Text(trimmed.to_owned())),
            Self::LogFilter => return log_filter::check(trimmed).map_err(|refusal| vec![refusal]),
            Self::Url { schemes, planned } => {
                return parse_url(trimmed, schemes, planned).map_err(|refusal| vec![refusal]);
            }
            Self::Address => trimmed.parse::<SocketAddr>().ok().map(Value::Address),
            Self::Path => (!trimmed.is_empty()).then(|| Value::Path(PathBuf::from(trimmed))),
            Self::List { .. } => None,
        };
        parsed.ok_or_else(|| vec![self.refusal(trimmed)])
    }

    /// Takes a value of the settings file, which has types of its own.
    pub(crate) fn take(&self, given: &DeValue<'_>) -> Result<Value, Vec<Refusal>> {
        match (self, given) {
            (Self::Bool, DeValue::Boolean(flag)) => Ok(Value::Bool(*flag)),
            (Self::Integer { .. } | Self::DurationMs { .. } | Self::SizeBytes { .. }, DeValue::Integer(number)) => {
                self.whole(u64::from_str_radix(number.as_str(), number.radix()).ok(), &number.to_string())
            }
            (Self::List { of, least }, DeValue::Array(items)) => {
                self.list(items.iter().map(|item| of.take(item.get_ref())), *least)
            }
            (
                Self::Text | Self::LogFilter | Self::Choice(_) | Self::Url { .. } | Self::Address | Self::Path,
                DeValue::String(text),
            ) => self.parse(text),
            _ => Err(vec![Refusal { wrong: format!("is {}", type_of(given)), remedy: self.give() }]),
        }
    }

    /// What it takes, as the object of a sentence.
    #[must_use]
    pub fn wanted(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::LogFilter => "a level or directives such as `warn,sql=debug`".to_owned(),
            Self::Choice(words) => format!("one of {}", quoted(words)),
            Self::Url { schemes, .. } => format!("an address that begins with {}", quoted(schemes)),
            Self::Address => "an IP address and a port such as `127.0.0.1:8080`".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Integer { least, most } => format!("a whole number between {least} and {most}"),
            Self::DurationMs { least, most } => format!("milliseconds between {least} and {most}"),
            Self::SizeBytes { least, most } => format!("bytes between {least} and {most}"),
            Self::Path => "a path".to_owned(),
            Self::List { of, least: 0 } => format!("a list, each {}", of.wanted()),
            Self::List { of, least } => format!("a list of at least {least}, each {}", of.wanted()),
        }
    }

    fn give(&self) -> String {
        format!("give {}", self.wanted())
    }

    fn refusal(&self, given: &str) -> Refusal {
        let wrong = if given.is_empty() { "is empty".to_owned() } else { format!("is `{given}`") };
        let meant = match self {
            Self::Choice(words) => nearest(given, words.iter().copied()),
            _ => None,
        };
        let remedy = meant.map_or_else(|| self.give(), |word| format!("did you mean `{word}`?"));
        Refusal { wrong, remedy }
    }

    fn whole(&self, number: Option<u64>, given: &str) -> Result<Value, Vec<Refusal>> {
        let (Self::Integer { least, most } | Self::DurationMs { least, most } | Self::SizeBytes { least, most }) = self
        else {
            return Err(vec![self.refusal(given)]);
        };
        match number {
            Some(number) if (*least..=*most).contains(&number) => Ok(Value::Integer(number)),
            _ => Err(vec![self.refusal(given)]),
        }
    }

    /// All items, or what is wrong with each.
    fn list(
        &self,
        items: impl Iterator<Item = Result<Value, Vec<Refusal>>>,
        least: usize,
    ) -> Result<Value, Vec<Refusal>> {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Ok(value) => taken.push(value),
                Err(refusals) => refused.extend(refusals.into_iter().map(Refusal::of_item)),
            }
        }
        if refused.is_empty() && taken.len() < least {
            refused.push(self.refusal(""));
        }
        if refused.is_empty() { Ok(Value::List(taken)) } else { Err(refused) }
    }
}

/// Digits, with `_` between them as in TOML.
fn whole_number(text: &str) -> Option<u64> {
    let is_framed = text.starts_with(|first: char| first.is_ascii_digit()) && !text.ends_with('_');
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    (is_framed && only_digits).then(|| text.replace('_', "").parse().ok()).flatten()
}

/// Messages never repeat the address: a password may stand anywhere in one that is malformed.
fn parse_url(text: &str, schemes: &[&str], planned: &[&str]) -> Result<Value, Refusal> {
    let begins = |start: &&&str| text.starts_with(**start);
    if let Some(start) = planned.iter().find(begins) {
        let wrong = format!("begins with `{start}`, which is not available in this version");
        return Err(Refusal { wrong, remedy: format!("use {}", quoted(schemes)) });
    }
    let Some(start) = schemes.iter().find(begins) else {
        let wrong = "is not an address of a known kind".to_owned();
        return Err(Refusal { wrong, remedy: format!("begin it with {}", quoted(schemes)) });
    };
    if text.len() == start.len() && *start != "memory:" {
        let wrong = format!("has nothing after `{start}`");
        return Err(Refusal { wrong, remedy: "name the place".to_owned() });
    }
    Ok(Value::Url(BackendUrl::new(text)))
}

/// `a`, `b` or `c`, each in backticks.
pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn type_of(given: &DeValue<'_>) -> &'static str {
    match given {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
