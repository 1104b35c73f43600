//! What became of things, in words, with the sign and the colour that go with each word.

use crate::{AssetState, CheckResult, FileState};

/// A word, its drawn sign and its colour. The colour never stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// For people.
    pub(super) word: &'static str,
    /// Sign of the page's own set.
    pub(super) icon: &'static str,
    /// Class of the style sheet: `ok`, `calm`, `aside`, `warn`, `bad`.
    pub(super) tone: &'static str,
}

impl Mark {
    const fn new(word: &'static str, icon: &'static str, tone: &'static str) -> Self {
        Self { word, icon, tone }
    }

    /// Sign and word.
    pub(super) fn html(self) -> String {
        format!(r#"<span class="mark {}">{}{}</span>"#, self.tone, super::markup::icon(self.icon), self.word)
    }
}

/// What became of an asset.
pub(super) fn of_asset(state: AssetState) -> Mark {
    match state {
        AssetState::Succeeded => Mark::new("done", "ok", "ok"),
        AssetState::Unchanged => Mark::new("unchanged", "same", "calm"),
        AssetState::Failed => Mark::new("failed", "bad", "bad"),
        AssetState::Skipped => Mark::new("not made", "skip", "warn"),
        AssetState::Cancelled => Mark::new("stopped", "stop", "warn"),
    }
}

/// What became of an asset, some of whose rules may warn.
pub(super) fn of_made(state: AssetState, warns: bool) -> Mark {
    match state {
        AssetState::Succeeded | AssetState::Unchanged if warns => Mark::new("warns", "warn", "warn"),
        state => of_asset(state),
    }
}

/// What became of a file.
pub(super) fn of_file(state: FileState) -> Mark {
    match state {
        FileState::Loaded => Mark::new("loaded", "ok", "ok"),
        FileState::AlreadyLoaded => Mark::new("already loaded", "same", "calm"),
        FileState::Failed => Mark::new("failed", "bad", "bad"),
        FileState::Skipped => Mark::new("not reached", "skip", "warn"),
    }
}

/// How a rule came out, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It does not hold, and must.
    Fails,
    /// It does not hold, and only warns.
    Warns,
    /// Rows that break it were set aside, so that it holds for the rest.
    SetAside,
    /// It holds.
    Holds,
}

impl Verdict {
    /// Of one rule.
    pub(super) fn of(check: &CheckResult) -> Self {
        match (check.success, check.severity.as_str()) {
            (true, _) => Self::Holds,
            (false, "quarantine") => Self::SetAside,
            (false, "warn") => Self::Warns,
            (false, _) => Self::Fails,
        }
    }

    /// Its word, sign and colour.
    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Fails => Mark::new("fails", "bad", "bad"),
            Self::Warns => Mark::new("warns", "warn", "warn"),
            Self::SetAside => Mark::new("set rows aside", "aside", "aside"),
            Self::Holds => Mark::new("holds", "ok", "ok"),
        }
    }

    /// Whether the rows that are in the asset now obey the rule.
    pub(super) fn obeyed(self) -> bool {
        matches!(self, Self::Holds | Self::SetAside)
    }
}
