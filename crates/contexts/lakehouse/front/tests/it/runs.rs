//! Runs: what is done, in which order, how they end, and that they never interleave.

use std::sync::{
    Arc, Mutex,
    mpsc::{Receiver, sync_channel},
};

use kernel::{Cancel, ErrorKind, ProductError};
use lakehouse::{AssetState, FileState, Listener, RunProgress, RunRequest, RunState};

use crate::bench::{BY_ITEM, Bench, SALES, asset, told};

#[test]
fn a_run_loads_makes_and_checks_and_the_next_has_nothing_to_do() {
    let bench = Bench::with(&[]);
    let summary = bench.run(&["monday.csv", "tuesday.csv"]);
    assert_eq!(summary.state, RunState::Succeeded);
    let show = |asset: &lakehouse::AssetResult| {
        format!(
            "{} {:?} {} {} {} commits",
            asset.asset, asset.state, asset.rows_written, asset.rows_total, asset.commits
        )
    };
    insta::assert_snapshot!(summary.assets.iter().map(show).collect::<Vec<_>>().join("\n"), @r#"
    bronze.tills_raw Succeeded 5 5 2 commits
    silver.sales Succeeded 5 5 4 commits
    gold.by_item Succeeded 3 3 1 commits
    mart.best Unchanged 0 0 0 commits
    silver.sales_rejected Unchanged 0 0 0 commits
    "#);
    let again = bench.run(&["monday.csv", "tuesday.csv"]);
    assert!(again.assets.iter().all(|asset| asset.state == AssetState::Unchanged), "{:?}", again.assets);
    assert_eq!(again.files[1].state, FileState::AlreadyLoaded);
    assert_eq!(again.checks.len(), summary.checks.len(), "verdicts of before still stand");
}

#[test]
fn a_selection_runs_no_more_than_it_names() {
    let bench = Bench::with(&[]);
    let request = RunRequest { select: Some("sales".into()), ..bench.request(&["monday.csv"]) };
    bench.try_run(request).expect("a run");
    assert_eq!((bench.commits("silver.sales"), bench.commits("gold.by_item")), (1, 0));
    let request =
        RunRequest { select: Some("+by_item".into()), exclude: Some("sales".into()), ..RunRequest::default() };
    let summary = bench.try_run(request).expect("a run");
    assert_eq!(asset(&summary, "gold.by_item").state, AssetState::Succeeded);
}

#[test]
fn a_retry_does_what_the_last_run_did_not_finish() {
    let broken = BY_ITEM.replace("item,", "cast(item as int) as item,").replace("group by item", "group by 1");
    let bench = Bench::with(&[("models/gold/by_item.sql", broken.as_str())]);
    let failed = bench.run(&["monday.csv"]);
    assert_eq!(failed.state, RunState::Failed);
    assert_eq!(asset(&failed, "mart.best").state, AssetState::Skipped);
    bench.write("models/gold/by_item.sql", BY_ITEM);
    bench.clock.advance_micros(1);
    let retry = || RunRequest { retry: true, ..RunRequest::default() };
    let summary = bench.try_run(retry()).unwrap_or_else(|error| panic!("{}", told(&error)));
    let names: Vec<&str> = summary.assets.iter().map(|asset| asset.asset.as_str()).collect();
    assert_eq!((summary.state, names), (RunState::Succeeded, vec!["gold.by_item", "mart.best"]));
    bench.clock.advance_micros(1);
    assert_eq!(bench.try_run(retry()).expect_err("all is done").code(), "lakehouse.nothing_to_retry");
}

/// Holds a run at its first event until told to go on.
fn gate() -> (Listener, Receiver<()>, std::sync::mpsc::SyncSender<()>) {
    let (reached, is_reached) = sync_channel(1);
    let (go, may_go) = sync_channel::<()>(1);
    let may_go = Mutex::new(Some(may_go));
    let listener: Listener = Arc::new(move |event| {
        if matches!(event, RunProgress::Planned { .. })
            && let Some(may_go) = may_go.lock().expect("the gate").take()
        {
            reached.send(()).expect("somebody waits");
            may_go.recv().expect("somebody lets go");
        }
    });
    (listener, is_reached, go)
}

#[test]
fn two_runs_of_an_asset_never_interleave() {
    let bench = Bench::with(&[]);
    let (listener, is_reached, go) = gate();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| bench.listened_run(bench.request(&["monday.csv"]), listener, Cancel::default()));
        is_reached.recv().expect("the first run begins");
        let error = bench.try_run(bench.request(&["tuesday.csv"])).expect_err("locked");
        assert_eq!((error.code(), error.kind()), ("lakehouse.locked", ErrorKind::Conflict));
        go.send(()).expect("the first run waits");
        assert_eq!(first.join().expect("it ends").expect("a run").state, RunState::Succeeded);
    });
    assert_eq!(bench.run(&["tuesday.csv"]).state, RunState::Succeeded);
}

#[test]
fn a_cancelled_run_keeps_what_it_committed_and_the_next_completes() {
    let bench = Bench::with(&[]);
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let listener: Listener = Arc::new(move |event| {
        if matches!(&event, RunProgress::Finished { step, .. } if step == "silver.sales") {
            stop.cancel();
        }
    });
    let summary =
        bench.listened_run(bench.request(&["monday.csv", "tuesday.csv"]), listener, cancel).expect("a summary");
    assert_eq!(summary.state, RunState::Cancelled);
    assert_eq!(summary.files[1].state, FileState::Skipped);
    assert_eq!((bench.commits("silver.sales"), bench.commits("gold.by_item")), (1, 0));
    bench.run(&["monday.csv", "tuesday.csv"]);
    assert_eq!(bench.lines("select sum(pieces) from gold.by_item"), "16");
}

#[test]
fn a_rule_that_looks_at_a_table_which_could_not_be_made_is_not_blamed() {
    let rules = "expectations:\n  - custom_sql: {id: none_lost, sql: \"select * from {{ ref('sales') }} where pieces > 100\"}\n";
    let strict = SALES.replace("try_cast(pieces as int)", "cast(pieces as int)");
    let bench = Bench::with(&[("models/bronze/tills_raw.yml", rules), ("models/silver/sales.sql", &strict)]);
    bench.write("files/odd.csv", "Till,Day,Item,Pieces\n1,2026-01-05,tea,lots\n");
    let summary = bench.run(&["odd.csv"]);
    assert_eq!(asset(&summary, "silver.sales").state, AssetState::Failed);
    let raw = asset(&summary, "bronze.tills_raw");
    assert!(raw.fault.is_none(), "{:?}", raw.fault);
}

#[test]
fn a_run_that_is_cancelled_while_it_loads_makes_nothing_more() {
    let bench = Bench::with(&[]);
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let listener: Listener = Arc::new(move |event| {
        if matches!(&event, RunProgress::Progress { step, .. } if step == "monday.csv") {
            stop.cancel();
        }
    });
    let summary = bench.listened_run(bench.request(&["monday.csv", "tuesday.csv"]), listener, cancel).expect("a run");
    assert_eq!(summary.state, RunState::Cancelled);
    assert_eq!((bench.commits("silver.sales"), bench.commits("gold.by_item")), (0, 0));
    let faults = summary.assets.iter().filter_map(|asset| asset.fault.as_ref()).count();
    assert_eq!(faults, 0, "{summary:?}");
    assert_eq!(summary.files[1].state, FileState::Skipped);
    assert_ne!(summary.files[0].state, FileState::Failed);
    bench.run(&["monday.csv", "tuesday.csv"]);
    assert_eq!(bench.lines("select sum(pieces) from gold.by_item"), "16");
}

#[test]
fn a_run_tells_its_progress() {
    let bench = Bench::with(&[]);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listener: Listener = Arc::new(move |event| heard.lock().expect("events").push(event));
    bench.listened_run(bench.request(&["monday.csv"]), listener, Cancel::default()).expect("a run");
    let events = events.lock().expect("events");
    let finished: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            RunProgress::Finished { step, .. } => Some(step.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(finished[..3], ["reading files", "monday.csv", "silver.sales"]);
    let rows = events.iter().filter_map(|event| match event {
        RunProgress::Progress { step, rows, .. } if step == "monday.csv" => Some(*rows),
        _ => None,
    });
    assert_eq!(rows.max(), Some(3));
}

#[test]
fn a_report_and_events_are_written_whole_for_each_run() {
    let bench = Bench::with(&[]);
    let summary = bench.run(&["monday.csv"]);
    let report = std::fs::read_to_string(bench.root().join(summary.report.expect("a report"))).expect("a report");
    assert!(report.contains("silver.sales") && report.trim_end().ends_with("</html>"));
    let latest = std::fs::read_to_string(bench.root().join(".grayghost/reports/latest.html")).expect("a report");
    assert_eq!(latest, report);
}
