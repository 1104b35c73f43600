//! What a project says: settings, sources, models, expectations, and the graph they make.
//!
//! Pure: files in, values or a refusal out. No engine, no tables, no clock. Everything that can be wrong
//! with a project's text is found here, before any commit, with the file and the line.

mod asset;
mod error;
mod expectation;
mod files;
mod graph;
mod load;
mod model;
mod names;
mod nearest;
mod parse;
mod project;
mod render;
mod select;
mod settings;
mod source;

pub use asset::AssetName;
pub use error::{Mistake, Mistakes, ModelError};
pub use expectation::{Bound, Expectation, ExpectationKind, Severity, SumTarget};
pub use graph::{AssetKind, Graph, Node};
pub use model::{BatchBy, ColumnDoc, Config, Freshness, Materialization, Model, ModelDoc, Resolve, Strategy};
pub use project::Project;
pub use render::{RenderMode, Rendered};
pub use settings::{LakeSettings, PROJECT_SECTIONS, ProjectSettings, QualitySettings, Settings};
pub use source::{DialectSettings, DriftPolicy, Source, SourceColumn, SourceFormat};
