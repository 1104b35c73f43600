//! Models that take in only what is new.

use lakehouse::{AssetState, RunRequest};

use crate::bench::{Bench, asset};

const LATEST: &str = "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='item') }}
select item, max(day) as last_day, cast(sum(pieces) as bigint) as pieces from {{ ref('sales') }}
where item in (select item from {{ changes('sales') }}) group by item";
const LOG: &str = "{{ config(materialized='incremental', incremental_strategy='append') }}
select day, item, pieces from {{ changes('sales') }}";
const COUNTED: &str = "{{ config(materialized='incremental', incremental_strategy='append') }}
select count(*) as rows_seen, {{ is_incremental() }} as again from {{ changes('sales') }}
{% if is_incremental() %}where day > (select cast('2000-01-01' as date)) having count(*) > 0{% endif %}";

#[test]
fn a_merge_replaces_the_rows_of_known_keys_and_adds_the_others() {
    let bench = Bench::with(&[("models/gold/latest.sql", LATEST)]);
    bench.run(&["monday.csv"]);
    assert_eq!(bench.lines("select * from gold.latest order by item"), "milk | 2026-01-05 | 1\ntea | 2026-01-05 | 5");
    let summary = bench.run(&["tuesday.csv"]);
    assert_eq!(
        bench.lines("select * from gold.latest order by item"),
        "milk | 2026-01-05 | 1\nsalt | 2026-01-06 | 9\ntea | 2026-01-06 | 6"
    );
    assert_eq!(asset(&summary, "gold.latest").rows_written, 2);
}

#[test]
fn an_append_takes_each_row_once() {
    let bench = Bench::with(&[("models/gold/log.sql", LOG), ("models/gold/counted.sql", COUNTED)]);
    bench.run(&["monday.csv"]);
    bench.run(&["monday.csv"]);
    bench.run(&["tuesday.csv"]);
    assert_eq!(
        bench.lines("select day, count(*) from gold.log group by day order by day"),
        "2026-01-05 | 3\n2026-01-06 | 2"
    );
    assert_eq!(bench.lines("select * from gold.counted order by 1"), "2 | true\n3 | false");
}

#[test]
fn rows_of_a_known_key_are_duplicates_whichever_file_brings_them() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    bench.write("files/again.csv", "Till,Day,Item,Pieces\n1,2026-01-05,tea,3\n9,2026-01-05,tea,3\n");
    let summary = bench.run(&["again.csv"]);
    let sales = asset(&summary, "silver.sales");
    assert_eq!((sales.rows_in, sales.rows_written, sales.duplicates), (2, 1, 1));
    let balance = &summary.reconciliations[0];
    assert_eq!((balance.rows, balance.kept, balance.duplicates, balance.holds), (5, 4, 1, true));
}

#[test]
fn a_rebuilt_input_rebuilds_what_appends_from_it() {
    let bench = Bench::with(&[("models/gold/log.sql", LOG)]);
    bench.run(&["monday.csv", "tuesday.csv"]);
    let rebuilt = RunRequest { select: Some("sales+".into()), full_refresh: true, ..RunRequest::default() };
    bench.try_run(rebuilt).expect("rebuilt");
    assert_eq!(bench.lines("select count(*) from gold.log"), "5");
    let alone = RunRequest { select: Some("sales".into()), full_refresh: true, ..RunRequest::default() };
    bench.try_run(alone).expect("rebuilt");
    let summary = bench.try_run(RunRequest::default()).expect("a run");
    assert_eq!(asset(&summary, "gold.log").state, AssetState::Succeeded);
    assert_eq!(bench.lines("select count(*) from gold.log"), "5");
}

#[test]
fn small_files_are_joined_and_checkpoints_written_while_rows_stay() {
    let bench = Bench::with(&[("models/gold/log.sql", LOG)]);
    let names: Vec<String> = (10..40).map(|day| format!("day{day}.csv")).collect();
    for (name, day) in names.iter().zip(10..40) {
        bench.write(
            &format!("files/{name}"),
            format!("Till,Day,Item,Pieces\n1,2026-01-05,tea,{day}\n2,2026-01-05,milk,{day}\n"),
        );
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    bench.run(&names);
    assert_eq!(bench.lines("select count(*), sum(pieces) from silver.sales"), "60 | 1470");
    assert_eq!(bench.lines("select count(*) from gold.log"), "60");
    let house = bench.house().expect("a project");
    let assets = bench.runtime.block_on(house.list_assets(Some(&bench.history()))).expect("a list");
    let files = assets.iter().find(|asset| asset.asset == "silver.sales").and_then(|asset| asset.files);
    assert!(files.is_some_and(|files| files <= 8), "{files:?} files");
    let log = bench.root().join(".grayghost/lake/bronze/tills_raw/_delta_log");
    assert!(log.join("_last_checkpoint").exists());
    bench.run(&names);
    assert_eq!(
        bench.lines("select count(*) from bronze.tills_raw"),
        "60",
        "known batches are read from the checkpoint too"
    );
}

#[test]
fn a_changed_statement_remakes_a_table_and_nothing_else() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    let (sales, by_item) = (bench.commits("silver.sales"), bench.commits("gold.by_item"));
    bench.run(&[]);
    assert_eq!((bench.commits("silver.sales"), bench.commits("gold.by_item")), (sales, by_item));
    bench.write(
        "models/gold/by_item.sql",
        "select item, count(*) as lines, cast(sum(pieces) as bigint) as pieces from {{ ref('sales') }} group by item",
    );
    let summary = bench.run(&[]);
    assert_eq!(asset(&summary, "silver.sales").state, AssetState::Unchanged);
    assert_eq!(asset(&summary, "gold.by_item").state, AssetState::Succeeded);
    assert_eq!(bench.lines("select * from gold.by_item order by item"), "milk | 1 | 1\ntea | 2 | 5");
}

#[test]
fn a_merge_that_replaces_sets_rows_aside_too() {
    let sql = LATEST.replace("unique_key='item'", "unique_key='item', rejects='gold.latest_rejected'");
    let rules = "expectations:\n  - in_range: {id: few, column: pieces, max: 5, severity: quarantine}\n";
    let bench = Bench::with(&[("models/gold/latest.sql", sql.as_str()), ("models/gold/latest.yml", rules)]);
    bench.run(&["monday.csv"]);
    let summary = bench.run(&["tuesday.csv"]);
    assert_eq!(asset(&summary, "gold.latest").rejected, 2);
    assert_eq!(bench.lines("select item, pieces from gold.latest order by item"), "milk | 1\ntea | 5");
    assert_eq!(
        bench.lines("select item, pieces, reason from gold.latest_rejected order by item"),
        "salt | 9 | few\ntea | 6 | few"
    );
}

#[test]
fn types_that_delta_does_not_have_are_kept_as_those_that_it_has() {
    let sql =
        "select item, row_number() over (order by item) as place, timestamp '2026-01-05 01:02:03.000004' as plain,
        arrow_cast('2026-01-05T01:02:03+02:00', 'Timestamp(Second, Some(\"+02:00\"))') as zoned, null as nothing
        from {{ ref('by_item') }}";
    let bench = Bench::with(&[("models/gold/odd.sql", sql)]);
    bench.run(&["monday.csv"]);
    let found = bench.lines("select item, place, plain, zoned, nothing from gold.odd order by place limit 1");
    assert_eq!(found, "milk | 1 | 2026-01-05T01:02:03.000004Z | 2026-01-04T23:02:03Z | null");
}
