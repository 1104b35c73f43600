//! What went wrong, in the few kinds that a caller can act on.

use std::fmt;

/// The closed list of kinds. HTTP status, CLI exit code and retry follow from the kind alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The input breaks a rule; the same call will fail again.
    Invalid,
    /// Who is asking is unknown.
    Unauthenticated,
    /// Who is asking may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Somebody else holds it or changed it; a later call may succeed.
    Conflict,
    /// Asked too often.
    TooMany,
    /// Something that is needed does not answer or has no room; a later call may succeed.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// An error as the edges see it. `Display` says what was tried; the source chain says why.
pub trait ProductError: std::error::Error {
    /// What the caller can do about it.
    fn kind(&self) -> ErrorKind;

    /// Stable name, `context.reason`; has a page under `docs/errors/`.
    fn code(&self) -> &'static str;

    /// Where it happened: `file:row`, `model:line`; `None` where there is no such place.
    fn place(&self) -> Option<String> {
        None
    }

    /// What to do, one sentence in the imperative.
    fn remedy(&self) -> Option<String> {
        None
    }
}

impl dyn ProductError + '_ {
    /// Why it happened: the sentences of the source chain as one line, joined by `: `, leaving out what the sentence
    /// before said already; `None` where the error is its own cause.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        let mut said: Vec<String> = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if said.last().is_none_or(|last| !last.contains(&text)) {
                said.push(text);
            }
            next = cause.source();
        }
        (!said.is_empty()).then(|| said.join(": "))
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooMany => "too_many",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    /// A sentence and the cause behind it.
    #[derive(Debug)]
    struct Said(&'static str, Option<Box<Said>>);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    impl ProductError for Said {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Internal
        }

        fn code(&self) -> &'static str {
            "kernel.said"
        }
    }

    #[test]
    fn why_is_the_chain_of_causes_and_says_nothing_twice() {
        let cases: [(&[&'static str], Option<&str>); 5] = [
            (&["tried"], None),
            (&["tried", "disk full"], Some("disk full")),
            (&["tried", "write failed", "disk full"], Some("write failed: disk full")),
            (&["tried", "write failed: disk full", "disk full"], Some("write failed: disk full")),
            (&["tried", "a: b: c", "b: c", "c"], Some("a: b: c")),
        ];
        for (sentences, expected) in cases {
            let chain = sentences.iter().rev().fold(None, |cause, sentence| Some(Box::new(Said(sentence, cause))));
            let error: Box<dyn ProductError> = chain.unwrap();
            assert_eq!(error.why().as_deref(), expected, "{sentences:?}");
        }
    }

    #[test]
    fn a_kind_prints_as_it_is_serialised() {
        for (kind, name) in [
            (ErrorKind::Invalid, "invalid"),
            (ErrorKind::Unauthenticated, "unauthenticated"),
            (ErrorKind::Forbidden, "forbidden"),
            (ErrorKind::NotFound, "not_found"),
            (ErrorKind::Conflict, "conflict"),
            (ErrorKind::TooMany, "too_many"),
            (ErrorKind::Unavailable, "unavailable"),
            (ErrorKind::Internal, "internal"),
        ] {
            assert_eq!(kind.to_string(), name);
        }
    }
}
