//! Names of JSON made legal in GraphQL (October 2021, 2.1.9): letters, digits and `_`, not beginning with a digit or `__`.

/// `dead_letters` as `deadLetters`.
pub(crate) fn camel(words: &str) -> String {
    let mut name = pascal(words);
    if let Some(first) = name.get(..1).map(str::to_ascii_lowercase) {
        name.replace_range(..1, &first);
    }
    legal(&name)
}

/// `dead_letters` as `DeadLetters`; what is written so already stays.
pub(crate) fn pascal(words: &str) -> String {
    let parts = words.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name = parts.fold(String::with_capacity(words.len()), |mut name, part| {
        let (first, rest) = part.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
        name
    });
    legal(&name)
}

/// `in-flight` as `IN_FLIGHT`, as items of enums are written.
pub(crate) fn shout(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut before = '_';
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            name.push('_');
        }
        name.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
        before = letter;
    }
    // GraphQL keeps these three for itself.
    match name.as_str() {
        "TRUE" | "FALSE" | "NULL" => name + "_",
        _ => legal(&name),
    }
}

fn legal(name: &str) -> String {
    let name = name.trim_start_matches('_');
    match name.bytes().next() {
        None => "_".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_whatever_they_were() {
        for (given, expected) in
            [("dead_letters", "deadLetters"), ("kty", "kty"), ("x5t#S256", "x5tS256"), ("$ref", "ref"), ("2fa", "_2fa")]
        {
            assert_eq!(camel(given), expected, "{given}");
        }
        for (given, expected) in [("page_of", "PageOf"), ("ApiKey", "ApiKey"), ("PageOf<Job>", "PageOfJob")] {
            assert_eq!(pascal(given), expected, "{given}");
        }
        for (given, expected) in [
            ("done", "DONE"),
            ("in-flight", "IN_FLIGHT"),
            ("jobs:read", "JOBS_READ"),
            ("newUser", "NEW_USER"),
            ("1", "_1"),
        ] {
            assert_eq!(shout(given), expected, "{given}");
        }
        assert_eq!((camel("__").as_str(), shout("true").as_str()), ("_", "TRUE_"));
    }
}
