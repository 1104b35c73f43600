//! What every verb is given: the project, the screen, the flag that stops, and a runtime.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use kernel::{Cancel, SystemClock};
use lakehouse::Lakehouse;
use tokio::runtime::{Builder, Runtime};

use crate::{
    failure::Failure,
    resolver::Resolution,
    screen::Screen,
    stop::{self, Stop},
};

/// One call of the program.
pub(crate) struct Session {
    /// Folder of the project, as given.
    pub(crate) project: PathBuf,
    /// Where to write.
    pub(crate) screen: Screen,
    /// Raised by Ctrl-C.
    pub(crate) cancel: Cancel,
    /// Ctrl-C and SIGTERM, for who waits.
    pub(crate) stop: Stop,
    runtime: Runtime,
}

impl Session {
    /// Starts the runtime, with a worker for each core, and listens to Ctrl-C.
    pub(crate) fn start(project: PathBuf, screen: Screen) -> Result<Self, Failure> {
        let stop = Stop::default();
        stop::listen(stop.clone(), screen.bars().clone())?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores)
            .enable_all()
            .build()
            .map_err(|source| Failure::Start { source: source.into() })?;
        Ok(Self { project, screen, cancel: stop.cancel.clone(), stop, runtime })
    }

    /// Opens the project.
    pub(crate) fn open(&self) -> Result<Lakehouse, Failure> {
        Ok(Lakehouse::open(&self.project, Arc::new(SystemClock), Arc::new(Resolution))?)
    }

    /// Waits for an answer.
    pub(crate) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// A path inside the project, as the user can open it from here.
    pub(crate) fn path(&self, inside: &str) -> String {
        if self.project == Path::new(".") { inside.to_owned() } else { self.project.join(inside).display().to_string() }
    }

    /// A command that the user can type next, for the same project.
    pub(crate) fn command(&self, rest: &str) -> String {
        command(&self.project, rest)
    }
}

/// A command for a project, as it is typed.
pub(crate) fn command(project: &Path, rest: &str) -> String {
    if project == Path::new(".") {
        return format!("grayghost {rest}");
    }
    let project = project.display().to_string();
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "/._-+".contains(sign);
    let project = if project.chars().all(plain) { project } else { format!("'{}'", project.replace('\'', r"'\''")) };
    format!("grayghost {rest} --project {project}")
}
