//! The address of a backend, which may hold a password: redacted by type.
//!
//! Invariant: only [`BackendUrl::expose`] gives the password away. Where it is unclear what is the password, more is
//! hidden, not less: a password may hold `@`, `/` and `?` that somebody forgot to percent-encode.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Parameters of a query that hold secrets, in the spellings of libpq, Redis, AMQP and S3 clients.
const SECRET_PARAMETERS: [&str; 6] = ["password", "passwd", "passphrase", "secret", "token", "key"];

const MASK: &str = "***";

/// `scheme:` and what follows. `Display` and `Debug` mask passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct BackendUrl(String);

impl BackendUrl {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole address with its password, for the driver that connects; never for a log or a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text before the first `:`, such as `sqlite` or `postgres`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The file of a `sqlite:` or the folder of a `file:` address, seen from `project` where it is relative; `None` for
    /// every other scheme and for `sqlite::memory:`.
    #[must_use]
    pub fn path(&self, project: &Path) -> Option<PathBuf> {
        let (scheme, rest) = self.0.split_once(':')?;
        if !matches!(scheme, "sqlite" | "file") || rest.starts_with(':') {
            return None;
        }
        let rest = rest.split('?').next().unwrap_or_default();
        Some(project.join(rest.strip_prefix("//").unwrap_or(rest)))
    }
}

impl fmt::Display for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The host begins after the last `@`, whatever stands before it.
        let (start, rest) = self.0.split_once("://").map_or(("", self.0.as_str()), |(scheme, rest)| (scheme, rest));
        if !start.is_empty() {
            write!(f, "{start}://")?;
        }
        let rest = match rest.rsplit_once('@') {
            Some((user, host)) => {
                match user.split_once(':') {
                    Some((name, _)) => write!(f, "{name}:{MASK}@")?,
                    None => write!(f, "{user}@")?,
                }
                host
            }
            None => rest,
        };
        let Some((place, query)) = rest.split_once('?') else { return f.write_str(rest) };
        f.write_str(place)?;
        for (index, parameter) in query.split('&').enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            match parameter.split_once('=') {
                Some((name, _)) if is_secret(name) => write!(f, "{name}={MASK}")?,
                _ => f.write_str(parameter)?,
            }
        }
        Ok(())
    }
}

fn is_secret(parameter: &str) -> bool {
    let name = parameter.to_ascii_lowercase();
    SECRET_PARAMETERS.iter().any(|secret| name.ends_with(secret))
}

impl fmt::Debug for BackendUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackendUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        let cases = [
            ("postgres://user:pass@host/db", "postgres://user:***@host/db"),
            ("postgres://user@host:5432/db", "postgres://user@host:5432/db"),
            ("postgres://host:5432/db", "postgres://host:5432/db"),
            ("postgres://u:p@ss/w?r#d@host/db", "postgres://u:***@host/db"),
            (
                "postgres://host/db?user=u&password=p&sslmode=require",
                "postgres://host/db?user=u&password=***&sslmode=require",
            ),
            ("postgres://host/db?sslPassword=p", "postgres://host/db?sslPassword=***"),
            ("redis://:pass@host:6379/0", "redis://:***@host:6379/0"),
            ("amqp://u:p@a,u:p@b/vhost", "amqp://u:***@b/vhost"),
            ("sqlite:.grayghost/grayghost.db", "sqlite:.grayghost/grayghost.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("file:///var/lib/objects?key=k", "file:///var/lib/objects?key=***"),
            ("u:p@host", "u:***@host"),
        ];
        for (text, shown) in cases {
            let url = BackendUrl::new(text);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("BackendUrl({shown})"));
            assert_eq!(url.expose(), text);
        }
    }

    #[test]
    fn files_are_found_from_the_project() {
        let cases = [
            ("sqlite:.grayghost/a.db", Some("/p/.grayghost/a.db")),
            ("sqlite:/abs/a.db?mode=rwc", Some("/abs/a.db")),
            ("sqlite:///abs/a.db", Some("/abs/a.db")),
            ("sqlite://rel/a.db", Some("/p/rel/a.db")),
            ("file:objects", Some("/p/objects")),
            ("sqlite::memory:", None),
            ("postgres://h/d", None),
        ];
        for (text, path) in cases {
            assert_eq!(BackendUrl::new(text).path(Path::new("/p")), path.map(PathBuf::from), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(secret in "[!-~]{6,20}", in_query in any::<bool>()) {
            // The marks make the password one that no other part of the address can hold by chance.
            let password = format!("\u{1}{secret}\u{2}");
            let text = if in_query {
                format!("postgres://host/db?password={}&x=1", password.replace(['&', '@'], "-"))
            } else {
                format!("postgres://user:{password}@host/db")
            };
            let shown = BackendUrl::new(text).to_string();
            prop_assert!(!shown.contains(['\u{1}', '\u{2}']), "{shown:?}");
        }
    }
}
