//! What a list can be asked: `filter`, `sort` and `fields`, the same for every list of the API.
//!
//! A list declares its [`Field`]s once. What is asked is checked against them ([`Asked::of`]), a mistake is told with its place,
//! and the description of the operation names them ([`crate::Operation::lists`]).
//!
//! Filters are those of AIP-160 (<https://google.aip.dev/160>): comparisons joined by `AND` and `OR`, of which `OR` binds tighter.
//! They are decided on an item in its JSON form, so that a field means what the caller sees. A list in a database hands what its
//! indexes can answer down by itself ([`Filter::equal_to`]), and looks at a bounded number of rows for the rest
//! ([`Asked::gather`]).
//!
//! Absent on purpose: functions, texts without a field, `*` inside of texts, fields within fields.

mod asked;
mod field;
mod filter;
mod parse;
mod sort;
mod token;

pub use asked::{Asked, Listed};
pub use field::{Field, Kind};
pub use filter::Filter;
pub use sort::{Direction, Sort};

pub(crate) use field::{of_fields, of_filter, of_sort};

use crate::{FieldError, HttpError, Problem};

/// What is wrong with a parameter, and at which character, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: usize,
    pub(crate) why: String,
}

impl Mistake {
    pub(crate) fn new(at: usize, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }

    fn problem(self, parameter: &'static str) -> Problem {
        let message = format!("at character {}: {}", self.at, self.why);
        let error = FieldError { field: parameter.to_owned(), code: "invalid", message };
        Problem::from(HttpError::BadParameter { parameter, at: self.at, why: self.why }).with_errors(vec![error])
    }
}
