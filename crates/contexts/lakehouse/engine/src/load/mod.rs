//! A file becomes a batch in a bronze table: every record as it came, in one commit.
//!
//! A file is looked at as a whole before anything is written (`prepare`): its bytes hashed, decoded to the end, its
//! headers fitted to the source. So a bad file is refused with nothing half-written, and a known one adds nothing.

mod bronze;
mod fit;

pub(crate) use bronze::bronze_schema;
pub use bronze::{Loaded, PreparedFile};
pub use fit::{FileFit, fit_headers};
