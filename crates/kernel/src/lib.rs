//! Words that every crate shares: ids, time, the closed list of error kinds. No I/O, no async.

mod cancel;
mod clock;
mod error;
mod id;

pub use cancel::Cancel;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use error::{ErrorKind, ProductError};
pub use id::{ProjectId, RunId, WorkspaceId};

#[doc(hidden)]
pub use uuid;
