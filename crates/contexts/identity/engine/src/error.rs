//! Why a password was not taken or compared.

use kernel::{ErrorKind, ProductError};

/// Every way in which a password is refused.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too easy to guess, or too long.
    #[error("could not take the password: {why}")]
    Weak {
        /// In words.
        why: String,
    },
    /// It is on a list that attackers have.
    #[error("could not take the password: it is known from a leak elsewhere")]
    Breached,
    /// The list of leaked passwords.
    #[error("could not read the list of leaked passwords")]
    List(#[source] std::io::Error),
    /// A fault of ours: parameters out of range, a stored hash that is none.
    #[error("could not hash a password")]
    Fault,
}

impl ProductError for PasswordError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Weak { .. } | Self::Breached => ErrorKind::Invalid,
            Self::List(_) => ErrorKind::Unavailable,
            Self::Fault => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Weak { .. } => "identity.weak_password",
            Self::Breached => "identity.breached_password",
            Self::List(_) => "identity.breached_list",
            Self::Fault => "identity.fault",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Weak { .. } => "choose a longer one, such as four or five words that do not belong together",
            Self::Breached => "choose one that you use nowhere else",
            Self::List(_) => "check the path in the settings",
            Self::Fault => return None,
        };
        Some(text.to_owned())
    }
}
