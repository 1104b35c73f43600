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

/// Hears of each step; may ask to stop between two.
pub struct Watch<'a> {
    cancel: &'a Cancel,
    listener: &'a (dyn Fn(Step) + Sync),
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("cancel", self.cancel).finish_non_exhaustive()
    }
}

impl<'a> Watch<'a> {
    /// Tells `listener` of each step until `cancel` is raised.
    pub fn new(cancel: &'a Cancel, listener: &'a (dyn Fn(Step) + Sync)) -> Self {
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
        (self.listener)(step);
        Ok(())
    }
}
