//! Standard forms: what a text means without the accidents of how it was written.

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What a column holds, which decides its standard form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// First name of a person.
    GivenName,
    /// Last name of a person.
    Surname,
    /// Names of a person in one text.
    FullName,
    /// Name of a company.
    CompanyName,
    /// A day.
    Date,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal code.
    Postcode,
    /// A street with or without a number.
    Address,
    /// A code that names one thing: an account, a part, a register.
    Identifier,
    /// A short code that many share: a house number, a year.
    Code,
    /// A quantity.
    Number,
    /// A place on the Earth as `latitude,longitude` in degrees.
    Coordinates,
    /// One of few texts.
    Category,
    /// A word or two: a town, an occupation.
    Label,
    /// A short text that names a thing: a product, a paper.
    Title,
    /// A text that describes a thing.
    Text,
    /// Several texts, in any order: a JSON array, or parted by `;` or `|`.
    List,
}

/// How dates of a column are written, where that is not year first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// Year, month, day.
    #[default]
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// The standard form of a text; empty where nothing is left.
#[must_use]
pub fn standard(kind: Kind, order: DateOrder, text: &str) -> String {
    let text = text.trim();
    match kind {
        Kind::Email => text.to_lowercase(),
        Kind::Phone => phone(text),
        Kind::Postcode | Kind::Identifier => letters_and_digits(text),
        Kind::Date => date(order, text),
        Kind::Number => number(text),
        Kind::Coordinates => text.split(',').map(str::trim).collect::<Vec<_>>().join(","),
        Kind::CompanyName => company(&words(text)),
        Kind::Title | Kind::Text => titled(text),
        Kind::List => list(text),
        _ => words(text),
    }
}

/// The items of a list as one word each, in the order of the alphabet, each once.
fn list(text: &str) -> String {
    let item = |item: &str| words(item).replace(' ', "_");
    let mut items: Vec<String> = items(text).iter().map(|text| item(text)).filter(|item| !item.is_empty()).collect();
    items.sort_unstable();
    items.dedup();
    items.join(" ")
}

/// The items of a list as they are written.
pub(crate) fn items(text: &str) -> Vec<String> {
    let array: Option<Vec<serde_json::Value>> =
        text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten();
    match array {
        Some(items) => items
            .into_iter()
            .filter(|item| !item.is_null())
            .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
            .collect(),
        None => text.split([';', '|']).map(str::to_owned).collect(),
    }
}

/// Lower case, no accents.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
}

/// Words of letters and digits between single spaces; an apostrophe joins what it stands between.
#[must_use]
pub fn words(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut gap = false;
    let mut put = |c: char| {
        if c.is_alphanumeric() {
            if gap && !clean.is_empty() {
                clean.push(' ');
            }
            gap = false;
            clean.push(c);
        } else if c != '\'' && c != '’' {
            gap = true;
        }
    };
    if text.is_ascii() {
        text.chars().map(|c| c.to_ascii_lowercase()).for_each(&mut put);
    } else {
        plain(text).for_each(&mut put);
    }
    clean
}

/// As [`words`], but hyphens and points inside a word vanish, so that `DSC-W100` and `DSCW100` are one.
fn titled(text: &str) -> String {
    let letters: Vec<char> = plain(text).collect();
    let mut joined = String::with_capacity(letters.len());
    for (at, c) in letters.iter().enumerate() {
        let inside =
            at > 0 && letters[at - 1].is_alphanumeric() && letters.get(at + 1).is_some_and(|c| c.is_alphanumeric());
        if !(inside && matches!(c, '-' | '.')) {
            joined.push(*c);
        }
    }
    words(&joined)
}

fn letters_and_digits(text: &str) -> String {
    plain(text).filter(|c| c.is_alphanumeric()).collect()
}

/// The last ten digits: country and trunk prefixes are written or not.
fn phone(text: &str) -> String {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(10)..].iter().collect()
}

/// A point is the decimal sign, but for a comma behind which the digits end and that is no thousands separator. A quantity of
/// 0 is none: it stands for an unknown price far more often than for a gift.
fn number(text: &str) -> String {
    let is_decimal = text.rsplit_once(',').is_some_and(|(before, after)| {
        let of_three = after.chars().filter(char::is_ascii_digit).count() == 3;
        !after.contains('.') && (before.contains('.') || !of_three || before.trim_end() == "0")
    });
    let (whole, fraction) = if is_decimal { text.rsplit_once(',').unwrap_or((text, "")) } else { (text, "") };
    // Two points or more part thousands.
    let has_point = !is_decimal && text.matches('.').count() == 1;
    let sign = |c: &char| c.is_ascii_digit() || *c == '-' || (*c == '.' && has_point);
    let mut kept: String = whole.chars().filter(sign).collect();
    if is_decimal {
        kept.push('.');
        kept.extend(fraction.chars().filter(char::is_ascii_digit));
    }
    kept.parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number != 0.0)
        .map_or_else(String::new, |number| number.to_string())
}

/// `YYYY-MM-DD` where three numbers can be told apart, the text in words otherwise.
fn date(order: DateOrder, text: &str) -> String {
    let day = text.split(['T', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
    let parts: Vec<&str> = day.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match (parts.as_slice(), order) {
        ([only], _) if only.len() == 8 => (&only[..4], &only[4..6], &only[6..]),
        ([year, month, day], _) if year.len() == 4 => (*year, *month, *day),
        ([day, month, year], DateOrder::DayFirst) if year.len() == 4 => (*year, *month, *day),
        ([month, day, year], _) if year.len() == 4 => (*year, *month, *day),
        _ => return words(text),
    };
    format!("{year}-{month:0>2}-{day:0>2}")
}

/// Legal forms that say nothing about which company it is.
const LEGAL_FORMS: [&str; 34] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "ltd",
    "limited",
    "llc",
    "llp",
    "lp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "ohg",
    "ug",
    "se",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "aps",
    "pty",
    "kk",
    "holding",
    "holdings",
    "group",
];

fn company(words: &str) -> String {
    let kept: Vec<&str> = words.split(' ').filter(|word| !LEGAL_FORMS.contains(word)).collect();
    if kept.is_empty() { words.to_owned() } else { kept.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_forms() {
        let cases = [
            (Kind::Surname, "  O'Brien-Smith ", "obrien smith"),
            (Kind::Label, "Zürich", "zurich"),
            (Kind::Phone, "+44 (0)20 7946-0018", "2079460018"),
            (Kind::Phone, "310/246-1501", "3102461501"),
            (Kind::Postcode, "TQ13 8df", "tq138df"),
            (Kind::Date, "19560409", "1956-04-09"),
            (Kind::Date, "1956-4-9T00:00:00", "1956-04-09"),
            (Kind::Number, "$1,399.00", "1399"),
            (Kind::Number, "1.399,50 €", "1399.5"),
            (Kind::Number, "12,5", "12.5"),
            (Kind::Number, "0,125", "0.125"),
            (Kind::Number, "1.250.000", "1250000"),
            (Kind::Number, "1,250", "1250"),
            (Kind::Number, "0", ""),
            (Kind::Coordinates, "51.5, -0.1", "51.5,-0.1"),
            (Kind::CompanyName, "Acme Holdings, Inc.", "acme"),
            (Kind::CompanyName, "The Company", "the"),
            (Kind::Title, "Sony DSC-W100/B 3.0 - Camera", "sony dscw100 b 30 camera"),
            (Kind::Email, " A.B@X.org", "a.b@x.org"),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(standard(kind, DateOrder::YearFirst, text), expected, "{kind:?} {text}");
        }
        assert_eq!(standard(Kind::Date, DateOrder::DayFirst, "09/04/1956"), "1956-04-09");
        assert_eq!(standard(Kind::Date, DateOrder::MonthFirst, "4/9/1956"), "1956-04-09");
    }
}
