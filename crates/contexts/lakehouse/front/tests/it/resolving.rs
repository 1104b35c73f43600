//! Models whose records are resolved: the lakehouse's half. Who is alike is decided by a double: those with the same evidence.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Cancel, ErrorKind};
use lakehouse::{AssetState, Grouping, Records, Refusal, Resolver};

use crate::bench::{Bench, asset, told};

const GOODS: &str = "{{ config(resolve={'id': 'line', 'model': 'same', 'ignore': ['till']}) }}
select till || '/' || pieces as line, till, item, 7 as _kept_out from {{ ref('sales') }}";

/// Records with the same evidence are the same; a cluster is called as before, or else by its smallest id.
#[derive(Debug)]
pub(crate) struct Alike;

fn refuse(kind: ErrorKind, code: &'static str, text: &str) -> Refusal {
    Refusal { kind, code, text: text.to_owned(), remedy: Some("name another".to_owned()) }
}

impl Resolver for Alike {
    fn identity(&self, how: &Grouping) -> Result<String, Refusal> {
        match how.model.as_str() {
            "same" => Ok(how.model.clone()),
            other => {
                Err(refuse(ErrorKind::NotFound, "resolution.unknown_model", &format!("there is no model `{other}`")))
            }
        }
    }

    fn resolve(
        &self,
        how: &Grouping,
        records: Records,
        previous: Vec<(String, String)>,
        _: &Cancel,
    ) -> Result<Vec<String>, Refusal> {
        let known: BTreeMap<String, String> = previous.into_iter().collect();
        let place = records.names().iter().position(|name| *name == how.id).expect("the id is among the columns");
        let ids: Vec<String> = records.texts(place).map(str::to_owned).collect();
        if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
            return Err(refuse(ErrorKind::Invalid, "resolution.duplicate_id", "an id stands twice"));
        }
        let mut evidence = vec![String::new(); ids.len()];
        for (at, name) in records.names().iter().enumerate() {
            assert!(!name.starts_with('_'), "{name} is none of the statement's own");
            if *name != how.id && !how.ignore.contains(name) {
                evidence.iter_mut().zip(records.texts(at)).for_each(|(all, text)| *all += text);
            }
        }
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for (id, text) in ids.iter().zip(&evidence) {
            let earlier = known.get(id);
            let name = names.entry(text).or_insert_with(|| earlier.unwrap_or(id).clone());
            match earlier {
                Some(earlier) => name.clone_from(earlier),
                None if !known.values().any(|known| known == name) && id < name => name.clone_from(id),
                None => {}
            }
        }
        Ok(evidence.iter().map(|text| names[text.as_str()].clone()).collect())
    }
}

#[test]
fn a_table_holds_the_cluster_of_every_record_and_keeps_their_names() {
    let bench = Bench::with(&[("models/silver/goods.sql", GOODS)]);
    let clusters = || bench.lines("select line, cluster_id from silver.goods order by line");
    bench.run(&["monday.csv"]);
    assert_eq!(clusters(), "1/1 | 1/1\n1/3 | 1/3\n2/2 | 1/3");
    let commits = bench.commits("silver.goods");
    let summary = bench.run(&[]);
    assert_eq!(asset(&summary, "silver.goods").state, AssetState::Unchanged);
    assert_eq!(bench.commits("silver.goods"), commits);
    // A record with a smaller id joins: the cluster is called as before.
    bench.write("files/wednesday.csv", "Till,Day,Item,Pieces\n0,2026-01-07,tea,4\n0,2026-01-07,salt,5\n");
    bench.run(&["wednesday.csv"]);
    assert_eq!(clusters(), "0/4 | 1/3\n0/5 | 0/5\n1/1 | 1/1\n1/3 | 1/3\n2/2 | 1/3");
    assert_eq!(bench.commits("silver.goods"), commits + 1);
}

#[test]
fn what_is_done_with_the_records_is_part_of_what_a_table_was_made_by() {
    let with_till = GOODS.replace(", 'ignore': ['till']", "");
    let bench = Bench::with(&[("models/silver/goods.sql", &with_till)]);
    bench.run(&["monday.csv"]);
    assert_eq!(bench.lines("select count(distinct cluster_id) from silver.goods"), "3", "two tills sell tea");
    bench.write("models/silver/goods.sql", GOODS);
    let summary = bench.run(&[]);
    assert_eq!(asset(&summary, "silver.goods").state, AssetState::Succeeded);
    assert_eq!(asset(&summary, "silver.sales").state, AssetState::Unchanged);
    assert_eq!(bench.lines("select count(distinct cluster_id) from silver.goods"), "2", "the till is none any more");
}

#[test]
fn it_reads_and_is_read_like_any_model() {
    let rules =
        "columns:\n  - {name: cluster_id, expectations: [not_null]}\nexpectations:\n  - unique: {columns: [line]}\n";
    let reader = "select cluster_id, count(*) as records from {{ ref('goods') }} group by cluster_id";
    let bench = Bench::with(&[
        ("models/silver/goods.sql", GOODS),
        ("models/silver/goods.yml", rules),
        ("models/gold/per_good.sql", reader),
    ]);
    let summary = bench.run(&["monday.csv"]);
    assert_eq!(asset(&summary, "gold.per_good").state, AssetState::Succeeded);
    assert_eq!(bench.lines("select * from gold.per_good order by cluster_id"), "1/1 | 1\n1/3 | 2");
    let house = bench.house().unwrap_or_else(|error| panic!("{}", told(&error)));
    let view = bench.runtime.block_on(house.show_lineage("silver.goods.cluster_id".to_owned())).expect("it is known");
    let show = |step: &lakehouse::LineageStep| {
        format!("{} <- {}.{} {}", step.of, step.from.asset, step.from.column, step.from.kind)
    };
    let steps: Vec<String> = view.upstream.iter().filter(|step| step.depth == 1).map(show).collect();
    insta::assert_snapshot!(steps.join("\n"), @"silver.goods.cluster_id <- silver.sales.item aggregation");
}

#[test]
fn mistakes_are_found_before_any_commit() {
    let cases = [
        ("'id': 'line'", "'id': 'lime'", "lakehouse.missing_column", "`lime`, which its resolve.id names"),
        ("'ignore': ['till']", "'ignore': ['tills']", "lakehouse.missing_column", "which its resolve.ignore names"),
        ("'model': 'same'", "'model': 'other'", "resolution.unknown_model", "there is no model `other`"),
    ];
    for (right, wrong, code, expected) in cases {
        let text = GOODS.replace(right, wrong);
        let bench = Bench::with(&[("models/silver/goods.sql", &text)]);
        let error = bench.try_run(bench.request(&["monday.csv"])).expect_err(wrong);
        let told = told(&error);
        assert!(told.contains(code) && told.contains(expected), "{told}");
        assert_eq!(bench.all_commits(), 0, "{wrong}");
    }
}

#[test]
fn records_that_cannot_be_resolved_fail_their_asset_and_leave_its_table() {
    let bench = Bench::with(&[("models/silver/goods.sql", GOODS)]);
    bench.run(&["monday.csv"]);
    let commits = bench.commits("silver.goods");
    bench.write("files/again.csv", "Till,Day,Item,Pieces\n1,2026-01-09,milk,3\n");
    let summary = bench.run(&["again.csv"]);
    let failed = asset(&summary, "silver.goods");
    assert_eq!(failed.state, AssetState::Failed);
    assert_eq!(failed.fault.as_ref().expect("a reason").code, "resolution.duplicate_id");
    assert_eq!(
        (bench.commits("silver.goods"), asset(&summary, "gold.by_item").state),
        (commits, AssetState::Succeeded)
    );
}

#[test]
fn none_and_one_are_no_mistake() {
    for (condition, expected) in [("item = 'cocoa'", ""), ("item = 'milk'", "1/1 | 1/1")] {
        let text = format!("{GOODS} where {condition}");
        let bench = Bench::with(&[("models/silver/goods.sql", &text)]);
        let summary = bench.run(&["monday.csv"]);
        assert_eq!(asset(&summary, "silver.goods").state, AssetState::Succeeded);
        assert_eq!(bench.lines("select line, cluster_id from silver.goods"), expected);
    }
}
