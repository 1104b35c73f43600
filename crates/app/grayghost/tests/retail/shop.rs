//! A project folder, the binary that works on it, and the tables as one number each.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use kernel::{Cancel, SystemClock};
use lakehouse::{Grouping, Lakehouse, Records, Refusal, Resolver};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

/// Columns that say when, not what.
const TIMES: [&str; 3] = ["_ingested_at", "created_at", "updated_at"];

/// The retail project has no step that asks who is the same.
#[derive(Debug)]
struct Nobody;

impl Resolver for Nobody {
    fn identity(&self, how: &Grouping) -> Result<String, Refusal> {
        Ok(how.model.clone())
    }

    fn resolve(
        &self,
        _: &Grouping,
        records: Records,
        _: Vec<(String, String)>,
        _: &Cancel,
    ) -> Result<Vec<String>, Refusal> {
        Ok(records.texts(0).map(str::to_owned).collect())
    }
}

/// One project.
pub(crate) struct Shop {
    pub(crate) dir: PathBuf,
}

impl Shop {
    /// A new retail project in `dir`.
    pub(crate) fn init(dir: PathBuf) -> Self {
        let made = Command::new(binary()).arg("init").arg(&dir).output().expect("the binary starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { dir }
    }

    /// The same project elsewhere, to be spoiled.
    pub(crate) fn copy_to(&self, dir: PathBuf) -> Self {
        copy(&self.dir, &dir);
        Self { dir }
    }

    fn command(&self, arguments: &[&OsStr]) -> Command {
        let mut command = Command::new(binary());
        command.arg("run").arg("--project").arg(&self.dir).arg("--quiet").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, whatever it is.
    pub(crate) fn run(&self, arguments: &[&OsStr]) -> Output {
        self.command(arguments).output().expect("the binary starts")
    }

    /// Runs and must succeed.
    pub(crate) fn must_run(&self, arguments: &[&OsStr]) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?} in {}: {said}", self.dir.display());
    }

    /// Begins to run.
    pub(crate) fn start(&self, arguments: &[&OsStr]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
    }

    /// Rows of every table that exists; opening them is the test that they can be read.
    pub(crate) fn counts(&self, runtime: &Runtime) -> BTreeMap<String, u64> {
        self.each_table(runtime, |house, asset| async move {
            let found = house.query_sql(format!("select count(*) from {asset}"), None, Cancel::default()).await;
            found.unwrap_or_else(|error| panic!("{asset}: {error}")).rows[0][0].as_u64().expect("a count")
        })
    }

    /// What every table holds, whatever the order of its rows and the time of the runs.
    pub(crate) fn contents(&self, runtime: &Runtime) -> BTreeMap<String, (usize, Vec<u8>)> {
        self.each_table(runtime, |house, asset| async move {
            let found = house.query_sql(format!("select * from {asset}"), None, Cancel::default()).await;
            let found = found.unwrap_or_else(|error| panic!("{asset}: {error}"));
            let kept: Vec<usize> =
                (0..found.columns.len()).filter(|at| !TIMES.contains(&found.columns[*at].as_str())).collect();
            let line = |row: &Vec<serde_json::Value>| kept.iter().map(|at| row[*at].to_string()).collect::<Vec<_>>();
            let mut lines: Vec<String> = found.rows.iter().map(|row| line(row).join("\t")).collect();
            lines.sort_unstable();
            let digest = Sha256::digest(lines.join("\n").as_bytes());
            (lines.len(), digest.to_vec())
        })
    }

    fn each_table<T, F>(&self, runtime: &Runtime, ask: impl Fn(Arc<Lakehouse>, String) -> F) -> BTreeMap<String, T>
    where
        F: Future<Output = T>,
    {
        let opened = Lakehouse::open(&self.dir, Arc::new(SystemClock), Arc::new(Nobody));
        let house = Arc::new(opened.unwrap_or_else(|error| panic!("{error}")));
        runtime.block_on(async {
            let assets = house.list_assets(None).await.unwrap_or_else(|error| panic!("{error}"));
            let mut found = BTreeMap::new();
            for asset in assets.into_iter().filter(|asset| asset.version.is_some()) {
                let value = ask(Arc::clone(&house), asset.asset.clone()).await;
                found.insert(asset.asset, value);
            }
            found
        })
    }
}

pub(crate) fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_grayghost")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}
