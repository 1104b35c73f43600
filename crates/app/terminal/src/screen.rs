//! Standard output, standard error and what may be drawn on them.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
};

use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::paint::Paint;

/// How much is told beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chatter {
    /// Progress, summaries, hints.
    Normal,
    /// Answers and errors only.
    Quiet,
}

/// How work under way is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Bars that move: standard error is a terminal.
    Bars,
    /// A line when something is done.
    Lines,
    /// Not at all.
    None,
}

/// Where a verb writes.
pub struct Screen {
    out: BufWriter<Pipe>,
    chatter: Chatter,
    bars: MultiProgress,
    /// Colour on standard output.
    pub paint: Paint,
}

impl Screen {
    /// The process's own streams.
    pub fn new(chatter: Chatter) -> Self {
        let bars = MultiProgress::new();
        if chatter == Chatter::Quiet || !io::stderr().is_terminal() {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        let paint = Paint::for_stream(&io::stdout());
        Self { out: BufWriter::new(Pipe { out: io::stdout(), is_closed: false }), chatter, bars, paint }
    }

    /// Where bars are drawn.
    pub fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Takes away what bars are left, so that the answer stands alone.
    pub fn clear_bars(&self) {
        // A terminal that cannot be cleared is no reason to lose the answer.
        let _cleared = self.bars.clear();
    }

    /// Whether only answers and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.chatter == Chatter::Quiet
    }

    /// How work is shown.
    pub fn motion(&self) -> Motion {
        match self.chatter {
            Chatter::Quiet => Motion::None,
            Chatter::Normal if io::stderr().is_terminal() => Motion::Bars,
            Chatter::Normal => Motion::Lines,
        }
    }

    /// Writes a line of the answer.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Writes one JSON document and a line end.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value).map_err(io::Error::from)?;
        self.line("")
    }

    /// Sends what was written on its way.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Standard output that may be closed from the other side: `grayghost sql … | head` is no error, so what nobody reads
/// is thrown away.
struct Pipe {
    out: Stdout,
    is_closed: bool,
}

impl Pipe {
    fn unless_closed(&mut self, error: io::Error) -> io::Result<()> {
        self.is_closed |= error.kind() == io::ErrorKind::BrokenPipe;
        if self.is_closed { Ok(()) } else { Err(error) }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        match self.out.write(bytes) {
            Ok(written) => Ok(written),
            Err(error) => self.unless_closed(error).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let flushed = self.out.flush();
        flushed.or_else(|error| self.unless_closed(error))
    }
}
