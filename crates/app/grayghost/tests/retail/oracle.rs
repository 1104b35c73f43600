//! The public Online Retail data against its known truth, to the row and to the cent, as other readers see the tables:
//! `oracle/check.py` opens them with the Python `deltalake` package and with Polars.
//!
//! The data lies beside the checkout and the Python readers are installed by `make test`; where one is missing the test
//! says so and holds nothing.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::GzDecoder;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::shop::Shop;

const DAYS: usize = 305;
/// Files a command in the shuffled load.
const FILES_A_COMMAND: usize = 5;

struct Ground {
    data: PathBuf,
    python: PathBuf,
    folder: tempfile::TempDir,
}

impl Ground {
    fn find() -> Option<Self> {
        let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared"));
        let data = std::env::var_os("GRAYGHOST_SHARED").map_or_else(default, PathBuf::from).join("data/retail");
        if !data.is_dir() {
            eprintln!(
                "SKIPPED: {} is missing; set GRAYGHOST_SHARED to the folder with the shared data",
                data.display()
            );
            return None;
        }
        let Some(python) = std::env::var_os("GRAYGHOST_PYTHON").map(PathBuf::from).filter(|path| path.exists()) else {
            eprintln!("SKIPPED: the Python readers are missing; run `make test`, or set GRAYGHOST_PYTHON");
            return None;
        };
        Some(Self { data, python, folder: tempfile::tempdir().expect("a folder") })
    }

    fn shop(&self, name: &str) -> Shop {
        Shop::init(self.folder.path().join(name))
    }

    /// Holds the tables of a project against the truth.
    fn check(&self, shop: &Shop, bronze: &str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/check.py");
        let output = Command::new(&self.python)
            .arg(script)
            .arg(&shop.dir)
            .arg(self.data.join("expected"))
            .args(["--bronze", bronze])
            .output()
            .expect("Python starts");
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}{wrong}");
        // A check that compared nothing would succeed too.
        assert_eq!(
            said.lines().filter(|line| line.starts_with("same ")).count(),
            if bronze == "text" { 15 } else { 14 }
        );
    }

    /// The UTF-8 publication as one file a day, in the order of days.
    fn days(&self) -> Vec<PathBuf> {
        let packed = fs::File::open(self.data.join("online_retail.csv.gz")).expect("the data");
        let mut lines = BufReader::new(GzDecoder::new(packed)).lines().map(|line| line.expect("a line"));
        let header = lines.next().expect("a header");
        let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines {
            // The last four columns hold no comma, so the date is found from the end.
            let date = line.rsplit(',').nth(3).expect("a date");
            days.entry(date[..10].to_owned()).or_default().push(line);
        }
        let folder = self.folder.path().join("days");
        fs::create_dir_all(&folder).expect("a folder");
        let write = |(day, lines): (String, Vec<String>)| {
            let path = folder.join(format!("sales_{day}.csv"));
            let mut file = fs::File::create(&path).expect("a file");
            writeln!(file, "{header}\n{}", lines.join("\n")).expect("written");
            path
        };
        days.into_iter().map(write).collect()
    }
}

/// The version of every table, by its folder's log.
fn versions(shop: &Shop) -> BTreeMap<PathBuf, usize> {
    let lake = shop.dir.join(".grayghost/lake");
    let folders = |path: &Path| fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    let tables = folders(&lake)
        .filter(|layer| !layer.ends_with("quality"))
        .flat_map(|layer| folders(&layer).collect::<Vec<_>>());
    tables.map(|table| (table.clone(), folders(&table.join("_delta_log")).count())).collect()
}

#[test]
fn every_publication_gives_the_same_tables_and_the_same_file_again_adds_nothing() {
    let Some(ground) = Ground::find() else { return };
    let publications =
        [("online_retail.csv.gz", "text"), ("online_retail_kaggle.csv.gz", "rows"), ("online_retail.parquet", "rows")];
    for (file, bronze) in publications {
        let shop = ground.shop(file);
        let path = ground.data.join(file);
        shop.must_run(&[path.as_os_str()]);
        ground.check(&shop, bronze);
        let before = versions(&shop);
        shop.must_run(&[path.as_os_str()]);
        assert_eq!(versions(&shop), before, "{file} again");
        fs::remove_dir_all(&shop.dir).expect("removed");
    }
}

#[test]
fn day_by_day_in_one_command_gives_the_same_tables() {
    let Some(ground) = Ground::find() else { return };
    let (shop, days) = (ground.shop("ordered"), ground.days());
    assert_eq!(days.len(), DAYS);
    let arguments: Vec<&OsStr> = days.iter().map(|day| day.as_os_str()).collect();
    shop.must_run(&arguments);
    ground.check(&shop, "text");
    let before = versions(&shop);
    shop.must_run(&arguments);
    assert_eq!(versions(&shop), before);
}

#[test]
fn shuffled_days_in_many_commands_give_the_same_tables() {
    let Some(ground) = Ground::find() else { return };
    let (shop, mut days) = (ground.shop("shuffled"), ground.days());
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    for last in (1..days.len()).rev() {
        days.swap(last, chance.next_u32() as usize % (last + 1));
    }
    for part in days.chunks(FILES_A_COMMAND) {
        let mut arguments: Vec<&OsStr> = part.iter().map(|day| day.as_os_str()).collect();
        // A file given twice in one command is one file.
        arguments.push(arguments[0]);
        shop.must_run(&arguments);
    }
    ground.check(&shop, "text");
}
