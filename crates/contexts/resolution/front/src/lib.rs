//! The door of entity resolution: files or tables in memory in; groups, links, models and measurements out.
//!
//! Invariants: a run reads whole files and writes nothing until it has its answer; neither ids nor the order of records is
//! evidence; what is not known of a model is learnt from the data, and what is known is left alone.
//!
//! Absent on purpose: how pairs are compared and groups are made (`resolution-engine`), exit codes and tables for people (the
//! command line), the event log (live resolution stands on it and comes with it).

pub mod auto;
mod blocking;
mod blocks;
mod dedupe;
mod difference;
mod error;
mod evaluate;
mod explain;
mod explain_link;
mod inputs;
mod learn;
mod link;
mod linking;
pub mod model;
mod output;
mod parts;
mod records;
mod report;
mod resolve;
pub mod standard;
mod table;
mod threshold;
mod watch;
mod weighing;

pub use blocking::{BlockingReport, RuleReport, suggest_blocking};
pub use dedupe::{Clusters, DedupeRequest, DedupeSummary, TableRequest, dedupe, dedupe_table, identity_of_model};
pub use difference::{ClusterDifference, diff_clusters};
pub use error::ResolutionError;
pub use evaluate::{At, AtLinks, Evaluation, LinkEvaluation, Truth, evaluate, evaluate_links, measure_clusters};
pub use explain::{Explanation, Grouped, explain};
pub use explain_link::{LinkExplanation, Partner, explain_link};
pub use inputs::{Input, Origin, known_models};
pub use link::{Links, Partners, link};
pub use linking::{Link, LinkRequest, LinkSummary, Linked, link_files};
pub use parts::Part;
pub use records::Records;
pub use report::{QualityNow, Report, ReportRequest, report};
pub use resolution_engine::measure::{Measured, Quality};
pub use resolve::{Found, resolve};
pub use table::Table;
pub use watch::{Progress, Step, Watch};
