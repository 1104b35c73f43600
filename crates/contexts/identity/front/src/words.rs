//! Inputs that were read once and are right from then on.
//!
//! Absent on purpose: quoted local parts, comments and addresses beyond ASCII (a domain of other letters is written in its
//! `xn--` form): what mail systems hardly take, and what makes two spellings of one mailbox.

use identity_model::roles;
use kernel::Permission;

use crate::IdentityError;

/// An e-mail address in the form of RFC 5322, 3.4.1 without quotes; in small letters, so that it names one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// RFC 5321, 4.5.3.1.
const MAX_LOCAL: usize = 64;
const MAX_ADDRESS: usize = 254;

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`IdentityError::BadEmail`].
    pub fn parse(given: &str) -> Result<Self, IdentityError> {
        let text = given.trim().to_ascii_lowercase();
        let (local, domain) = text.split_once('@').ok_or(IdentityError::BadEmail)?;
        let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        let local_is_good =
            local.len() <= MAX_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_is_good = domain.contains('.') && domain.split('.').all(label);
        if local_is_good && domain_is_good && text.len() <= MAX_ADDRESS {
            Ok(Self(text))
        } else {
            Err(IdentityError::BadEmail)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's name as they write it: 1 to 100 characters of one line.
///
/// # Errors
/// [`IdentityError::BadName`].
pub(crate) fn person(given: &str) -> Result<String, IdentityError> {
    let text = given.trim();
    let is_good = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if is_good { Ok(text.to_owned()) } else { Err(IdentityError::BadName { what: "a name of a person or key" }) }
}

/// A name that stands in addresses and command lines: small letters, digits and `-`, 1 to 40, beginning with a letter.
///
/// # Errors
/// [`IdentityError::BadName`].
pub(crate) fn slug(given: &str, what: &'static str) -> Result<String, IdentityError> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_good = (1..=40).contains(&given.len())
        && given.bytes().all(is_word)
        && given.starts_with(|first: char| first.is_ascii_lowercase());
    if is_good { Ok(given.to_owned()) } else { Err(IdentityError::BadName { what }) }
}

/// The permissions of these names.
///
/// # Errors
/// [`IdentityError::UnknownPermission`].
pub(crate) fn permissions(names: &[String]) -> Result<Vec<Permission>, IdentityError> {
    let read = |name: &String| {
        roles::permission(name)
            .ok_or_else(|| IdentityError::UnknownPermission { name: name.chars().take(60).collect() })
    };
    names.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        let good = [
            ("Ann@Example.com", "ann@example.com"),
            (" a.b+c@x-y.co.uk ", "a.b+c@x-y.co.uk"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ];
        for (given, expected) in good {
            assert_eq!(EmailAddress::parse(given).unwrap().as_str(), expected);
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let bad = [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example",
            "a b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a@-x.com",
            "a@b@example.com",
            "a\r\nBcc: e@example.com",
            "ann@exämple.com",
            &long,
        ];
        for given in bad {
            assert!(EmailAddress::parse(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn names_are_short_words() {
        for (given, is_good) in [
            ("default", true),
            ("a-1", true),
            ("", false),
            ("1a", false),
            ("A", false),
            ("a b", false),
            (&*"a".repeat(41), false),
        ] {
            assert_eq!(slug(given, "a name").is_ok(), is_good, "{given}");
        }
        for (given, is_good) in [(" Ann Lee ", true), ("Zoë", true), (" ", false), ("a\nb", false)] {
            assert_eq!(person(given).is_ok(), is_good, "{given:?}");
        }
        assert!(permissions(&["audit:read".to_owned()]).is_ok() && permissions(&["audit:write".to_owned()]).is_err());
    }
}
