//! Redaction by type: a value that no log, message or document can show by accident.
//!
//! Absent on purpose: `Serialize`, so that it cannot be written out; `PartialEq`, which would compare byte by byte and
//! so tell by its time how much is right; clearing memory, which the owner of keys does.

use std::fmt;

/// Holds a value that prints as `***`.
#[derive(Clone, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Takes the value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one call that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, without its wrapper.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Login {
        _name: &'static str,
        _password: Secret<&'static str>,
    }

    #[test]
    fn a_secret_shows_stars_alone_and_inside_of_others() {
        let secret = Secret::new("hidden");
        assert_eq!(
            (format!("{secret}"), format!("{secret:?}"), format!("{secret:#?}")),
            ("***".into(), "***".into(), "***".into())
        );
        let login = Login { _name: "ann", _password: secret.clone() };
        assert_eq!(format!("{login:?}"), "Login { _name: \"ann\", _password: *** }");
        assert_eq!((*secret.expose(), secret.into_exposed()), ("hidden", "hidden"));
    }
}
