//! Languages of ISO 639 and simple language tags of BCP 47.
//!
//! The table `data/languages.tsv` has the individual languages and macrolanguages that the IANA Language Subtag Registry
//! of 25 August 2025 (CC0) lists as current: those of ISO 639-3, with the registry's first English name. Which
//! three letters belong to two, and the bibliographic codes: Library of Congress, ISO 639-2, by way of the
//! `datasets/language-codes` collection (PDDL). Serbo-Croatian has no two letters here: ISO 639-1 withdrew `sh`.
//!
//! Absent on purpose: groups of languages, the codes for "none" and "several"; scripts, variants and extensions in tags.

use std::{fmt, str::FromStr, sync::LazyLock};

use crate::{
    Country,
    word::{WordError, meant, shown, text_serde},
};

/// One line of the table. Missing codes are empty.
struct Row {
    alpha3: &'static str,
    alpha2: &'static str,
    name: &'static str,
    bibliographic: &'static str,
}

struct Table {
    /// Sorted by alpha-3.
    rows: Vec<Row>,
    /// Alpha-2 and the place of its row, sorted.
    two_letters: Vec<(&'static str, u16)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let lines = include_str!("../data/languages.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Row> = lines.map(row).collect();
    let mut two_letters: Vec<_> = (0_u16..)
        .zip(&rows)
        .filter(|(_, row)| !row.alpha2.is_empty())
        .map(|(index, row)| (row.alpha2, index))
        .collect();
    two_letters.sort_unstable();
    Table { rows, two_letters }
});

fn row(line: &'static str) -> Row {
    let mut fields = line.split('\t');
    let mut field = || fields.next().unwrap_or_default();
    Row { alpha3: field(), alpha2: field(), name: field(), bibliographic: field() }
}

/// A language. Text form: the two letters where there are any, else three, as BCP 47 asks. Sorted by the three.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(u16);

impl Language {
    /// All of them, sorted by alpha-3.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..=u16::MAX).zip(&TABLE.rows).map(|(index, _)| Self(index))
    }

    /// The code of ISO 639-3, three small letters.
    #[must_use]
    pub fn alpha3(self) -> &'static str {
        self.row().alpha3
    }

    /// The code of ISO 639-1, two small letters; `None` where it gives none.
    #[must_use]
    pub fn alpha2(self) -> Option<&'static str> {
        Some(self.row().alpha2).filter(|code| !code.is_empty())
    }

    /// The English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    fn row(self) -> &'static Row {
        &TABLE.rows[usize::from(self.0)]
    }

    /// The language with these two or three letters.
    fn find(code: &str) -> Option<Self> {
        let Table { rows, two_letters } = &*TABLE;
        match code.len() {
            2 => two_letters.binary_search_by(|(two, _)| (*two).cmp(code)).ok().map(|at| Self(two_letters[at].1)),
            _ => rows.binary_search_by(|row| row.alpha3.cmp(code)).ok().and_then(|at| at.try_into().ok()).map(Self),
        }
    }
}

impl FromStr for Language {
    type Err = WordError;

    /// Reads two letters of ISO 639-1 or three of ISO 639-3, small ones.
    ///
    /// # Errors
    /// [`WordError::UnknownCode`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        Self::find(given).ok_or_else(|| {
            let rows = Self::all().map(|language| {
                let Row { alpha3, alpha2, name, bibliographic } = language.row();
                (if alpha2.is_empty() { *alpha3 } else { *alpha2 }, [*alpha2, *alpha3, *bibliographic], *name)
            });
            WordError::UnknownCode { what: "language", given: shown(given), meant: meant(given, rows) }
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alpha2().unwrap_or_else(|| self.alpha3()))
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

text_serde!(Language);

/// A language, or the language as written in one country: `de`, `de-AT`. The simple form of BCP 47 (RFC 5646, 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageTag {
    /// What is spoken.
    pub language: Language,
    /// Where; `None` where it makes no difference.
    pub country: Option<Country>,
}

impl FromStr for LanguageTag {
    type Err = WordError;

    /// Reads `language` or `language-COUNTRY` in the letters that RFC 5646, 2.1.1 recommends.
    ///
    /// # Errors
    /// [`WordError::UnknownCode`].
    fn from_str(given: &str) -> Result<Self, WordError> {
        read_tag(given).ok_or_else(|| {
            let (language, country) = given.trim().split_once(['-', '_']).unwrap_or((given.trim(), ""));
            let written = match country {
                "" => language.to_lowercase(),
                country => format!("{}-{}", language.to_lowercase(), country.to_uppercase()),
            };
            let meant = read_tag(&written).map(|tag| tag.to_string());
            WordError::UnknownCode { what: "language tag", given: shown(given), meant }
        })
    }
}

fn read_tag(text: &str) -> Option<LanguageTag> {
    match text.split_once('-') {
        None => Some(LanguageTag { language: Language::find(text)?, country: None }),
        Some((language, country)) => {
            Some(LanguageTag { language: Language::find(language)?, country: Some(country.parse().ok()?) })
        }
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.language.fmt(f)?;
        self.country.map_or(Ok(()), |country| write!(f, "-{country}"))
    }
}

text_serde!(LanguageTag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_registrys_of_august_2025() {
        let (rows, two) = (&TABLE.rows, &TABLE.two_letters);
        // ISO 639:2023 has 183 codes in its set 1.
        assert_eq!((rows.len(), two.len()), (7_919, 183));
        assert!(rows.is_sorted_by(|a, b| a.alpha3 < b.alpha3) && two.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(rows.iter().filter(|row| !row.bibliographic.is_empty()).count(), 20);
        let is_code = |code: &str, length| code.len() == length && code.bytes().all(|byte| byte.is_ascii_lowercase());
        for Row { alpha3, alpha2, name, bibliographic } in rows {
            assert!(is_code(alpha3, 3) && !name.is_empty(), "{alpha3}");
            assert!(alpha2.is_empty() || is_code(alpha2, 2), "{alpha3}: {alpha2}");
            assert!(bibliographic.is_empty() || is_code(bibliographic, 3), "{alpha3}: {bibliographic}");
        }
    }

    #[test]
    fn every_language_reads_back_from_each_of_its_codes() {
        for language in Language::all() {
            assert_eq!(language.to_string().parse(), Ok(language));
            assert_eq!(language.alpha3().parse(), Ok(language));
        }
    }

    #[test]
    fn known_entries_are_as_the_standard_has_them() {
        let cases = [
            ("de", "deu", "German", "de"),
            ("deu", "deu", "German", "de"),
            ("gsw", "gsw", "Swiss German", "gsw"),
            ("zh", "zho", "Chinese", "zh"),
            ("cmn", "cmn", "Mandarin Chinese", "cmn"),
            ("hbs", "hbs", "Serbo-Croatian", "hbs"),
        ];
        for (given, alpha3, name, written) in cases {
            let language: Language = given.parse().unwrap();
            assert_eq!((language.alpha3(), language.name(), language.to_string().as_str()), (alpha3, name, written));
        }
    }

    #[test]
    fn other_texts_are_refused_with_a_hint() {
        let cases = [
            ("DE", Some("de")),
            ("ger", Some("de")),
            ("German", Some("de")),
            ("norwegain", Some("no")),
            ("sh", None),
            ("mul", None),
            ("", None),
        ];
        for (given, expected) in cases {
            let WordError::UnknownCode { meant, .. } = given.parse::<Language>().unwrap_err() else {
                panic!("{given} has another error");
            };
            assert_eq!(meant.as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn a_tag_is_a_language_and_perhaps_a_country() {
        let good = [("de", "de"), ("de-AT", "de-AT"), ("deu-AT", "de-AT"), ("gsw-CH", "gsw-CH")];
        for (given, written) in good {
            assert_eq!(given.parse::<LanguageTag>().unwrap().to_string(), written);
        }
        let bad = [
            ("de-at", Some("de-AT")),
            ("DE_AT", Some("de-AT")),
            ("EN", Some("en")),
            ("zh-Hant", None),
            ("es-419", None),
            ("de-", Some("de")),
            ("-AT", None),
            ("de-AT-1996", None),
            ("", None),
        ];
        for (given, expected) in bad {
            let WordError::UnknownCode { meant, .. } = given.parse::<LanguageTag>().unwrap_err() else {
                panic!("{given} has another error");
            };
            assert_eq!(meant.as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn serde_is_the_text() {
        let tag: LanguageTag = serde_json::from_str(r#""pt-BR""#).unwrap();
        assert_eq!((tag.language.name(), tag.country.map(Country::name)), ("Portuguese", Some("Brazil")));
        assert_eq!(serde_json::to_string(&tag).unwrap(), r#""pt-BR""#);
    }
}
