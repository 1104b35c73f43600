//! A disk that is full in the middle of a run: the shell's limit on the size of files stands for it, and the system's
//! answer to a write beyond it takes the same way through the program.

use std::{fs, process::Command};

use generator::{RetailOptions, generate_retail};
use kernel::Cancel;

use crate::shop::{Shop, binary};

/// KiB that a file may have: enough for the history and the logs, too little for the rows.
const LIMIT_KIB: &str = "1000";

#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("files");
    let options = RetailOptions { customers: 10_000, seed: 3, out: files.clone() };
    generate_retail(&options, &Cancel::default(), &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    let shop = Shop::init(folder.path().join("shop"));
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "bash", LIMIT_KIB, binary(), "run"])
        .arg(files.join("sales.csv"))
        .args(["--quiet", "--format", "json", "--project"])
        .arg(&shop.dir)
        .output()
        .expect("bash starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
    let bronze = &said["assets"][0];
    assert_eq!((&bronze["asset"], &bronze["fault"]["code"]), (&"bronze.sales_raw".into(), &"lakehouse.no_room".into()));
    let log = shop.dir.join(".grayghost/lake/bronze/sales_raw/_delta_log");
    assert_eq!(fs::read_dir(log).map_or(0, Iterator::count), 0, "nothing was committed");
    // There is room again: the same command does it all.
    shop.must_run(&[files.join("sales.csv").as_os_str()]);
}
