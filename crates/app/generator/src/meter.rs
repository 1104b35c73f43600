//! Tells how far the work is, and stops it when asked.

use kernel::Cancel;

use crate::error::GenerateError;

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all; known from the start.
    pub total: u64,
    /// What a unit is: `records` are customer records, company records and invoices.
    pub unit: &'static str,
}

/// Steps between two looks at the flag; some milliseconds of work.
const STEPS_BETWEEN_REPORTS: u64 = 1_024;

/// Counts steps on behalf of the writers.
pub(crate) struct Meter<'a> {
    done: u64,
    total: u64,
    cancel: &'a Cancel,
    report: &'a mut dyn FnMut(Progress),
}

impl<'a> Meter<'a> {
    pub(crate) fn new(total: u64, cancel: &'a Cancel, report: &'a mut dyn FnMut(Progress)) -> Self {
        Self { done: 0, total, cancel, report }
    }

    /// One unit is done; an error when somebody asked to stop.
    pub(crate) fn step(&mut self) -> Result<(), GenerateError> {
        self.done += 1;
        if self.done.is_multiple_of(STEPS_BETWEEN_REPORTS) { self.look() } else { Ok(()) }
    }

    /// Reports at once, between two steps of the work and at its end.
    pub(crate) fn look(&mut self) -> Result<(), GenerateError> {
        (self.report)(Progress { done: self.done, total: self.total, unit: "records" });
        if self.cancel.is_cancelled() { Err(GenerateError::Cancelled) } else { Ok(()) }
    }
}
