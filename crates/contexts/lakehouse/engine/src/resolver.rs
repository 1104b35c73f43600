//! Who decides which records are the same thing: another context, known here by this port alone.

use std::{fmt, path::PathBuf};

use arrow::array::{Array, AsArray, StringViewArray};
use kernel::{Cancel, ErrorKind, ProductError};

/// How records are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The column that names each record.
    pub id: String,
    /// `auto` or the name of a shipped model, or the path of a model document.
    pub model: String,
    /// Columns that are not evidence.
    pub ignore: Vec<String>,
}

/// Records as columns of texts.
#[derive(Debug, Clone)]
pub struct Records {
    /// What they are called in messages: the asset.
    pub name: String,
    names: Vec<String>,
    columns: Vec<Vec<StringViewArray>>,
}

impl Records {
    /// No records yet, with these columns.
    pub(crate) fn new(name: String, names: Vec<String>) -> Self {
        Self { name, columns: vec![Vec::new(); names.len()], names }
    }

    /// Adds texts to a column.
    pub(crate) fn push(&mut self, column: usize, texts: StringViewArray) {
        self.columns[column].push(texts);
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The texts of a column, record by record, empty where there is none: for those who do not know Arrow.
    pub fn texts(&self, column: usize) -> impl Iterator<Item = &str> + Send {
        let text = |texts: &'_ StringViewArray, row: usize| !texts.is_null(row);
        self.columns[column].iter().flat_map(move |texts| {
            (0..texts.len()).map(move |row| if text(texts, row) { texts.value(row) } else { "" })
        })
    }
}

/// What was not done, in the words of the context that refused it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// Stable name.
    pub code: &'static str,
    /// What was tried and why it failed.
    pub text: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

impl ProductError for Refusal {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn code(&self) -> &'static str {
        self.code
    }

    fn remedy(&self) -> Option<String> {
        self.remedy.clone()
    }
}

/// Decides which records are the same thing.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// A text that changes whenever the same records might be grouped otherwise. Asked before anything is written, so it
    /// refuses what could not be done.
    ///
    /// # Errors
    /// Where the model is not there or wrong.
    fn identity(&self, how: &Grouping) -> Result<String, Refusal>;

    /// The name of the cluster of each record, in their order. `previous` are ids and the clusters of an earlier version,
    /// whose names are kept where a cluster lives on. Blocks and uses all cores.
    ///
    /// # Errors
    /// Where the records cannot be resolved, or somebody asked to stop.
    fn resolve(
        &self,
        how: &Grouping,
        records: Records,
        previous: Vec<(String, String)>,
        cancel: &Cancel,
    ) -> Result<Vec<String>, Refusal>;
}

impl Grouping {
    /// What a model of a project asks for.
    pub(crate) fn of(resolve: &lakehouse_model::Resolve, root: &std::path::Path) -> Self {
        let document: PathBuf = root.join(&resolve.model);
        let is_document = [".yaml", ".yml"].iter().any(|end| resolve.model.ends_with(end));
        Self {
            id: resolve.id.clone(),
            model: if is_document { document.display().to_string() } else { resolve.model.clone() },
            ignore: resolve.ignore.clone(),
        }
    }
}

/// The texts of an array, cast where it holds something else.
pub(crate) fn texts_of(array: &dyn Array) -> Result<StringViewArray, arrow::error::ArrowError> {
    let cast = arrow::compute::cast(array, &arrow::datatypes::DataType::Utf8View)?;
    Ok(cast.as_string_view().clone())
}
