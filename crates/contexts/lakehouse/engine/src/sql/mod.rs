//! Statements over tables: sessions, our functions, planning, and where columns come from.

mod functions;
mod lineage;
mod scan;
mod session;
mod yielding;

pub(crate) use functions::{hash_columns, hold};
pub use lineage::{ColumnSource, ColumnSources, SourceKind};
pub(crate) use lineage::{column_sources, computed_over};
pub(crate) use scan::{LakeScan, Slot};
pub(crate) use session::{Planned, Sessions, compile, plan_error};
