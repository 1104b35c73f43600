//! The ways in which a text goes wrong between a head and a database.

use crate::dice::Dice;

/// Rows of a QWERTY keyboard: a slip hits the key to the left or right.
const KEY_ROWS: [&str; 4] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"];

/// What a scanner takes for what.
const LOOKALIKES: [(&str, &str); 16] = [
    ("rn", "m"),
    ("m", "rn"),
    ("cl", "d"),
    ("d", "cl"),
    ("vv", "w"),
    ("w", "vv"),
    ("l", "1"),
    ("O", "0"),
    ("o", "0"),
    ("S", "5"),
    ("B", "8"),
    ("I", "l"),
    ("i", "l"),
    ("e", "c"),
    ("h", "b"),
    ("u", "v"),
];

/// One slip of the finger: a letter too many, too few, wrong, or two exchanged. Texts below three letters stay.
pub(crate) fn mistyped(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    // The first letter is seldom wrong: people see it.
    let first = usize::from(!dice.per_mille(80));
    let span = u32::try_from(letters.len() - first - 1).unwrap_or(0);
    let place = first + dice.below(span) as usize;
    match dice.below(5) {
        0 => letters.insert(place, neighbour(letters[place], dice)),
        1 => {
            letters.remove(place);
        }
        2 => letters[place] = neighbour(letters[place], dice),
        3 => letters.insert(place, letters[place]),
        _ => letters.swap(place, place + 1),
    }
    letters.into_iter().collect()
}

/// One mistake of a scanner; the text itself where it has nothing to mistake.
pub(crate) fn misread(text: &str, dice: &mut Dice) -> String {
    let start = dice.below(16) as usize;
    let found = (0..LOOKALIKES.len()).map(|step| LOOKALIKES[(start + step) % LOOKALIKES.len()]);
    let mut found = found.filter(|(from, _)| text.contains(from));
    found.next().map_or_else(|| text.to_owned(), |(from, to)| text.replacen(from, to, 1))
}

/// One digit replaced by another.
pub(crate) fn misdialled(text: &str, dice: &mut Dice) -> String {
    let places: Vec<usize> = text.char_indices().filter(|(_, sign)| sign.is_ascii_digit()).map(|(at, _)| at).collect();
    let Some(last) = u32::try_from(places.len()).ok().and_then(|count| count.checked_sub(1)) else {
        return text.to_owned();
    };
    // Not the first digits: they name the country.
    let place = places[dice.between(last / 2, last) as usize];
    let digit = u32::from(text.as_bytes()[place] - b'0');
    let other = (digit + 1 + dice.below(9)) % 10;
    format!("{}{other}{}", &text[..place], &text[place + 1..])
}

/// Without accents, as an old system keeps it.
pub(crate) fn unaccented(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match base_letter(letter) {
            Some(base) => plain.push_str(base),
            None => plain.push(letter),
        }
    }
    plain
}

/// Small ASCII letters and digits only: what can stand in a mail address.
pub(crate) fn slug(text: &str) -> String {
    let plain = unaccented(text);
    plain.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn neighbour(letter: char, dice: &mut Dice) -> char {
    let small = letter.to_ascii_lowercase();
    for row in KEY_ROWS {
        if let Some(at) = row.find(small) {
            let other = if at == 0 || (at + 1 < row.len() && dice.per_mille(500)) { at + 1 } else { at - 1 };
            let found = char::from(row.as_bytes()[other]);
            return if letter.is_ascii_uppercase() { found.to_ascii_uppercase() } else { found };
        }
    }
    'e'
}

fn base_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ä' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ą' | 'Ä' => "A",
        'ç' | 'ć' => "c",
        'Ç' | 'Ć' => "C",
        'è' | 'é' | 'ê' | 'ë' | 'ę' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ę' => "E",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'Í' | 'Î' | 'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ñ' | 'ń' => "n",
        'Ñ' | 'Ń' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Ö' => "O",
        'ś' | 'ş' => "s",
        'Ś' | 'Ş' => "S",
        'ß' => "ss",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ü' => "U",
        'ź' | 'ż' => "z",
        'Ź' | 'Ż' => "Z",
        'œ' => "oe",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Subject;

    #[test]
    fn a_slip_is_one_edit() {
        let mut dice = Dice::new(1, Subject::Person, 0);
        for text in ["Smith", "Müller", "O'Brien", "Łukasik", "abc"] {
            let mut changed = 0;
            for _ in 0..200 {
                let typed = mistyped(text, &mut dice);
                let (before, after) = (text.chars().count(), typed.chars().count());
                assert!(after.abs_diff(before) <= 1, "{text} -> {typed}");
                changed += u32::from(typed != text);
            }
            assert!(changed > 120, "{text}: {changed}");
        }
        assert_eq!(mistyped("Li", &mut dice), "Li");
    }

    #[test]
    fn a_misdialled_number_differs_in_one_digit() {
        let mut dice = Dice::new(1, Subject::Person, 0);
        let typed = misdialled("+44 7700 900123", &mut dice);
        let differ = typed.chars().zip("+44 7700 900123".chars()).filter(|(left, right)| left != right).count();
        assert_eq!((differ, typed.len()), (1, 15), "{typed}");
        assert_eq!(misdialled("none", &mut dice), "none");
    }

    #[test]
    fn accents_go() {
        let cases =
            [("Łódź", "Lodz"), ("Groß", "Gross"), ("Ångström", "Angstrom"), ("Núñez", "Nunez"), ("Smith", "Smith")];
        for (text, plain) in cases {
            assert_eq!(unaccented(text), plain);
        }
        assert_eq!(slug("O'Brien-Müller 3"), "obrienmuller3");
    }
}
