//! Colour, where it helps and is wanted.

use std::{env, ffi::OsStr, io::IsTerminal};

/// Adds colour to text, or leaves it alone.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

/// What a piece of text says beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// It is there for completeness.
    Dim,
    /// It is well.
    Good,
    /// Look at it.
    Warn,
    /// It failed.
    Bad,
}

impl Paint {
    /// Colour for a stream, by the process's environment.
    pub fn for_stream(stream: &impl IsTerminal) -> Self {
        let (no_color, term) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
        Self { on: stream.is_terminal() && is_wanted(no_color.as_deref(), term.as_deref()) }
    }

    /// No colour.
    pub fn plain() -> Self {
        Self { on: false }
    }

    /// Text in a tone.
    pub fn tone(self, tone: Tone, text: &str) -> String {
        // Select Graphic Rendition parameters of ECMA-48.
        let parameter = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Dim => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "1;31",
        };
        if self.on && !text.is_empty() { format!("\x1b[{parameter}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading.
    pub fn strong(self, text: &str) -> String {
        self.tone(Tone::Strong, text)
    }

    /// Something for completeness.
    pub fn dim(self, text: &str) -> String {
        self.tone(Tone::Dim, text)
    }

    /// Something that failed.
    pub fn bad(self, text: &str) -> String {
        self.tone(Tone::Bad, text)
    }
}

/// Whether a terminal shows colour and its user wants it. `NO_COLOR` counts when it is not empty: <https://no-color.org>.
fn is_wanted(no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    no_color.is_none_or(OsStr::is_empty) && term.is_some_and(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_that_can_and_a_user_who_wants_it() {
        let cases = [
            (None, Some("xterm"), true),
            (Some(""), Some("xterm"), true),
            (Some("1"), Some("xterm"), false),
            (Some("0"), Some("xterm"), false),
            (None, Some("dumb"), false),
            (None, None, false),
        ];
        for (no_color, term, wanted) in cases {
            assert_eq!(is_wanted(no_color.map(OsStr::new), term.map(OsStr::new)), wanted, "{no_color:?} {term:?}");
        }
    }

    #[test]
    fn painted_text_ends_its_colour_and_plain_text_has_none() {
        assert_eq!(Paint { on: true }.bad("x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!((Paint::plain().bad("x"), Paint { on: true }.bad("")), ("x".to_owned(), String::new()));
    }
}
