//! A tiny shop in a scratch folder, and a front door to it.

use std::{fs, path::Path, sync::Arc};

use kernel::{Cancel, Clock, ManualClock, ProductError, Timestamp, WorkspaceId};
use lakehouse::{AssetResult, History, Lakehouse, LakehouseError, Listener, RunRequest, RunSummary};
use serde_json::Value;
use tempfile::TempDir;
use testkit::TestApp;
use tokio::runtime::Runtime;

use crate::resolving::Alike;

/// 2026-01-02T03:04:05Z in microseconds.
pub(crate) const NOW: Timestamp = Timestamp(1_767_323_045_000_000);

pub(crate) const SETTINGS: &str = "[project]\nname = \"shop\"\nid = \"01920000-0000-7000-8000-000000000000\"\n[lake]\ncompact_small_files = 8\ncheckpoint_commits = 10\n";
pub(crate) const SOURCE: &str = "table: bronze.tills_raw
columns:
  - {name: till, headers: [Till], required: true}
  - {name: day, headers: [Day], required: true}
  - {name: item, headers: [Item], required: true}
  - {name: pieces, headers: [Pieces], required: true}
  - {name: note, required: false}
";
pub(crate) const SALES: &str = "{{ config(materialized='incremental', incremental_strategy='merge', insert_only=true,
  unique_key=['sale_id'], natural_key=['till', 'day', 'item', 'pieces'], prune_by='day', rejects='silver.sales_rejected', batch_by='file') }}
select
    surrogate_key(till, try_cast(day as date), item, try_cast(pieces as int)) as sale_id,
    till,
    try_cast(day as date) as day,
    item,
    try_cast(pieces as int) as pieces,
    case when _raw is not null then 'malformed_row'
         when try_cast(pieces as int) is null then 'invalid_pieces'
         when try_cast(day as date) is null then 'invalid_day' end as _reject_reason,
    coalesce(_raw, concat_ws(',', till, day, item, pieces)) as _reject_raw
from {{ changes('tills_raw') }}
";
pub(crate) const SALES_RULES: &str = "columns:
  - {name: sale_id, type: bigint, expectations: [not_null, unique]}
  - {name: pieces, type: int}
expectations:
  - expression_is_true: {id: sold_something, expression: pieces <> 0, severity: quarantine, reason: nothing_sold}
";
pub(crate) const BY_ITEM: &str =
    "select item, cast(sum(pieces) as bigint) as pieces, count(*) as lines from {{ ref('sales') }} group by item";
pub(crate) const BEST: &str =
    "{{ config(materialized='view') }} select item from {{ ref('by_item') }} where pieces > 4";

pub(crate) const MONDAY: &str = "Till,Day,Item,Pieces\n1,2026-01-05,tea,3\n1,2026-01-05,milk,1\n2,2026-01-05,tea,2\n";
pub(crate) const TUESDAY: &str = "Till,Day,Item,Pieces\n1,2026-01-06,tea,1\n2,2026-01-06,salt,9\n";

/// A project, its folder and its clock.
pub(crate) struct Bench {
    folder: TempDir,
    pub(crate) app: TestApp,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) runtime: Runtime,
}

impl Bench {
    /// The shop, with these files changed or added.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let root = folder.path().to_owned();
        let app = runtime.block_on(async {
            let workspace = WorkspaceId::new();
            let module = lakehouse::module(&root, workspace, Arc::new(ManualClock::at(NOW)), Arc::new(Alike));
            TestApp::start_in(testkit::sqlite().await, workspace, &[module]).await
        });
        let bench = Self { folder, clock: Arc::clone(&app.clock), app, runtime };
        let base = [
            ("grayghost.toml", SETTINGS),
            ("sources/tills.yml", SOURCE),
            ("models/silver/sales.sql", SALES),
            ("models/silver/sales.yml", SALES_RULES),
            ("models/gold/by_item.sql", BY_ITEM),
            ("models/mart/best.sql", BEST),
            ("files/monday.csv", MONDAY),
            ("files/tuesday.csv", TUESDAY),
        ];
        for (path, text) in base.iter().chain(files) {
            bench.write(path, text);
        }
        bench
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn house(&self) -> Result<Lakehouse, LakehouseError> {
        Lakehouse::open(self.root(), Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::new(Alike))
    }

    /// Where its runs are recorded.
    pub(crate) fn history(&self) -> History {
        History { log: self.app.log.clone(), jobs: self.app.jobs.clone(), actor: self.app.system() }
    }

    pub(crate) fn request(&self, files: &[&str]) -> RunRequest {
        let files = files.iter().map(|file| self.root().join("files").join(file)).collect();
        RunRequest { files, ..RunRequest::default() }
    }

    pub(crate) fn try_run(&self, request: RunRequest) -> Result<RunSummary, LakehouseError> {
        self.listened_run(request, Arc::new(|_| {}), Cancel::default())
    }

    pub(crate) fn listened_run(
        &self,
        request: RunRequest,
        listener: Listener,
        cancel: Cancel,
    ) -> Result<RunSummary, LakehouseError> {
        let house = self.house()?;
        self.runtime.block_on(house.run(&self.history(), request, listener, cancel))
    }

    /// Runs with these files of `files/`; an error is a failure of the test.
    pub(crate) fn run(&self, files: &[&str]) -> RunSummary {
        self.try_run(self.request(files)).unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// Rows of an answer, cells as JSON.
    pub(crate) fn rows(&self, statement: &str) -> Vec<Vec<Value>> {
        let house = self.house().unwrap_or_else(|error| panic!("{}", told(&error)));
        let found = self.runtime.block_on(house.query_sql(statement.to_owned(), None, Cancel::default()));
        found.unwrap_or_else(|error| panic!("{statement}: {}", told(&error))).rows
    }

    /// Rows as lines of text, for snapshots.
    pub(crate) fn lines(&self, statement: &str) -> String {
        let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let line = |row: &Vec<Value>| row.iter().map(cell).collect::<Vec<_>>().join(" | ");
        self.rows(statement).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Commits of a table; 0 when it was never made.
    pub(crate) fn commits(&self, asset: &str) -> usize {
        let log = self.root().join(".grayghost/lake").join(asset.replace('.', "/")).join("_delta_log");
        let is_commit = |name: &std::ffi::OsStr| Path::new(name).extension().is_some_and(|ending| ending == "json");
        fs::read_dir(log)
            .map_or(0, |entries| entries.filter_map(Result::ok).filter(|entry| is_commit(&entry.file_name())).count())
    }

    /// Commits of all tables together: nothing was written when this is 0.
    pub(crate) fn all_commits(&self) -> usize {
        let assets = ["bronze.tills_raw", "silver.sales", "silver.sales_rejected", "gold.by_item", "quality.results"];
        assets.iter().map(|asset| self.commits(asset)).sum()
    }
}

/// An error as the user is told it.
pub(crate) fn told(error: &dyn ProductError) -> String {
    let mut text = format!("error[{}]: {error}", error.code());
    for (name, part) in [("where", error.place()), ("why", error.why()), ("do", error.remedy())] {
        if let Some(part) = part {
            text.extend(["\n  ", name, ": ", part.as_str()]);
        }
    }
    text
}

/// One asset of a run.
pub(crate) fn asset<'a>(summary: &'a RunSummary, name: &str) -> &'a AssetResult {
    summary.assets.iter().find(|asset| asset.asset == name).unwrap_or_else(|| panic!("{name} is not in the run"))
}
