//! The order in which assets are made.

use lakehouse_model::{AssetName, Project};
use proptest::prelude::*;

use crate::fixture::{SETTINGS, shop, shop_with, write};

fn name(text: &str) -> AssetName {
    AssetName::parse(text).expect(text)
}

fn place(project: &Project, text: &str) -> usize {
    project.graph.topological().iter().position(|node| node.name == name(text)).expect(text)
}

#[test]
fn neighbours_are_found_in_both_directions() {
    let graph = shop().graph;
    assert_eq!(graph.parents(&name("gold.monthly")), [name("gold.dim_date"), name("gold.fact_sale")]);
    assert_eq!(graph.children(&name("silver.sales")), [name("gold.fact_sale"), name("silver.sales_rejected")]);
    assert_eq!(graph.ancestors(&name("gold.fact_sale"), Some(1)), [name("silver.sales")].into());
    assert_eq!(graph.ancestors(&name("gold.fact_sale"), None), [name("bronze.sales_raw"), name("silver.sales")].into());
    assert_eq!(graph.descendants(&name("gold.fact_sale"), Some(0)), [].into());
    assert_eq!(graph.descendants(&name("gold.fact_sale"), None), [name("gold.monthly"), name("mart.overview")].into());
    assert!(graph.parents(&name("no.such")).is_empty() && graph.ancestors(&name("no.such"), None).is_empty());
}

#[test]
fn a_rule_moves_its_asset_behind_what_it_looks_at_unless_that_makes_a_circle() {
    let rule = "expectations:\n  - relationships: {column: k, to: ref('z_last'), field: k}\n";
    let files = [
        ("models/gold/a_first.sql", "select 1 as k"),
        ("models/gold/a_first.yml", rule),
        ("models/gold/z_last.sql", "select 1 as k"),
    ];
    let project = shop_with(&files).expect("valid");
    assert!(place(&project, "gold.z_last") < place(&project, "gold.a_first"));
    assert!(project.graph.parents(&name("gold.a_first")).is_empty(), "a rule is no edge");

    let circle = [files[0], files[1], ("models/gold/z_last.sql", "select k from {{ ref('a_first') }}")];
    let project = shop_with(&circle).expect("a rule makes no circle");
    assert!(place(&project, "gold.a_first") < place(&project, "gold.z_last"));
    assert_eq!(project.checked_against(&name("gold.a_first")), [name("gold.z_last")].into());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Model `i` may read only models before it in a shuffled order, so there is no circle.
    #[test]
    fn every_asset_stands_behind_what_it_reads(
        (order, links) in (1_usize..12).prop_flat_map(|count| (
            Just((0..count).collect::<Vec<_>>()).prop_shuffle(),
            prop::collection::vec((0..count, 0..count), 0..30),
        ))
    ) {
        let rank = |model: usize| order.iter().position(|other| *other == model).unwrap_or(0);
        let files: Vec<(String, String)> = (0..order.len()).map(|model| {
            let reads = links.iter().filter(|(from, to)| *to == model && rank(*from) < rank(*to));
            let text = reads.map(|(from, _)| format!("{{{{ ref('m{from}') }}}}")).collect::<Vec<_>>().join(" ");
            (format!("models/l/m{model}.sql"), text)
        }).collect();
        let borrowed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let project = Project::load(write(&[SETTINGS], &borrowed).path()).expect("no circle");
        prop_assert_eq!(project.graph.topological().len(), order.len());
        for node in project.graph.topological() {
            for parent in project.graph.parents(&node.name) {
                prop_assert!(place(&project, &parent.to_string()) < place(&project, &node.name.to_string()));
            }
        }
    }
}
