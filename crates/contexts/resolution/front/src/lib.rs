//! The door of entity resolution: files in; groups, links, models and measurements out.
//!
//! Invariants: a run reads whole files and writes nothing until it has its answer; neither ids nor the order of records is
//! evidence; what is not known of a model is learnt from the data, and what is known is left alone.
//!
//! Absent on purpose: how pairs are compared and groups are made (`resolution-engine`), exit codes and tables for people (the
//! command line), the event log (live resolution stands on it and comes with it).

pub mod auto;
mod dedupe;
mod difference;
mod error;
mod evaluate;
mod explain;
mod inputs;
mod learn;
mod link;
mod linking;
pub mod model;
mod output;
mod records;
mod resolve;
pub mod standard;
mod table;
mod watch;

pub use dedupe::{Clusters, DedupeRequest, DedupeSummary, dedupe};
pub use difference::{ClusterDifference, diff_clusters};
pub use error::ResolutionError;
pub use evaluate::{At, AtLinks, Evaluation, LinkEvaluation, Truth, evaluate, evaluate_links};
pub use explain::{Explanation, Grouped, Part, explain};
pub use inputs::{Input, known_models};
pub use link::{Links, Partners, link};
pub use linking::{Link, LinkRequest, LinkSummary, Linked, link_files};
pub use records::Records;
pub use resolve::{Found, resolve};
pub use table::Table;
pub use watch::{Step, Watch};
