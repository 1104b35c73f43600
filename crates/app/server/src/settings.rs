//! The settings of the server, as its own process and the verbs beside it read them.

use std::path::Path;

use config::{Loaded, Others, Sources};
use lakehouse_model::PROJECT_SECTIONS;

use crate::failure::Failure;

/// Variables of ours that are no settings: of the verbs' log, of tests, and of the scripts that build and measure.
const VARIABLES: [&str; 10] = [
    "GRAYGHOST_LOG",
    "GRAYGHOST_TEST_*",
    "GRAYGHOST_BIN",
    "GRAYGHOST_CACHE",
    "GRAYGHOST_DATA",
    "GRAYGHOST_PYTHON",
    "GRAYGHOST_SERVICES",
    "GRAYGHOST_SHARED",
    "GRAYGHOST_SKIPPED_FILE",
    "GRAYGHOST_S_PIN",
];

/// The settings of a project: its file, the environment, and these flags. A folder without the file has defaults.
///
/// # Errors
/// [`Failure::NoFolder`], and every mistake of the configuration at once.
pub fn load(project: &Path, flags: Vec<(String, String)>) -> Result<Loaded, Failure> {
    if !project.is_dir() {
        return Err(Failure::NoFolder { dir: project.to_owned() });
    }
    let mut sources = Sources::read(project)?;
    sources.variables = std::env::vars_os().collect();
    sources.flags = flags;
    Ok(config::load(&sources, Others { keys: &PROJECT_SECTIONS, variables: &VARIABLES })?)
}
