//! What every verb is given: the project, the screen, the flag that stops, and a runtime.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jobs::Jobs;
use kernel::{Actor, Cancel, SystemClock};
use lakehouse::{History, Lakehouse};
use tokio::runtime::{Builder, Runtime};

use crate::{
    backends,
    failure::Failure,
    resolver::Resolution,
    screen::Screen,
    settings,
    stop::{self, Stop},
    workspace,
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

    /// Where the project's runs are recorded; made where it is not there yet.
    pub(crate) fn history(&self) -> Result<History, Failure> {
        let config = settings::load(&self.project, Vec::new())?.config;
        let log = self.wait(backends::make_beside(&config, &self.project))?;
        let actor = Actor::system(workspace::read_or_make(&self.project)?);
        Ok(History { jobs: Jobs::new(log.clone()), log, actor })
    }

    /// The same; `None` where nothing was recorded yet.
    pub(crate) fn earlier_history(&self) -> Result<Option<History>, Failure> {
        let config = settings::load(&self.project, Vec::new())?.config;
        let is_there = config.database.url.path(&self.project).is_none_or(|file| file.exists());
        if is_there { self.history().map(Some) } else { Ok(None) }
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
