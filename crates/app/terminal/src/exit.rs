//! How a verb ended, as the number that the shell sees.

use std::process::ExitCode;

use kernel::{ErrorKind, ProductError};
use lakehouse::RunState;

/// The closed list of endings. They are a contract: scripts branch on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Done, also when rows were set aside.
    Done,
    /// An asset, a rule of severity `error`, or something that `doctor` looked at is not well.
    Failed,
    /// The input or the way of asking is wrong; the same call fails again.
    Invalid,
    /// Another run holds an asset.
    Locked,
    /// Something needed is unavailable: a disk, a right, a file.
    Unavailable,
    /// A fault of ours.
    Internal,
    /// Somebody asked to stop.
    Cancelled,
}

impl Ending {
    /// The number, as in `sysexits.h` and shells where they have one: 70 is `EX_SOFTWARE`, 130 is 128 + SIGINT.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Invalid => 2,
            Self::Locked => 4,
            Self::Unavailable => 5,
            Self::Internal => 70,
            Self::Cancelled => 130,
        }
    }

    /// The ending that an error leads to.
    pub fn of_error(error: &dyn ProductError) -> Self {
        // Each context has its own error for a raised flag; the reason in the code is what they share.
        if error.code().ends_with(".cancelled") {
            return Self::Cancelled;
        }
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unauthenticated | ErrorKind::Forbidden => {
                Self::Invalid
            }
            ErrorKind::Conflict => Self::Locked,
            ErrorKind::TooMany | ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Internal => Self::Internal,
        }
    }

    /// The ending of a run that could start. Why an asset failed is in its fault; the number only says that one did.
    pub fn of_run(state: RunState) -> Self {
        match state {
            RunState::Succeeded => Self::Done,
            // The last two are not told of a run that was waited for.
            RunState::Failed | RunState::Running | RunState::Interrupted => Self::Failed,
            RunState::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.number())
    }
}
