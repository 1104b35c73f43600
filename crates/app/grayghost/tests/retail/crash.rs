//! The process is killed at random points: of a first run, of a second file, of a merge. Whatever the moment, every
//! table opens at a commit, the next run starts at once and completes, and the tables hold what they hold when nothing
//! happened, with the history and without it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use generator::{RetailOptions, generate_retail};
use kernel::Cancel;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::shop::Shop;

/// Kills that met a living process, for each of the three situations.
const KILLS: u32 = 36;
/// The last moment at which a kill may come, in percent of an undisturbed run.
const LATEST_PERCENT: u32 = 105;
const UPSERT_SQL: &str =
    "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='customer_id') }}
-- Customers with new lines, counted anew over all of their lines.
select customer_id, count(*) as lines, sum(line_amount) as amount, max(invoice_ts) as last_ts
from {{ ref('sales') }}
where customer_id in (select customer_id from {{ changes('sales') }} where customer_id is not null)
group by customer_id
";

/// What a situation starts from, what it does, and what must be there afterwards.
struct Situation {
    before: Shop,
    arguments: Vec<std::ffi::OsString>,
    counts_before: BTreeMap<String, u64>,
    counts_after: BTreeMap<String, u64>,
    contents_after: BTreeMap<String, (usize, Vec<u8>)>,
    usual: Duration,
}

struct Place {
    folder: TempDir,
    first: PathBuf,
    second: PathBuf,
    runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("files");
        let options = RetailOptions { customers: 400, seed: 11, out: out.clone() };
        generate_retail(&options, &Cancel::default(), &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
        let runtime = Runtime::new().expect("a runtime");
        Self { folder, first: out.join("sales.csv"), second: out.join("sales_latin1.csv"), runtime }
    }

    fn shop(&self, name: &str) -> Shop {
        let shop = Shop::init(self.folder.path().join(name));
        fs::write(shop.dir.join("models/gold/customer_totals.sql"), UPSERT_SQL).expect("a model");
        shop
    }

    fn situation(&self, name: &str, before: Shop, arguments: &[&OsStr]) -> Situation {
        let after = before.copy_to(self.folder.path().join(format!("{name}-after")));
        let began = Instant::now();
        after.must_run(arguments);
        Situation {
            usual: began.elapsed(),
            counts_before: before.counts(&self.runtime),
            counts_after: after.counts(&self.runtime),
            contents_after: after.contents(&self.runtime),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            before,
        }
    }

    /// Kills until enough kills met a living process, each time from the same start.
    fn torment(&self, situation: &Situation, seed: u64) {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let arguments: Vec<&OsStr> = situation.arguments.iter().map(AsRef::as_ref).collect();
        let (mut kills, mut torn) = (0, 0);
        for round in 0.. {
            assert!(round < KILLS * 3, "only {kills} of {round} kills met a living process");
            let shop = situation.before.copy_to(self.folder.path().join(format!("round-{seed}-{round}")));
            let delay = situation.usual * (chance.next_u32() % LATEST_PERCENT) / 100;
            kills += u32::from(killed_after(shop.start(&arguments), delay));
            let found = shop.counts(&self.runtime);
            for (asset, rows) in &found {
                let allowed = [situation.counts_before.get(asset), situation.counts_after.get(asset)];
                assert!(
                    allowed.contains(&Some(rows)),
                    "after {delay:?}: {asset} has {rows} rows, not one of {allowed:?}"
                );
            }
            torn += u32::from(found != situation.counts_before && found != situation.counts_after);
            if round % 2 == 0 {
                forget_history(&shop.dir);
            }
            shop.must_run(&arguments);
            assert_eq!(shop.contents(&self.runtime), situation.contents_after, "killed after {delay:?}");
            fs::remove_dir_all(&shop.dir).expect("removed");
            if kills == KILLS {
                break;
            }
        }
        assert!(torn > 0, "no kill came between two commits: the moments are not spread over the run");
    }
}

fn killed_after(mut child: Child, delay: Duration) -> bool {
    std::thread::sleep(delay);
    let lived = child.try_wait().expect("a child").is_none();
    child.kill().expect("a kill");
    child.wait().expect("an end");
    lived
}

fn forget_history(dir: &Path) {
    let _ = fs::remove_dir_all(dir.join(".grayghost/verdicts"));
    for name in ["grayghost.db", "grayghost.db-wal", "grayghost.db-shm"] {
        let gone = fs::remove_file(dir.join(".grayghost").join(name));
        assert!(gone.is_ok() || !dir.join(".grayghost").join(name).exists(), "{name} stays");
    }
}

#[test]
fn killed_in_the_first_run() {
    let place = Place::new();
    let situation = place.situation("first", place.shop("shop"), &[place.first.as_os_str()]);
    place.torment(&situation, 1);
}

#[test]
fn killed_while_a_second_file_is_loaded() {
    let place = Place::new();
    let shop = place.shop("shop");
    shop.must_run(&[place.first.as_os_str()]);
    let situation = place.situation("second", shop, &[place.second.as_os_str()]);
    place.torment(&situation, 2);
}

#[test]
fn killed_in_a_merge() {
    let place = Place::new();
    let shop = place.shop("shop");
    shop.must_run(&[place.first.as_os_str()]);
    shop.must_run(&[place.second.as_os_str(), "--select".as_ref(), "sales".as_ref()]);
    let situation = place.situation("merge", shop, &["--select".as_ref(), "sales+".as_ref()]);
    place.torment(&situation, 3);
}
