//! Where assets and columns come from.

use serde_json::Value;

use crate::bench::{Bench, told};

fn bench() -> Bench {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    bench
}

fn view(bench: &Bench, target: &str) -> Result<lakehouse::LineageView, String> {
    let house = bench.house().expect("a project");
    bench.runtime.block_on(house.show_lineage(target.to_owned())).map_err(|error| told(&error))
}

#[test]
fn a_column_is_followed_up_to_the_source() {
    let bench = bench();
    let steps = view(&bench, "gold.by_item.pieces").expect("it is known").upstream;
    let show = |step: &lakehouse::LineageStep| {
        format!("{} {} <- {}.{} {}", step.depth, step.of, step.from.asset, step.from.column, step.from.kind)
    };
    insta::assert_snapshot!(steps.iter().map(show).collect::<Vec<_>>().join("\n"), @r#"
    1 gold.by_item.pieces <- silver.sales.item group_by
    1 gold.by_item.pieces <- silver.sales.pieces aggregation
    2 silver.sales.item <- bronze.tills_raw.item identity
    2 silver.sales.pieces <- bronze.tills_raw.pieces transformation
    "#);
}

#[test]
fn an_asset_has_parents_children_and_columns() {
    let bench = bench();
    let found = view(&bench, "by_item").expect("a bare name is enough");
    assert_eq!((found.parents, found.children), (vec!["silver.sales".to_owned()], vec!["mart.best".to_owned()]));
    let columns: Vec<_> = found.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(columns, ["item", "pieces", "lines"]);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let bench = bench();
    insta::assert_snapshot!(view(&bench, "gold.by_items").expect_err("no such asset"), @r#"
    error[lakehouse.unknown_asset]: there is no asset `gold.by_items`
      do: did you mean `gold.by_item`?
    "#);
    insta::assert_snapshot!(view(&bench, "gold.by_item.price").expect_err("no such column"), @r#"
    error[lakehouse.unknown_column]: `gold.by_item` has no column `price`
      do: its columns are item, pieces, lines
    "#);
}

#[test]
fn a_run_leaves_openlineage_events() {
    let bench = Bench::with(&[]);
    let summary = bench.run(&["monday.csv"]);
    let text = std::fs::read_to_string(bench.root().join(summary.lineage.expect("a file"))).expect("a file");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |asset: &str, kind: &str| {
        let found = events.iter().find(|event| event["job"]["name"] == asset && event["eventType"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} of {asset}")).clone()
    };
    let (start, complete) = (of("silver.sales", "START"), of("silver.sales", "COMPLETE"));
    assert_eq!(start["run"]["runId"], complete["run"]["runId"]);
    assert_ne!(complete["run"]["runId"], of("gold.by_item", "COMPLETE")["run"]["runId"]);
    for event in &events {
        assert_eq!(event["schemaURL"], "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunProgress");
        for facet in event["outputs"][0]["facets"].as_object().expect("facets").values() {
            assert!(facet["_producer"].is_string() && facet["_schemaURL"].is_string(), "{facet}");
        }
    }
    let output = &complete["outputs"][0];
    assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], 3);
    assert_eq!(output["facets"]["schema"]["fields"][0]["name"], "sale_id");
    let fields = &output["facets"]["columnLineage"]["fields"]["pieces"]["inputFields"];
    assert_eq!(fields[0]["field"], "pieces");
    assert_eq!(complete["inputs"][0]["name"], "bronze.tills_raw");
}
