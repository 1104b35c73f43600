//! What can be wrong with a project's text. Found while it is read, so before anything is written.

use std::{fmt, path::PathBuf};

use kernel::{ErrorKind, ProductError};

use crate::AssetName;

/// One thing that is wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// 1-based line, 0 when unknown.
    pub line: usize,
    /// What is wrong, one sentence without a full stop.
    pub text: String,
}

/// Everything that is wrong in one file, in the order of its lines. Never empty when it is part of an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if mistake.line > 0 {
                write!(f, "line {}: ", mistake.line)?;
            }
            f.write_str(&mistake.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A project that cannot be used as it is written.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The folder holds no `grayghost.toml`.
    #[error("no grayghost.toml in `{}`", dir.display())]
    NoProject {
        /// The folder.
        dir: PathBuf,
    },
    /// A file or folder could not be read.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// `read`, `list`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// `grayghost.toml` is wrong.
    #[error("could not use the settings in `{}`", file.display())]
    Settings {
        /// Relative to the project.
        file: PathBuf,
        /// All of them.
        #[source]
        source: Mistakes,
    },
    /// A file below `sources/` is wrong.
    #[error("could not use the source in `{}`", file.display())]
    Source {
        /// Relative to the project.
        file: PathBuf,
        /// All of them.
        #[source]
        source: Mistakes,
    },
    /// A YAML file below `models/` is wrong.
    #[error("could not use the YAML in `{}`", file.display())]
    ModelYaml {
        /// Relative to the project.
        file: PathBuf,
        /// All of them.
        #[source]
        source: Mistakes,
    },
    /// A model's configuration is wrong.
    #[error("could not use the configuration of `{}`", file.display())]
    Config {
        /// The SQL file, relative to the project.
        file: PathBuf,
        /// All of them.
        #[source]
        source: Mistakes,
    },
    /// A model's place or name is not allowed.
    #[error("could not take `{}` as a model: {detail}", path.display())]
    ModelName {
        /// Relative to the project.
        path: PathBuf,
        /// Which rule it breaks.
        detail: String,
    },
    /// A template cannot be rendered.
    #[error("could not render `{}`", file.display())]
    Template {
        /// The model or macro file, relative to the project.
        file: PathBuf,
        /// 1-based line, 0 when unknown.
        line: usize,
        /// What the template engine said.
        #[source]
        source: Box<minijinja::Error>,
    },
    /// A template or a rule names an asset that does not exist.
    #[error("no asset for `{call}`")]
    UnknownRef {
        /// Relative to the project.
        file: PathBuf,
        /// 1-based line, 0 when unknown.
        line: usize,
        /// As it was written: `ref('sales')`.
        call: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
    /// A template asks for a variable that is not set and has no default.
    #[error("no variable `{name}` in grayghost.toml")]
    UnknownVar {
        /// Relative to the project.
        file: PathBuf,
        /// 1-based line, 0 when unknown.
        line: usize,
        /// As it was written.
        name: String,
        /// The name that looks most like it.
        nearest: Option<String>,
    },
    /// Two assets have one name.
    #[error("the name `{name}` is taken twice: by {first} and by {second}")]
    DuplicateModel {
        /// The name without its layer.
        name: String,
        /// The file that has it already.
        first: String,
        /// The file that takes it again.
        second: String,
    },
    /// Assets read each other in a circle.
    #[error("models read each other in a circle: {}", join(path, " → "))]
    Cycle {
        /// The circle; the first asset stands again at the end.
        path: Vec<AssetName>,
    },
    /// The selection is not written as it should be.
    #[error("could not read the selection `{selector}`: {detail}")]
    Selector {
        /// The part that is wrong.
        selector: String,
        /// Which rule it breaks.
        detail: String,
    },
    /// The selection finds nothing.
    #[error("nothing is selected by `{selector}`")]
    UnknownSelection {
        /// The part that finds nothing.
        selector: String,
        /// Names that look like it, the most similar first.
        nearest: Vec<String>,
    },
    /// A rule names a column that its asset cannot have.
    #[error("`{asset}` has no column `{column}`")]
    UnknownColumn {
        /// The YAML file, relative to the project.
        file: PathBuf,
        /// 1-based line, 0 when unknown.
        line: usize,
        /// The asset; boxed to keep the whole error small.
        asset: Box<AssetName>,
        /// As it was written.
        column: String,
        /// The column that looks most like it.
        nearest: Option<String>,
    },
}

fn join<T: fmt::Display>(parts: &[T], between: &str) -> String {
    parts.iter().map(T::to_string).collect::<Vec<_>>().join(between)
}

/// `models/silver/sales.sql:12`, without the line when it is unknown.
fn at(file: &std::path::Path, line: usize) -> String {
    // Paths are shown with `/` on every system, as they are written in a selection.
    let file = file.to_string_lossy().replace('\\', "/");
    if line == 0 { file } else { format!("{file}:{line}") }
}

fn did_you_mean(nearest: Option<&String>, otherwise: &str) -> String {
    nearest.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"))
}

impl ProductError for ModelError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoProject { .. } | Self::UnknownSelection { .. } => ErrorKind::NotFound,
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
            // A path that is no folder, or text that is not UTF-8, is the user's to mend.
            Self::Io { .. }
            | Self::Settings { .. }
            | Self::Source { .. }
            | Self::ModelYaml { .. }
            | Self::Config { .. }
            | Self::ModelName { .. }
            | Self::Template { .. }
            | Self::UnknownRef { .. }
            | Self::UnknownVar { .. }
            | Self::DuplicateModel { .. }
            | Self::Cycle { .. }
            | Self::Selector { .. }
            | Self::UnknownColumn { .. } => ErrorKind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoProject { .. } => "lakehouse.no_project",
            Self::Io { .. } => "lakehouse.project_unreadable",
            Self::Settings { .. } => "lakehouse.bad_settings",
            Self::Source { .. } => "lakehouse.bad_source",
            Self::ModelYaml { .. } => "lakehouse.bad_model_yaml",
            Self::Config { .. } => "lakehouse.bad_config",
            Self::ModelName { .. } => "lakehouse.bad_model_name",
            Self::Template { .. } => "lakehouse.bad_template",
            Self::UnknownRef { .. } => "lakehouse.unknown_ref",
            Self::UnknownVar { .. } => "lakehouse.unknown_var",
            Self::DuplicateModel { .. } => "lakehouse.duplicate_model",
            Self::Cycle { .. } => "lakehouse.cycle",
            Self::Selector { .. } => "lakehouse.bad_selector",
            Self::UnknownSelection { .. } => "lakehouse.unknown_selection",
            Self::UnknownColumn { .. } => "lakehouse.unknown_column",
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Settings { file, source }
            | Self::Source { file, source }
            | Self::ModelYaml { file, source }
            | Self::Config { file, source } => Some(at(file, source.0.first().map_or(0, |mistake| mistake.line))),
            Self::Template { file, line, .. }
            | Self::UnknownRef { file, line, .. }
            | Self::UnknownVar { file, line, .. }
            | Self::UnknownColumn { file, line, .. } => Some(at(file, *line)),
            Self::ModelName { path, .. } => Some(at(path, 0)),
            Self::DuplicateModel { second, .. } => Some(second.clone()),
            Self::NoProject { .. }
            | Self::Io { .. }
            | Self::Cycle { .. }
            | Self::Selector { .. }
            | Self::UnknownSelection { .. } => None,
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::NoProject { .. } => {
                "make a project with `grayghost init DIR`, or name its folder with `--project DIR`".to_owned()
            }
            Self::Io { .. } => "check that it exists, that you may read it, and that it is UTF-8 text".to_owned(),
            Self::Settings { .. } | Self::Source { .. } | Self::ModelYaml { .. } | Self::Config { .. } => {
                "correct the file; all keys are listed in docs/reference/project-files.md".to_owned()
            }
            Self::ModelName { .. } => "move or rename the file to models/<layer>/<name>.sql".to_owned(),
            Self::Template { .. } => {
                "correct the template; its functions are listed in docs/reference/project-files.md".to_owned()
            }
            Self::UnknownRef { nearest, .. } => {
                did_you_mean(nearest.as_ref(), "name a model, a rejects table or a source of this project")
            }
            Self::UnknownVar { nearest, name, .. } => {
                let otherwise = format!("set it in section `vars`, or give a default: var('{name}', …)");
                did_you_mean(nearest.as_ref(), &otherwise)
            }
            Self::DuplicateModel { .. } => "rename one of them: names are unique in a project".to_owned(),
            Self::Cycle { .. } => "take one of these references out, or split a model in two".to_owned(),
            Self::Selector { .. } => "see docs/reference/selection.md".to_owned(),
            Self::UnknownSelection { nearest, .. } if nearest.is_empty() => {
                "list what there is with `grayghost assets`".to_owned()
            }
            Self::UnknownSelection { nearest, .. } => {
                format!("did you mean {}?", join(&nearest.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>(), ", "))
            }
            Self::UnknownColumn { nearest, .. } => did_you_mean(nearest.as_ref(), "name one of its columns"),
        };
        Some(text)
    }
}
