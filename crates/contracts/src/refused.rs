//! A refusal that goes from one context to another: what the caller of either is told.
//!
//! Invariant: it keeps the words, the code and the kind of the context that refused.

use kernel::{ErrorKind, ProductError};

/// What was not done, in the words of the context that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// Stable name.
    pub code: &'static str,
    /// What was tried.
    pub text: String,
    /// Why it failed; `None` where the text says it.
    pub why: Option<Why>,
    /// What to do.
    pub remedy: Option<String>,
}

/// What stands behind a refusal, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why(String);

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Why {}

impl Refused {
    /// An error, as another context may know it.
    #[must_use]
    pub fn of(error: &dyn ProductError) -> Self {
        Self {
            kind: error.kind(),
            code: error.code(),
            text: error.to_string(),
            why: error.why().map(Why),
            remedy: error.remedy(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.why.as_ref().map(|why| why as _)
    }
}

impl ProductError for Refused {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn code(&self) -> &'static str {
        self.code
    }

    fn remedy(&self) -> Option<String> {
        self.remedy.clone()
    }
}
