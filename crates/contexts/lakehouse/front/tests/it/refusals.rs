//! What is wrong is told before anything is written: what, where, why, and what to do.

use std::fmt::Write;

use lakehouse::RunRequest;

use crate::bench::{BY_ITEM, Bench, MONDAY, SALES, told};

#[test]
fn a_bad_file_is_refused_before_any_commit_of_the_good_ones_too() {
    let long = MONDAY.repeat(400);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, long.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let files: [(&str, &[u8]); 7] = [
        ("empty.csv", b""),
        ("binary.csv", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00\x01\x00\x00\x00"),
        ("cut.csv.gz", &packed[..packed.len() / 2]),
        ("headless.csv", b"Till,Day,Item\n1,2026-01-05,tea\n"),
        ("half.parquet", b"PAR1\x00\x00\x00"),
        ("broken.ndjson", b"{\"Till\": \"1\", \"Day\": \n"),
        ("missing.csv", b"-"),
    ];
    let mut text = String::new();
    for (name, bytes) in files {
        let bench = Bench::with(&[]);
        if bytes != b"-" {
            bench.write(&format!("files/{name}"), bytes);
        }
        // The good file before it must not be loaded either.
        refuse(&mut text, &bench, name, bench.request(&["monday.csv", name]));
    }
    insta::assert_snapshot!(text, @r#"
    empty.csv: error[tables.empty]: could not read a table from files/empty.csv: it is empty
      where: files/empty.csv
      do: ask for the file again, or leave it out
    binary.csv: error[tables.binary]: could not read files/binary.csv as text: it holds a NUL byte at byte 7
      where: files/binary.csv
      do: export it as CSV, JSON or Parquet and load that
    cut.csv.gz: error[tables.truncated]: could not read files/cut.csv.gz to its end: it is cut off
      where: files/cut.csv.gz
      do: copy or download the file again, then compare its size with the original's
    headless.csv: error[lakehouse.no_source_matches]: could not find the source of `files/headless.csv`
      where: files/headless.csv:1
      do: source `tills` lacks Pieces here. Name the file's headers in `headers:` of a file in sources/, or write a source for it; `grayghost sniff` shows what the file holds
    half.parquet: error[tables.truncated]: could not read files/half.parquet to its end: it is cut off
      where: files/half.parquet
      do: copy or download the file again, then compare its size with the original's
    broken.ndjson: error[tables.nothing_recognised]: could not recognise a table in files/broken.ndjson
      where: files/broken.ndjson
      do: name its format and delimiter
    missing.csv: error[tables.not_found]: could not find file files/missing.csv
      where: files/missing.csv
      do: check the path and its spelling
    "#);
}

#[test]
fn a_mistake_in_the_project_is_found_before_any_commit() {
    let mut text = String::new();
    let typo = BY_ITEM.replace("pieces)", "peaces)");
    let unknown_ref = BY_ITEM.replace("ref('sales')", "ref('sails')");
    let grammar = BY_ITEM.replace("group by", "groop by");
    let key = SALES.replace("unique_key=['sale_id']", "unique_key=['sales_id']");
    let models: [(&str, &str, &str); 8] = [
        ("a typo in a column", "models/gold/by_item.sql", &typo),
        ("a typo in a ref", "models/gold/by_item.sql", &unknown_ref),
        ("a typo in the grammar", "models/gold/by_item.sql", &grammar),
        ("a cycle", "models/gold/by_item.sql", "select item, 1 as pieces from {{ ref('best') }}"),
        ("a template left open", "models/gold/by_item.sql", "select {{ ref('sales') from x"),
        ("an unknown key", "models/silver/sales.sql", &key),
        ("a rule on no column", "models/gold/by_item.yml", "expectations:\n  - not_null: {column: colour}\n"),
        (
            "a rule that is no condition",
            "models/gold/by_item.yml",
            "expectations:\n  - expression_is_true: colour = 1\n",
        ),
    ];
    for (name, path, content) in models {
        let bench = Bench::with(&[(path, content)]);
        refuse(&mut text, &bench, name, bench.request(&["monday.csv"]));
    }
    insta::assert_snapshot!(text, @r#"
    a typo in a column: error[lakehouse.bad_sql]: could not plan `gold.by_item`
      where: models/gold/by_item.sql:1
      why: Schema error: No field named peaces. Did you mean 'silver.sales.pieces'?
    Valid fields are silver.sales.sale_id, silver.sales.till, silver.sales.day, silver.sales.item, silver.sales.pieces.
      do: correct the statement; `grayghost assets` lists the tables that exist
    a typo in a ref: error[lakehouse.unknown_ref]: no asset for `ref('sails')`
      where: models/gold/by_item.sql:1
      do: did you mean `sales`?
    a typo in the grammar: error[lakehouse.bad_sql]: could not plan `gold.by_item`
      where: models/gold/by_item.sql:1
      why: SQL error: ParserError("Expected: end of statement, found: by at Line: 1, Column: 99"): sql parser error: Expected: end of statement, found: by at Line: 1, Column: 99
      do: correct the statement; `grayghost assets` lists the tables that exist
    a cycle: error[lakehouse.cycle]: models read each other in a circle: gold.by_item → mart.best → gold.by_item
      do: take one of these references out, or split a model in two
    a template left open: error[lakehouse.bad_template]: could not render `models/gold/by_item.sql`
      where: models/gold/by_item.sql:1
      why: syntax error: unexpected identifier, expected end of variable block (in models/gold/by_item.sql:1)
      do: correct the template; its functions are listed in docs/reference/project-files.md
    an unknown key: error[lakehouse.missing_column]: `silver.sales` has no column `sales_id`, which its unique_key names
      where: models/silver/sales.sql
      do: add the column to the statement or correct the name
    a rule on no column: error[lakehouse.missing_column]: `gold.by_item` has no column `colour`, which its expectation not_null_colour names
      where: models/gold/by_item.sql
      do: add the column to the statement or correct the name
    a rule that is no condition: error[lakehouse.bad_expectation]: could not check `expression_is_true_colour_1` on `gold.by_item`
      why: Schema error: No field named colour.
    Valid fields are item, pieces, lines.
      do: correct the rule in the model's YAML file
    "#);
}

#[test]
fn a_request_that_cannot_be_meant_is_refused() {
    let mut text = String::new();
    let bench = Bench::with(&[]);
    let named = RunRequest { source: Some("shops".into()), ..bench.request(&["monday.csv"]) };
    refuse(&mut text, &bench, "an unknown source", named);
    let selected = RunRequest { select: Some("by_itm".into()), ..bench.request(&["monday.csv"]) };
    refuse(&mut text, &bench, "an unknown selection", selected);
    refuse(&mut text, &bench, "nothing to retry", RunRequest { retry: true, ..RunRequest::default() });
    refuse(&mut text, &bench, "no such pattern", bench.request(&["*.xml"]));
    insta::assert_snapshot!(text, @r#"
    an unknown source: error[lakehouse.unknown_source]: there is no source `shops`
      do: name one of: tills
    an unknown selection: error[lakehouse.unknown_selection]: nothing is selected by `by_itm`
      do: did you mean `by_item`?
    nothing to retry: error[lakehouse.nothing_to_retry]: there is no failed run to retry
      do: the last run succeeded, or the history was deleted; run without `--retry`
    no such pattern: error[lakehouse.no_files]: `files/*.xml` names no file
      do: give files, folders or patterns that exist
    "#);
}

fn refuse(text: &mut String, bench: &Bench, name: &str, request: RunRequest) {
    let error = match bench.try_run(request) {
        Ok(summary) => panic!("{name}: it ran: {:?}", summary.assets),
        Err(error) => told(&error),
    };
    assert_eq!(bench.all_commits(), 0, "{name}: something was written");
    let error = error.replace(&format!("{}/", bench.root().display()), "");
    // Writing to a String cannot fail.
    let _written = writeln!(text, "{name}: {error}");
}

#[test]
fn a_merge_key_that_is_given_twice_or_null_fails_the_model_and_leaves_its_table() {
    let model = |key: &str| {
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='merge', unique_key='{key}') }}}} select till, note, item from {{{{ ref('tills_raw') }}}}"
        )
    };
    for (key, expected) in [("item", "have the same (item)"), ("note", "is NULL")] {
        let sql = model(key);
        let bench = Bench::with(&[("models/gold/m.sql", sql.as_str())]);
        let summary = bench.run(&["monday.csv"]);
        let fault = crate::bench::asset(&summary, "gold.m").fault.clone().expect("a fault");
        assert_eq!(fault.code, "lakehouse.key_not_unique");
        assert!(fault.message.contains(expected), "{}", fault.message);
        assert_eq!(bench.commits("gold.m"), 0);
        assert_eq!(bench.commits("gold.by_item"), 1, "what does not read it is made");
    }
}

#[test]
fn a_statement_that_breaks_while_it_runs_fails_its_asset_only() {
    let bench = Bench::with(&[("models/gold/m.sql", "select cast(item as int) as n from {{ ref('sales') }}")]);
    let summary = bench.run(&["monday.csv"]);
    let fault = crate::bench::asset(&summary, "gold.m").fault.clone().expect("a fault");
    assert_eq!(fault.code, "lakehouse.sql_failed");
    assert!(fault.why.as_deref().is_some_and(|why| why.contains("tea") || why.contains("milk")), "{fault:?}");
    assert_eq!((bench.commits("gold.m"), bench.commits("gold.by_item")), (0, 1));
}
