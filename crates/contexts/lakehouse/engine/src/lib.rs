//! The heavy half of the lakehouse: DataFusion computes, delta-rs keeps.
//!
//! The rest of the context sees [`Lake`] and plain values; no other crate names DataFusion or Delta.
//! Its public methods return boxed futures, so that their bodies are compiled here.

mod check;
mod delta;
mod error;
mod lake;
mod load;
mod make;
mod query;
mod resolver;
mod results;
mod sql;
mod texts;

pub use check::{CheckOutcome, Dimension};
pub use delta::{DataFile, LakeTable};
pub use error::EngineError;
pub use lake::{Lake, Progress, TableFacts, Work};
pub use load::{FileFit, Loaded, PreparedFile, fit_headers};
pub use make::{DUPLICATES_MARK, Made, ROWS_IN_MARK};
pub use query::{QueryLimits, QueryResult};
pub use resolver::{Grouping, Records, Refusal, Resolver};
pub use results::{RESULTS, ResultRow};
pub use sql::{ColumnSource, ColumnSources, SourceKind};
