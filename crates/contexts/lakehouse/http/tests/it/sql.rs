//! SQL within its limits: rows, time, memory; what is refused; and that it ends with its caller.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use axum::http::Method;
use serde_json::json;
use tokio::time;
use tower::ServiceExt;

use crate::rig::Rig;

/// It has no end that anybody would live to see.
const ENDLESS: &str =
    "select sum(a.value * b.value) from generate_series(1, 10000000) a cross join generate_series(1, 10000000) b";
/// No step of this one gives anything for seconds: it cannot be ended from outside, and holds up nobody.
const SILENT: &str =
    "select count(*) from generate_series(1, 20000) a join generate_series(1, 1000000) b on a.value * b.value < 0";
/// Much longer than anything takes that ends in time.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_exact_and_no_more_than_asked_for() {
    let rig = Rig::loaded().await;
    let found = rig
        .ask(json!({ "statement": "select item, pieces, price, till from silver.sales order by pieces", "limit": 2 }))
        .await;
    assert_eq!(
        found.json,
        json!({
            "columns": [{ "name": "item", "type": "VARCHAR" }, { "name": "pieces", "type": "BIGINT" },
                { "name": "price", "type": "DECIMAL(10,2)" }, { "name": "till", "type": "VARCHAR" }],
            "rows": [["milk", "1", "1.0", "1"], ["tea", "2", "2.0", "2"]],
            "truncated": true
        })
    );
    let all = rig.ask(json!({ "statement": "select * from generate_series(1, 1000000)" })).await;
    assert_eq!((all.json["rows"].as_array().map(Vec::len), &all.json["truncated"]), (Some(1_000), &json!(true)));
    for (field, question) in [
        ("limit", json!({ "statement": "select 1", "limit": 0 })),
        ("limit", json!({ "statement": "select 1", "limit": 10_001 })),
        ("timeout_ms", json!({ "statement": "select 1", "timeout_ms": 60_001 })),
        ("statement", json!({ "statement": "" })),
        ("statement", json!({ "statement": format!("select '{}'", "x".repeat(100_000)) })),
    ] {
        let refused = rig.ask(question).await;
        assert_eq!((refused.told(), &refused.json["errors"][0]["field"]), ((422, "http.bad_fields"), &json!(field)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_reading_statement_is_answered_and_it_reaches_no_file() {
    let rig = Rig::loaded().await;
    for statement in [
        "insert into silver.sales select * from silver.sales",
        "update silver.sales set item = 'x'",
        "delete from silver.sales",
        "create table x as select 1",
        "create view x as select 1",
        "create external table t stored as csv location '/etc/passwd'",
        "drop table silver.sales",
        "copy (select 1) to '/tmp/stolen.csv'",
        "copy silver.sales to '/tmp/stolen.parquet' stored as parquet",
        "set datafusion.execution.batch_size = 1",
        "prepare p as select 1",
        "begin",
        "select 1; select 2",
        "select * from '/etc/passwd'",
        "select * from \"/etc/passwd\"",
        "select * from read_csv('/etc/passwd')",
        "select * from parquet_metadata('/etc/passwd')",
        "select * from information_schema.tables",
        "explain analyze insert into silver.sales select * from silver.sales",
    ] {
        let refused = rig.ask(json!({ "statement": statement })).await;
        assert!(matches!(refused.status.as_u16(), 404 | 422), "{statement}: {} {}", refused.status, refused.json);
    }
    assert!(!Path::new("/tmp/stolen.csv").exists() && !Path::new("/tmp/stolen.parquet").exists());
    assert_eq!(rig.ask(json!({ "statement": "select count(*) from silver.sales" })).await.json["rows"], json!([["3"]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_end_the_process_is_refused() {
    let rig = Rig::loaded().await;
    let chain = |with: &str, links: usize| format!("select 1{}", with.repeat(links));
    for statement in [
        "select repeat(arrow_cast('x', 'LargeUtf8'), 1000000000000000)".to_owned(),
        "select lpad(arrow_cast('x', 'LargeUtf8'), 1000000000000000)".to_owned(),
        "select rpad(item, 100000000) from silver.sales".to_owned(),
        "select length(repeat(repeat('x', 1000000), 1000000))".to_owned(),
        "select array_length(range(1, 1000000000000))".to_owned(),
        "select array_length(array_repeat(1, 1000000000000))".to_owned(),
        chain("+1", 45_000),
        chain(" union select 1", 6_000),
        format!("select {}true", "not ".repeat(20_000)),
        format!("select 1 from {}silver.sales", "silver.sales, ".repeat(2)) + &" cross join silver.sales".repeat(4_000),
    ] {
        let refused = rig.ask(json!({ "statement": statement })).await;
        let shown: String = statement.chars().take(60).collect();
        assert_eq!(refused.status.as_u16(), 422, "{shown}: {}", refused.json);
    }
    let sum = rig.ask(json!({ "statement": chain("+1", 1_900) })).await;
    assert_eq!(sum.json["rows"], json!([["1901"]]), "{}", sum.json["detail"]);
    let many = (0..9_000).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    let found = rig.ask(json!({ "statement": format!("select lpad('7', 3, '0') where 7 in ({many})") })).await;
    assert_eq!(found.json["rows"], json!([["007"]]), "{}", found.json["detail"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_too_large_is_refused() {
    let rig = Rig::loaded().await;
    let statement = "select repeat('x', 5000) from generate_series(1, 20000)";
    let refused = rig.ask(json!({ "statement": statement, "limit": 10_000 })).await;
    assert_eq!(refused.told(), (422, "lakehouse.sql_failed"), "{}", refused.json);
    assert_eq!(rig.ask(json!({ "statement": statement, "limit": 10 })).await.json["truncated"], json!(true));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(|_| ()).expect("copied")
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_a_table_leads_nowhere_else() {
    let rig = Rig::loaded().await;
    // A table of somebody else, beside the project.
    copy(&rig.path("shop/.grayghost/lake/gold/by_item"), &rig.path("outside/secret"));
    let absolute = rig.path("outside").display().to_string();
    for layer in ["../../../outside", "gold/../../../../outside", &absolute] {
        for name in ["secret", "../outside/secret"] {
            let refused = rig.ask(json!({ "statement": format!("select * from \"{layer}\".\"{name}\"") })).await;
            assert_eq!(refused.told(), (404, "lakehouse.unknown_asset"), "{layer} {name}: {}", refused.json);
        }
    }
    let climbing = rig.ask(json!({ "statement": "select * from gold.\"../gold/by_item\"" })).await;
    assert_eq!(climbing.told(), (404, "lakehouse.unknown_asset"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_slow_is_refused_and_ends() {
    let rig = Rig::loaded().await;
    for statement in [ENDLESS, SILENT] {
        let begun = Instant::now();
        let refused = rig.ask(json!({ "statement": statement, "timeout_ms": 300 })).await;
        assert_eq!(refused.told(), (422, "lakehouse.too_slow"), "{statement}: {}", refused.json);
        assert!(begun.elapsed() < PATIENCE, "{statement}: {:?}", begun.elapsed());
    }
    let rig = Rig::loaded().await;
    rig.ask(json!({ "statement": ENDLESS, "timeout_ms": 300 })).await;
    ends(&rig).await;
}

/// The tasks of all statements are gone.
async fn ends(rig: &Rig) {
    let begun = Instant::now();
    while rig.compute.handle().metrics().num_alive_tasks() > 0 {
        assert!(begun.elapsed() < PATIENCE, "its tasks go on");
        time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_ends_when_its_caller_goes_away_and_gives_its_turn_back() {
    let rig = Rig::loaded().await;
    let system = rig.app.system();
    let ask = || {
        let question = json!({ "statement": ENDLESS, "timeout_ms": 60_000 });
        rig.router().oneshot(Rig::request(Some(&system), (Method::POST, "/api/v1/sql"), Some(question)))
    };
    // As many as may run at once, and one that waits for its turn.
    let all = futures::future::join_all((0..5).map(|_| ask()));
    time::timeout(Duration::from_millis(500), all).await.map(|_| ()).expect_err("they have no end");
    ends(&rig).await;
    let next = time::timeout(PATIENCE, rig.ask(json!({ "statement": "select 1" }))).await.expect("it has a turn");
    assert_eq!(next.json["rows"], json!([["1"]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_more_memory_than_it_may_is_refused() {
    let rig = Rig::loaded().await;
    let statement =
        "select count(*) from generate_series(1, 60000000) a join generate_series(1, 60000000) b on a.value = b.value";
    let refused = rig.ask(json!({ "statement": statement, "timeout_ms": 60_000 })).await;
    assert_eq!(refused.told(), (422, "lakehouse.sql_failed"), "{}", refused.json);
}
