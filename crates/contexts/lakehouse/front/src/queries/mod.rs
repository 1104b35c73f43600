//! Questions about a project. One file per question.

mod check_quality;
mod examine;
mod list_assets;
mod list_runs;
mod query_sql;
mod read_texts;
mod show_lineage;

pub(crate) use check_quality::check_result;
pub(crate) use show_lineage::edges;

pub use list_runs::RunOrder;
