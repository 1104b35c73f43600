//! Templates to SQL: `ref`, `source`, `changes`, `var`, `this`, `is_incremental`, `config`, `source_meta`, macros.
//!
//! Invariants: rendering is a pure function of the project and the mode; the SQL has the template's line numbers;
//! an undefined name is an error, never an empty text.
//! Deliberately absent: time, environment variables and anything that asks the lake, so that a render can be repeated.

mod functions;
mod lines;
mod macros;

use std::{
    error::Error as _,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use functions::Refusal;
pub(crate) use functions::{Log, World};
use macros::Macros;

use crate::{AssetName, Model, ModelError, Project, files::TextFile};

/// Whether a model is made from nothing or goes on from what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RenderMode {
    /// From nothing: `is_incremental()` is false and `changes()` is the whole table.
    Full,
    /// On top of what is there: `is_incremental()` is true and `changes()` is what is new.
    Incremental,
}

/// A model's SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One statement; its line numbers are those of the template.
    pub sql: String,
}

/// A template that is to be rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template<'a> {
    /// Told in errors; relative to the project.
    pub(crate) file: &'a Path,
    /// Line of the file on which the text begins; 1 for a file of its own, 0 when unknown.
    pub(crate) first_line: usize,
    pub(crate) text: &'a str,
    /// The asset on whose behalf it is rendered.
    pub(crate) this: &'a AssetName,
}

/// The compiled macros and all that templates can look up.
#[derive(Clone)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    macros: Macros,
    world: Arc<World>,
}

impl fmt::Debug for Templates {
    /// The template engine lists all its filters, which nobody wants to see with a project.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("macros", &self.macros).finish_non_exhaustive()
    }
}

impl Templates {
    /// # Errors
    /// [`ModelError::Template`] for a macro file that cannot be compiled.
    pub(crate) fn new(macro_files: &[TextFile], world: World) -> Result<Self, ModelError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // SQL is no HTML, whatever a file is called.
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let macros = Macros::compile(&mut environment, macro_files).map_err(|(file, error)| ModelError::Template {
            file,
            line: error.line().unwrap_or(0),
            source: Box::new(error),
        })?;
        Ok(Self { environment, macros, world: Arc::new(world) })
    }

    /// The same macros in another world.
    pub(crate) fn with_world(self, world: World) -> Self {
        Self { world: Arc::new(world), ..self }
    }

    /// The SQL and what the template asked for.
    pub(crate) fn render(&self, template: Template<'_>, mode: RenderMode) -> Result<(String, Log), ModelError> {
        let mut environment = self.environment.clone();
        let log = functions::install(&mut environment, &self.world, template.this, mode);
        let import = self.macros.import_for(template.text);
        let marked = lines::mark(template.text);
        let source = format!("{import}{}", marked.as_deref().unwrap_or(template.text));
        let name = template.file.to_string_lossy().replace('\\', "/");
        let text = environment
            .render_named_str(&name, &source, minijinja::context! {})
            .map_err(|error| self.refuse(error, template, &name))?;
        let sql = if marked.is_some() { lines::settle(&text, 1 + template.text.matches('\n').count()) } else { text };
        let log = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((sql, log))
    }

    /// Finds our own refusal inside the template engine's error, and the innermost place that is known.
    fn refuse(&self, error: minijinja::Error, template: Template<'_>, name: &str) -> ModelError {
        let (file, line) = self.place(&error, template, name);
        let mut cause = error.source();
        while let Some(inner) = cause {
            match inner.downcast_ref::<Refusal>() {
                Some(Refusal::Ref { call, nearest }) => {
                    return ModelError::UnknownRef { file, line, call: call.clone(), nearest: nearest.clone() };
                }
                Some(Refusal::Var { name, nearest }) => {
                    return ModelError::UnknownVar { file, line, name: name.clone(), nearest: nearest.clone() };
                }
                None => cause = inner.source(),
            }
        }
        ModelError::Template { file, line, source: Box::new(error) }
    }

    fn place(&self, error: &minijinja::Error, template: Template<'_>, name: &str) -> (PathBuf, usize) {
        let mut place = (template.file.to_owned(), template.first_line);
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(inner) = cause.downcast_ref::<minijinja::Error>()
                && let (Some(named), Some(line)) = (inner.name(), inner.line())
            {
                place = if named == name {
                    // Without a first line the text's place in the file is not known.
                    let first = template.first_line;
                    (template.file.to_owned(), if first == 0 { 0 } else { first + line - 1 })
                } else {
                    self.macros.place(named, line).unwrap_or_else(|| (PathBuf::from(named), line))
                };
            }
            next = cause.source();
        }
        place
    }
}

impl Project {
    /// The SQL of `model`.
    ///
    /// # Errors
    /// [`ModelError::Template`], [`ModelError::UnknownRef`], [`ModelError::UnknownVar`].
    pub fn render(&self, model: &Model, mode: RenderMode) -> Result<Rendered, ModelError> {
        let template = Template { file: &model.path, first_line: 1, text: &model.template, this: &model.name };
        self.templates.render(template, mode).map(|(sql, _)| Rendered { sql })
    }

    /// A piece of a rule, such as custom SQL, rendered in full mode on behalf of `owner`.
    ///
    /// # Errors
    /// [`ModelError::Template`], [`ModelError::UnknownRef`], [`ModelError::UnknownVar`].
    pub fn render_text(&self, owner: &AssetName, text: &str) -> Result<String, ModelError> {
        let file = self.doc_paths.get(owner).map_or_else(|| PathBuf::from(owner.to_string()), Clone::clone);
        let template = Template { file: &file, first_line: 0, text, this: owner };
        self.templates.render(template, RenderMode::Full).map(|(sql, _)| sql)
    }
}
