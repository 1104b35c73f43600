//! Why a mail was not handed over. No text repeats what a mail server says: it names the receiver.

use std::error::Error;

use kernel::{ErrorKind, ProductError};

/// Every way in which a mail stays here.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may be taken later: nobody answers, the server is busy, the account that we send by is refused, a disk is full.
    #[error("could not hand over a mail: {why}")]
    Later {
        /// In words.
        why: String,
        /// What the network or the disk says; `None` where the server has answered.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// It will not be taken: the server says no to this mail or its receiver.
    #[error("could not hand over a mail: the server has refused it with {status}")]
    Refused {
        /// Of the answer, 500 to 599.
        status: u16,
    },
    /// The settings of SMTP.
    #[error("could not prepare SMTP: {why}")]
    BadSettings {
        /// In words.
        why: &'static str,
        /// What the file or TLS says; `None` where the settings contradict themselves.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl From<std::io::Error> for MailError {
    fn from(error: std::io::Error) -> Self {
        Self::Later { why: "its file could not be written".to_owned(), source: Some(Box::new(error)) }
    }
}

impl ProductError for MailError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Later { .. } => ErrorKind::Unavailable,
            Self::Refused { .. } | Self::BadSettings { .. } => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Later { .. } => "identity.mail",
            Self::Refused { .. } => "identity.mail_refused",
            Self::BadSettings { .. } => "identity.bad_smtp",
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::Later { .. } => "check the folder of the outbox and the room on its disk, or the settings of SMTP",
            Self::Refused { .. } => "check the address, and whether the server lets you send as `mail_from`",
            Self::BadSettings { .. } => "check the section `identity.smtp`",
        };
        Some(text.to_owned())
    }
}
