//! `grayghost explain CODE`: the page of an error.

use clap::Args;

use crate::{
    exit::Ending,
    failure::Failure,
    layout::{Cell, Side, Table},
    pages,
    paint::Tone,
    session::Session,
};

/// Say what an error means and what to do about it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  grayghost explain\n  grayghost explain lakehouse.header_missing")]
pub(crate) struct Explain {
    /// The code, as in `error[lakehouse.header_missing]`; all codes are listed when left out.
    code: Option<String>,
}

impl Explain {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let Some(code) = &self.code else {
            let mut table = Table::bare(&[Side::Left, Side::Left]);
            for page in pages::all() {
                table.row([page.code.into(), Cell::toned(page.gist(), Tone::Dim)]);
            }
            let paint = session.screen.paint;
            session.screen.text(&table.render(paint))?;
            return Ok(Ending::Done);
        };
        let unknown = || Failure::UnknownCode { code: code.clone(), nearest: pages::nearest(code) };
        let page = pages::find(code).ok_or_else(unknown)?;
        session.screen.text(page.text)?;
        Ok(Ending::Done)
    }
}
