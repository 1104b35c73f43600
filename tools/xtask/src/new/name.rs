//! One name in three spellings: `request_export`, `RequestExport`, "Request export".

use anyhow::{Result, bail};

/// A use case's name, `verb_noun`.
pub(super) struct UseCase(String);

impl UseCase {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let is_word = |word: &str| {
            word.starts_with(|sign: char| sign.is_ascii_lowercase())
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let words: Vec<&str> = text.split('_').collect();
        if words.len() < 2 || !words.iter().all(|word| is_word(word)) {
            bail!("`{text}` is no verb_noun; write it like `request_export`: small letters, at least two words");
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn verb(&self) -> &str {
        self.0.split('_').next().unwrap_or_default()
    }

    /// Its words, without a full stop.
    pub(super) fn sentence(&self) -> String {
        let text = self.0.replace('_', " ");
        format!("{}{}", text[..1].to_uppercase(), &text[1..])
    }
}

/// `RequestExport` of `request_export`.
pub(super) fn pascal(snake: &str) -> String {
    let capital = |word: &str| word.get(..1).map_or(String::new(), |first| first.to_uppercase() + &word[1..]);
    snake.split(['_', '-']).map(capital).collect()
}

/// `request_export` of `RequestExport`, and of itself.
pub(super) fn snake(name: &str) -> String {
    let mut text = String::new();
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(sign.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verb_and_a_noun_are_a_name() {
        for refused in [
            "request",
            "RequestExport",
            "request-export",
            "request__export",
            "_export",
            "request_",
            "1_export",
            "é_a",
            "",
        ] {
            assert!(UseCase::parse(refused).is_err(), "{refused}");
        }
        let name = UseCase::parse("request_big_export2").unwrap();
        assert_eq!((name.verb(), name.sentence().as_str()), ("request", "Request big export2"));
        assert_eq!(
            (pascal(name.text()).as_str(), snake("RequestExport").as_str()),
            ("RequestBigExport2", "request_export")
        );
    }
}
