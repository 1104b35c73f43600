//! Who watches a run and may stop it.

use kernel::Cancel;

use crate::ResolutionError;

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading files.
    Reading,
    /// Bringing texts into standard form.
    Preparing,
    /// Choosing rules, comparing pairs, estimating probabilities.
    Learning,
    /// Weighing pairs and grouping records.
    Grouping,
    /// The same again with what the groups taught.
    Regrouping,
    /// Comparing the result with the truth.
    Measuring,
}

impl Step {
    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Preparing => "preparing",
            Self::Learning => "comparing pairs and learning",
            Self::Grouping => "grouping",
            Self::Regrouping => "grouping again",
            Self::Measuring => "measuring",
        }
    }
}

/// What a run tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It begins a step.
    Entered(Step),
    /// It has compared so many pairs of at most so many.
    Compared {
        /// So far.
        pairs: u64,
        /// At most: a pair that several rules give is compared once.
        of: u64,
    },
}

/// Hears of each step and of the pairs compared; may ask to stop at any of these.
pub struct Watch<'a> {
    cancel: &'a Cancel,
    listener: &'a (dyn Fn(Progress) + Sync),
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("cancel", self.cancel).finish_non_exhaustive()
    }
}

impl<'a> Watch<'a> {
    /// Tells `listener` how far it is until `cancel` is raised.
    pub fn new(cancel: &'a Cancel, listener: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { cancel, listener }
    }

    /// The flag.
    pub(crate) fn cancel(&self) -> &Cancel {
        self.cancel
    }

    /// Begins a step.
    pub(crate) fn enter(&self, step: Step) -> Result<(), ResolutionError> {
        if self.cancel.is_cancelled() {
            return Err(ResolutionError::Cancelled);
        }
        (self.listener)(Progress::Entered(step));
        Ok(())
    }

    /// Tells how many pairs were compared; whether to go on.
    pub(crate) fn compared(&self, pairs: u64, of: u64) -> bool {
        (self.listener)(Progress::Compared { pairs, of });
        !self.cancel.is_cancelled()
    }
}
