//! Files whose columns are not those of the source.

use lakehouse::RunState;

use crate::bench::{Bench, SOURCE, told};

const COLOURED: &str = "Till,Day,Item,Pieces,Shelf Colour\n3,2026-01-07,tea,4,red\n";

fn shop(policy: &str) -> Bench {
    let source = format!("{SOURCE}drift: {policy}\n");
    Bench::with(&[("sources/tills.yml", source.as_str()), ("files/coloured.csv", COLOURED)])
}

#[test]
fn under_fail_a_new_column_is_named_and_nothing_is_written() {
    let bench = shop("fail");
    let error = bench.try_run(bench.request(&["monday.csv", "coloured.csv"])).expect_err("it drifts");
    let text = told(&error).replace(&bench.root().display().to_string(), "");
    insta::assert_snapshot!(text, @r#"
    error[lakehouse.drift]: `/files/coloured.csv` has columns that source `tills` does not declare: Shelf Colour
      where: /files/coloured.csv:1
      do: declare the columns in sources/tills.yml, or set `drift: evolve` to take them in, or `drift: quarantine` to set such rows aside
    "#);
    assert_eq!(bench.all_commits(), 0);
}

#[test]
fn under_evolve_a_new_column_is_taken_in_and_older_rows_have_none() {
    let bench = shop("evolve");
    bench.run(&["monday.csv"]);
    assert_eq!(bench.run(&["coloured.csv", "tuesday.csv"]).state, RunState::Succeeded);
    let found = bench.lines("select shelf_colour, count(*) from bronze.tills_raw group by 1 order by 1 nulls last");
    assert_eq!(found, "red | 1\nnull | 5");
    assert_eq!(bench.lines("select sum(pieces) from silver.sales"), "20");
}

#[test]
fn under_quarantine_a_drifted_file_is_kept_raw_and_its_rows_are_set_aside() {
    let bench = shop("quarantine");
    let summary = bench.run(&["monday.csv", "coloured.csv"]);
    assert!(summary.reconciliations[0].holds);
    let found = bench.lines("select reason, raw from silver.sales_rejected");
    assert_eq!(
        found,
        r#"malformed_row | {"Till":"3","Day":"2026-01-07","Item":"tea","Pieces":"4","Shelf Colour":"red"}"#
    );
}

#[test]
fn a_column_that_may_lack_is_null() {
    let bench = shop("fail");
    bench.write("files/noted.csv", "NOTE,Till,Day,Item,Pieces\nlate,1,2026-01-08,tea,1\n");
    bench.run(&["monday.csv", "noted.csv"]);
    assert_eq!(bench.lines("select note, count(*) from bronze.tills_raw group by 1 order by 1"), "late | 1\nnull | 3");
}
