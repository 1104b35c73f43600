//! What each column of an unknown file holds: told by its values first, by its header where values cannot tell.

use resolution_engine::{column::Column, names};

use crate::standard::{DateOrder, Kind, items, standard, words};

/// Distinct texts of a column that are looked at.
const SAMPLE: usize = 4_000;
/// Share of texts that must look like a form for the column to have it.
const MOST: f64 = 0.85;
/// Share of distinct texts from which on each record has its own.
const ALL_DIFFER: f64 = 0.9;
/// Share of texts with more than one item from which a column holds lists.
const LISTS: f64 = 0.3;

/// A column as its values show it. Shares are of the distinct texts looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What it holds; `None` where it cannot tell records apart: empty, or one text everywhere.
    pub kind: Option<Kind>,
    /// How its dates are written.
    pub date_order: DateOrder,
    /// Records with a text, of all.
    pub filled: f64,
    /// Distinct texts, of records with a text.
    pub distinct: f64,
    /// Words a text, on average.
    pub words: f64,
}

/// Words of headers that tell what a column holds, in the order in which they are asked.
const HEADERS: [(Kind, &[&str]); 12] = [
    (Kind::Email, &["email", "mail"]),
    (Kind::Phone, &["phone", "telephone", "tel", "mobile", "cell", "fax"]),
    (Kind::Date, &["dob", "birthdate", "birth date", "date of birth", "birthday", "date"]),
    (Kind::Postcode, &["postcode", "postal code", "post code", "zip", "zipcode", "zip code", "plz", "postal"]),
    (Kind::GivenName, &["given name", "givenname", "first name", "firstname", "fname", "forename", "given", "first"]),
    (Kind::Surname, &["surname", "last name", "lastname", "lname", "family name", "familyname", "sname", "last"]),
    (Kind::FullName, &["full name", "fullname", "person name", "customer name", "contact name"]),
    (
        Kind::CompanyName,
        &["company", "company name", "organisation", "organization", "employer", "legal name", "business name"],
    ),
    (Kind::Address, &["address", "addr", "street", "address 1", "address1", "address 2", "address2", "street address"]),
    (Kind::Number, &["price", "amount", "cost", "weight", "height"]),
    (Kind::Title, &["title", "product", "product name", "item"]),
    (Kind::Text, &["description", "descr", "comment", "notes", "text"]),
];

/// Gives the share of the texts looked at for which something holds.
type Share<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> f64 + 'a;

/// About so many distinct texts of a column, chosen by what they are and not by where they stand.
pub(super) fn sample(column: &Column, about: usize) -> impl Iterator<Item = &str> {
    let every = (column.values.len() / about).max(1) as u64;
    let is_taken = move |text: &&str| xxhash_rust::xxh3::xxh3_64(text.as_bytes()).is_multiple_of(every);
    column.values.texts().skip(1).filter(is_taken)
}

/// Looks at a column.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of records")]
pub fn profile(name: &str, column: &Column) -> Profile {
    let values = &column.values;
    let rows = column.ids.len().max(1) as f64;
    let filled = values.filled() as f64;
    let sample: Vec<&str> = sample(column, SAMPLE).map(str::trim).collect();
    let share = |holds: &dyn Fn(&str) -> bool| {
        sample.iter().filter(|text| holds(text)).count() as f64 / sample.len().max(1) as f64
    };
    let mut profile = Profile {
        kind: None,
        date_order: DateOrder::YearFirst,
        filled: filled / rows,
        distinct: (values.len() - 1) as f64 / filled.max(1.0),
        words: sample.iter().map(|text| text.split_whitespace().count() as f64).sum::<f64>()
            / sample.len().max(1) as f64,
    };
    if values.len() > 2 {
        profile.kind = Some(kind(name, &profile, &share, values.len() - 1));
        profile.date_order = order(&sample);
    }
    profile
}

fn kind(name: &str, profile: &Profile, share: &Share<'_>, distinct: usize) -> Kind {
    let header = words(&spaced(name));
    let said = HEADERS.iter().find(|(_, headers)| headers.contains(&header.as_str())).map(|(kind, _)| *kind);
    let said = said.or_else(|| {
        let ends = |known: &&str| {
            header.split(' ').count() > 1
                && (header.ends_with(&format!(" {known}")) || header.starts_with(&format!("{known} ")))
        };
        HEADERS.iter().find(|(_, headers)| headers.iter().any(ends)).map(|(kind, _)| *kind)
    });
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    if share(&|text| text.contains('@') && text.contains('.')) > MOST {
        return Kind::Email;
    }
    if share(&is_place) > MOST {
        return Kind::Coordinates;
    }
    if share(&|text| items(text).len() > 1) > LISTS {
        return Kind::List;
    }
    let days = share(&|text| digits(text) >= 6 && looks_like_a_day(text));
    if days > if said == Some(Kind::Date) { 0.5 } else { MOST } {
        return Kind::Date;
    }
    let has_digits = share(&|text| digits(text) > 0);
    match said {
        Some(Kind::Phone) if has_digits > 0.5 => return Kind::Phone,
        Some(Kind::Postcode) if has_digits > 0.5 && profile.words < 3.0 => return Kind::Postcode,
        Some(Kind::Number) if share(&|text| is_number(text)) > MOST => return Kind::Number,
        Some(said @ (Kind::GivenName | Kind::Surname | Kind::FullName | Kind::CompanyName | Kind::Address))
            if has_digits < 0.95 =>
        {
            return said;
        }
        _ => {}
    }
    if share(&|text| {
        digits(text) >= 7 && letters(text) == 0 && digits(text) <= 15 && text.contains(['-', '(', '+', '/'])
    }) > MOST
    {
        return Kind::Phone;
    }
    if share(&|text| is_number(text)) > MOST {
        return of_numbers(profile, share, distinct);
    }
    if profile.words < 1.3 && has_digits > MOST {
        return if profile.distinct > 0.2 { Kind::Identifier } else { Kind::Code };
    }
    of_words(said, profile, share, distinct)
}

fn of_numbers(profile: &Profile, share: &Share<'_>, distinct: usize) -> Kind {
    let is_quantity =
        |text: &str| text.contains(['$', '€', '£']) || standard(Kind::Number, DateOrder::YearFirst, text).contains('.');
    let has_fraction = share(&is_quantity) > 0.2;
    if has_fraction {
        return Kind::Number;
    }
    // Many distinct numbers of one length name something; few are a code.
    if profile.distinct > 0.2 && distinct > 100 { Kind::Identifier } else { Kind::Code }
}

fn of_words(said: Option<Kind>, profile: &Profile, share: &Share<'_>, distinct: usize) -> Kind {
    let given = share(&|text| names::groups(&text.to_lowercase()) != names::Groups::default());
    if profile.words > 10.0 || said == Some(Kind::Text) && profile.words > 3.0 {
        return Kind::Text;
    }
    if given > 0.3 && profile.words < 1.5 {
        return Kind::GivenName;
    }
    // Few texts are categories if records share them: in a small file all texts are few.
    if distinct <= 50 && profile.distinct < ALL_DIFFER || profile.distinct < 0.005 {
        return Kind::Category;
    }
    if share(&|text| text.chars().any(|c| c.is_ascii_digit()) && text.split_whitespace().count() > 1) > 0.6
        && profile.words < 6.0
        && said != Some(Kind::Title)
    {
        return Kind::Address;
    }
    if said == Some(Kind::Title) || profile.words > 2.2 {
        return Kind::Title;
    }
    Kind::Label
}

/// `firstName` and `first_name` as `first Name` and `first name`.
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c == '_' { ' ' } else { c });
        before = c;
    }
    spaced
}

/// `latitude,longitude`, both with a fraction.
fn is_place(text: &str) -> bool {
    let degrees = |text: &str, most: f64| {
        text.contains('.') && text.trim().parse::<f64>().is_ok_and(|number| number.abs() <= most)
    };
    text.split_once(',').is_some_and(|(latitude, longitude)| degrees(latitude, 90.0) && degrees(longitude, 180.0))
}

fn is_number(text: &str) -> bool {
    let kept: String = text.chars().filter(|c| !matches!(c, ',' | '$' | '€' | '£' | ' ')).collect();
    kept.parse::<f64>().is_ok_and(f64::is_finite)
}

fn looks_like_a_day(text: &str) -> bool {
    [DateOrder::YearFirst, DateOrder::DayFirst, DateOrder::MonthFirst].into_iter().any(|order| {
        let day = resolution_engine::compare::Day::parse(&standard(Kind::Date, order, text));
        day.is_some_and(|day| (1500..2200).contains(&day.year))
    })
}

/// Day first where some first number is above 12 and no second one is; month first the other way round.
fn order(sample: &[&str]) -> DateOrder {
    let (mut first_above, mut second_above) = (0, 0);
    for text in sample {
        let parts: Vec<&str> =
            text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).take(3).collect();
        if let [first, second, year] = parts.as_slice()
            && year.len() == 4
        {
            let above = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 12);
            first_above += u32::from(above(first));
            second_above += u32::from(above(second));
        }
    }
    match (first_above, second_above) {
        (0, 0) => DateOrder::YearFirst,
        (first, second) if first >= second => DateOrder::DayFirst,
        _ => DateOrder::MonthFirst,
    }
}
