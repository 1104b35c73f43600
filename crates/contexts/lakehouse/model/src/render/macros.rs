//! The project's macros: every one is known in every template, as in dbt.

use std::path::PathBuf;

use minijinja::Environment;

use crate::files::TextFile;

/// The template that holds all macro files one after the other, so that a macro can call one of another file.
const LIBRARY: &str = "macros";

/// Which macros there are and where.
#[derive(Debug, Clone, Default)]
pub(super) struct Macros {
    names: Vec<String>,
    /// Each file and its first line in the library.
    files: Vec<(PathBuf, usize)>,
}

impl Macros {
    /// Compiles the files into `environment`: each by its path, for explicit imports, and all as the library.
    pub(super) fn compile(
        environment: &mut Environment<'static>,
        files: &[TextFile],
    ) -> Result<Self, (PathBuf, minijinja::Error)> {
        let mut macros = Self::default();
        let mut library = String::new();
        for file in files {
            macros.files.push((file.path.clone(), 1 + library.matches('\n').count()));
            macros.names.extend(defined(&file.text));
            library.push_str(&file.text);
            library.push('\n');
            environment
                .add_template_owned(file.path.to_string_lossy().replace('\\', "/"), file.text.clone())
                .map_err(|error| (file.path.clone(), error))?;
        }
        let added = environment.add_template_owned(LIBRARY, library);
        added.map_err(|error| (PathBuf::from(LIBRARY), error))?;
        Ok(macros)
    }

    /// A statement that makes the macros known that `template` names; it gives no text and no line.
    pub(super) fn import_for(&self, template: &str) -> String {
        let used: Vec<&str> = self.names.iter().map(String::as_str).filter(|name| template.contains(name)).collect();
        if used.is_empty() { String::new() } else { format!("{{% from '{LIBRARY}' import {} %}}", used.join(", ")) }
    }

    /// The macro file and its line behind a line of the library; `None` for other templates.
    pub(super) fn place(&self, template: &str, line: usize) -> Option<(PathBuf, usize)> {
        let (path, first) = self.files.iter().rev().find(|(_, first)| *first <= line)?;
        (template == LIBRARY).then(|| (path.clone(), line + 1 - first))
    }
}

/// Names after `{% macro`.
fn defined(text: &str) -> impl Iterator<Item = String> {
    text.split("{%").skip(1).filter_map(|tag| {
        let rest = tag.trim_start_matches(['-', '+']).trim_start().strip_prefix("macro")?;
        let name = rest.strip_prefix(char::is_whitespace)?.trim_start().split('(').next()?.trim();
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| name.to_owned())
    })
}
