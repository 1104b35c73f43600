//! What is read from the files of a project.

use std::path::Path;

use lakehouse_model::{AssetKind, AssetName, Materialization, Project, RenderMode, Strategy};

use crate::fixture::{shop, shop_with};

fn name(text: &str) -> AssetName {
    AssetName::parse(text).expect(text)
}

#[test]
fn models_have_their_names_settings_and_reads() {
    let shop = shop();
    let sales = &shop.models[&name("silver.sales")];
    assert_eq!(sales.path, Path::new("models/silver/sales.sql"));
    assert_eq!(
        (sales.config.materialized, sales.config.incremental_strategy),
        (Materialization::Incremental, Strategy::Merge)
    );
    assert_eq!(sales.config.rejects, Some(name("silver.sales_rejected")));
    assert_eq!(sales.config.tags, ["core", "nightly"]);
    assert_eq!(
        (&sales.reads, &sales.reads_changes),
        (&vec![name("bronze.sales_raw")], &vec![name("bronze.sales_raw")])
    );
    assert_eq!(sales.doc.columns[0].data_type.as_deref(), Some("bigint"));
    let ids: Vec<_> = sales.doc.expectations.iter().map(|rule| (rule.id.as_str(), rule.line)).collect();
    assert_eq!(ids, [("not_null_sale_id", 7), ("unique_sale_id", 7)]);
    let monthly = &shop.models[&name("gold.monthly")];
    assert_eq!(monthly.reads, [name("gold.fact_sale"), name("gold.dim_date")]);
    assert!(monthly.reads_changes.is_empty());
}

#[test]
fn every_asset_is_known_with_what_makes_it() {
    let kinds: Vec<_> = shop().assets().into_iter().map(|(name, kind)| (name.to_string(), kind)).collect();
    for expected in [
        ("bronze.sales_raw", AssetKind::Source),
        ("silver.sales", AssetKind::Model),
        ("silver.sales_rejected", AssetKind::Rejects),
        ("mart.overview", AssetKind::Model),
    ] {
        assert!(kinds.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {kinds:?}");
    }
    assert_eq!(kinds.len(), 7);
    let shop = shop();
    assert_eq!(shop.model_of_rejects(&name("silver.sales_rejected")).map(|m| &m.name), Some(&name("silver.sales")));
    assert_eq!(shop.source_of_table(&name("bronze.sales_raw")).map(|s| s.name.as_str()), Some("tills"));
}

#[test]
fn rejects_and_bronze_tables_can_be_described() {
    let project = shop_with(&[
        (
            "models/silver/sales_rejected.yml",
            "description: Rows set aside\ncolumns: [{name: reason, tests: [not_null]}]\n",
        ),
        (
            "models/bronze/sales_raw.yml",
            "description: As it came\ncolumns: [{name: quantity}, {name: _row, tests: [not_null]}]\n",
        ),
    ])
    .expect("valid");
    let described = |asset: &str| project.asset_doc(&name(asset)).and_then(|doc| doc.description.clone());
    assert_eq!(described("silver.sales_rejected").as_deref(), Some("Rows set aside"));
    assert_eq!(described("bronze.sales_raw").as_deref(), Some("As it came"));
    assert_eq!(described("silver.sales").as_deref(), Some("One row a sale"));
    assert!(project.asset_doc(&name("gold.dim_date")).is_none());
}

#[test]
fn a_dbt_list_of_models_is_understood() {
    let project = shop_with(&[(
        "models/gold/schema.yml",
        "version: 2\nmodels:\n  - name: fact_sale\n    description: Sales\n    config: {tags: [dbt]}\n    meta: {owner: finance}\n    columns:\n      - name: sale_id\n        data_type: bigint\n        meta: {pii: personal}\n        data_tests:\n          - not_null\n          - relationships:\n              arguments: {to: ref('sales'), field: sale_id}\n              config: {severity: warn, where: x > 0}\n  - name: sales_rejected\n    description: Set aside\n",
    )])
    .expect("valid");
    let fact = &project.models[&name("gold.fact_sale")];
    assert_eq!((fact.doc.owner.as_deref(), fact.doc.columns[0].pii.as_deref()), (Some("finance"), Some("personal")));
    assert_eq!(fact.config.tags, ["core"], "the SQL file wins");
    let rule = &fact.doc.expectations[1];
    assert_eq!((rule.id.as_str(), rule.condition.as_deref(), rule.line), ("relationships_sale_id", Some("x > 0"), 13));
    assert_eq!(project.docs[&name("silver.sales_rejected")].description.as_deref(), Some("Set aside"));
    assert_eq!(project.checked_against(&name("gold.fact_sale")), [name("silver.sales")].into());
}

#[test]
fn a_model_that_is_not_enabled_is_left_out() {
    let files = [("models/mart/overview.sql", "{{ config(enabled=false) }} select * from {{ ref('no_such_thing') }}")];
    let project = shop_with(&files).expect("nobody reads it");
    assert!(!project.models.contains_key(&name("mart.overview")));
}

#[test]
fn a_project_needs_neither_sources_nor_models() {
    let dir = crate::fixture::write(&[crate::fixture::SETTINGS], &[]);
    let project = Project::load(dir.path()).expect("an empty project is a project");
    assert!(project.assets().is_empty() && project.select(None, None).expect("all of nothing").is_empty());
}

#[test]
fn the_built_in_project_loads_and_renders() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../projects/retail"));
    if !root.join("grayghost.toml").is_file() {
        eprintln!("skipped: {} is not there", root.display());
        return;
    }
    let project = Project::load(root).unwrap_or_else(|error| panic!("{}", crate::refusals::tell(&error)));
    for model in project.models.values() {
        for mode in [RenderMode::Full, RenderMode::Incremental] {
            let sql = project.render(model, mode).expect("it rendered when it was loaded").sql;
            assert_eq!(sql.lines().count(), model.template.lines().count(), "{}", model.path.display());
        }
    }
}
