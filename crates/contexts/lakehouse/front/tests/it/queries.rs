//! Questions that only read.

use kernel::Cancel;

use crate::bench::{Bench, told};

fn refused(bench: &Bench, statement: &str) -> String {
    let house = bench.house().expect("a project");
    let found = bench.runtime.block_on(house.query_sql(statement.to_owned(), None, Cancel::default()));
    told(&found.expect_err(statement)).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_statement_reads_tables_and_views_and_gives_exact_cells() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv", "tuesday.csv"]);
    assert_eq!(bench.lines("select * from mart.best order by item"), "salt\ntea");
    assert_eq!(
        bench.lines("select 1, 1.50, cast('1234567890123456.789' as decimal(22,3)), 'x', null, true, timestamp '2026-01-01 00:00:00', date '2026-01-01'"),
        "1 | 1.5 | 1234567890123456.789 | x | null | true | 2026-01-01T00:00:00 | 2026-01-01"
    );
    assert_eq!(
        bench.lines("with s as (select * from silver.sales) select count(*) from s where day = '2026-01-06'"),
        "2"
    );
}

#[test]
fn a_statement_that_writes_or_does_not_parse_is_refused() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    for statement in [
        "insert into silver.sales select * from silver.sales",
        "create table x as select 1",
        "drop table silver.sales",
        "set datafusion.execution.batch_size = 1",
        "copy (select 1) to '/tmp/stolen.csv'",
    ] {
        assert_eq!(
            refused(&bench, statement),
            "error[lakehouse.not_read_only]: only one reading statement is allowed here",
            "{statement}"
        );
    }
    for statement in ["selec 1", "select nothing from silver.sales", "select 1; select 2", ""] {
        assert!(
            refused(&bench, statement).starts_with("error[lakehouse.bad_sql]"),
            "{statement}: {}",
            refused(&bench, statement)
        );
    }
}

#[test]
fn a_statement_reaches_no_file_outside_the_lake() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    for statement in [
        "select * from '/etc/passwd'",
        "select * from read_csv('/etc/passwd')",
        "create external table t stored as csv location '/etc/passwd'",
    ] {
        assert!(refused(&bench, statement).starts_with("error["), "{statement}");
    }
}

#[test]
fn assets_say_how_big_and_how_good_they_are() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    let house = bench.house().expect("a project");
    let assets = bench.runtime.block_on(house.list_assets(Some(&bench.history()))).expect("a list");
    let show = |asset: &lakehouse::AssetInfo| {
        let checks = asset.checks.map(|checks| (checks.passed, checks.warned, checks.failed));
        format!("{} {} {:?} {:?} {checks:?}", asset.asset, asset.kind, asset.rows, asset.version)
    };
    insta::assert_snapshot!(assets.iter().map(show).collect::<Vec<_>>().join("\n"), @r#"
    bronze.tills_raw source Some(3) Some(0) None
    silver.sales incremental Some(3) Some(0) Some((3, 0, 0))
    gold.by_item table Some(2) Some(0) None
    mart.best view None None None
    silver.sales_rejected rejects Some(0) Some(0) None
    "#);
}
