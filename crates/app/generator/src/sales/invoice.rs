//! Invoices as they are meant, and what goes wrong when their lines are written.

use crate::{civil::Day, dice::Dice, sales::catalogue::Wording};

/// What an invoice is for; the number begins with nothing, `C` or `A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sale,
    Return,
    BadDebt,
}

/// One invoice.
#[derive(Debug, Clone)]
pub(crate) struct Invoice {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) day: Day,
    /// Of the day.
    pub(crate) minute: u32,
    /// `None` where the till did not know.
    pub(crate) customer: Option<u64>,
    pub(crate) country: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// What a line says, beyond what its invoice says. Two lines of an invoice with equal sales are the same row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sale {
    pub(crate) product: u32,
    pub(crate) wording: Wording,
    pub(crate) quantity: i32,
    /// In thousandths of a pound.
    pub(crate) price: i64,
}

/// One line with what is wrong about its writing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) sale: Sale,
    pub(crate) flaw: Flaw,
}

/// What is wrong about the writing of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// Spaces and small letters, which normalisation removes.
    Untidy(Untidy),
    /// Cells that cannot be cast: which of the bad texts stands there.
    Unreadable {
        quantity: Option<u32>,
        date: Option<u32>,
        price: Option<u32>,
    },
    /// The line ends after so many fields.
    Cut(u32),
    /// The line has a field too many.
    Overlong,
}

/// Which cell is untidy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Untidy {
    InvoicePadded,
    InvoiceSmall,
    CodePadded,
    CodeSmall,
    DescriptionPadded,
    CountryPadded,
}

/// How many bad texts there are for each kind of cell; see [`crate::sales::text`].
pub(crate) const BAD_TEXTS: u32 = 5;

impl Flaw {
    /// What happens to a line: 0.1 % cannot be cast, 0.05 % are ragged, 1.5 % are untidy.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.below(10_000) {
            0..=9 => Self::unreadable(dice),
            10..=12 => Self::Cut(dice.between(2, 6)),
            13 | 14 => Self::Overlong,
            15..=164 => Self::untidy(dice),
            _ => Self::None,
        }
    }

    /// One of the untidy writings.
    pub(crate) fn untidy(dice: &mut Dice) -> Self {
        const CASES: [(u32, Untidy); 6] = [
            (3, Untidy::InvoicePadded),
            (2, Untidy::InvoiceSmall),
            (4, Untidy::CodePadded),
            (5, Untidy::CodeSmall),
            (5, Untidy::DescriptionPadded),
            (1, Untidy::CountryPadded),
        ];
        Self::Untidy(dice.weighted(&CASES))
    }

    fn unreadable(dice: &mut Dice) -> Self {
        let first = dice.below(3);
        // A bad cell seldom comes alone.
        let second = if dice.per_mille(200) { dice.below(3) } else { first };
        let mut bad = |cell| (first == cell || second == cell).then(|| dice.below(BAD_TEXTS));
        Self::Unreadable { quantity: bad(0), date: bad(1), price: bad(2) }
    }

    /// Whether the line can be read into eight values.
    pub(crate) fn is_readable(self) -> bool {
        matches!(self, Self::None | Self::Untidy(_))
    }
}
