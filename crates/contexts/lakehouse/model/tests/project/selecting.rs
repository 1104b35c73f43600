//! dbt's selection grammar on the shop.

use proptest::prelude::*;

use crate::fixture::{shop, shop_with};

#[test]
fn each_form_finds_what_dbt_finds() {
    let project =
        shop_with(&[("models/gold/dim_date.yml", "owner: calendar people\nconfig: {tags: [slow]}\n")]).expect("valid");
    let all =
        "bronze.sales_raw gold.dim_date gold.fact_sale gold.monthly mart.overview silver.sales silver.sales_rejected";
    let cases = [
        (None, None, all),
        (Some("sales"), None, "silver.sales"),
        (Some("silver.sales"), None, "silver.sales"),
        (Some("gold"), None, "gold.dim_date gold.fact_sale gold.monthly"),
        (Some("gold.*"), None, "gold.dim_date gold.fact_sale gold.monthly"),
        (Some("fqn:shop.gold.reports"), None, "gold.monthly"),
        (Some("dim_*"), None, "gold.dim_date"),
        (Some("+fact_sale"), None, "bronze.sales_raw gold.fact_sale silver.sales"),
        (Some("1+fact_sale"), None, "gold.fact_sale silver.sales"),
        (Some("0+fact_sale+1"), None, "gold.fact_sale gold.monthly"),
        (Some("sales+"), None, "gold.fact_sale gold.monthly mart.overview silver.sales silver.sales_rejected"),
        (Some("2+monthly+1"), None, "gold.dim_date gold.fact_sale gold.monthly mart.overview silver.sales"),
        (
            Some("@fact_sale"),
            None,
            "bronze.sales_raw gold.dim_date gold.fact_sale gold.monthly mart.overview silver.sales",
        ),
        (Some("tag:core"), None, "gold.fact_sale silver.sales"),
        (Some("tag:daily+1"), None, "bronze.sales_raw silver.sales"),
        (Some("tag:slow"), None, "gold.dim_date"),
        (Some("path:models/gold"), None, "gold.dim_date gold.fact_sale gold.monthly"),
        (Some("./models/gold/reports/"), None, "gold.monthly"),
        (Some("models/silver/sales.sql"), None, "silver.sales"),
        (Some("models/*/sales.sql"), None, "silver.sales"),
        (Some("sources/tills.yml"), None, "bronze.sales_raw"),
        (Some("source:tills+1"), None, "bronze.sales_raw silver.sales"),
        (Some("source:tills.sales_raw"), None, "bronze.sales_raw"),
        (Some("config.materialized:view"), None, "mart.overview"),
        (Some("config.unique_key:sale_id"), None, "silver.sales"),
        (Some("config.rejects:silver.sales_rejected"), None, "silver.sales"),
        (Some("owner:data"), None, "silver.sales"),
        (Some("owner:calendar*"), None, "gold.dim_date"),
        (Some("owner:shops"), None, "bronze.sales_raw"),
        (Some("resource_type:source"), None, "bronze.sales_raw"),
        (Some("resource_type:rejects"), None, "silver.sales_rejected"),
        (Some("dim_date sales"), None, "gold.dim_date silver.sales"),
        (Some("+fact_sale,tag:core"), None, "gold.fact_sale silver.sales"),
        (Some("+mart.overview"), Some("bronze silver.*"), "gold.dim_date gold.fact_sale gold.monthly mart.overview"),
        (None, Some("resource_type:model"), "bronze.sales_raw silver.sales_rejected"),
    ];
    for (select, exclude, expected) in cases {
        let found = project.select(select, exclude).unwrap_or_else(|error| panic!("{select:?} {exclude:?}: {error}"));
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expected, "{select:?} {exclude:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_selection_panic(text in "\\PC{0,24}|[a-z0-9@+:,.*?/ ]{0,24}") {
        let shop = shop_once();
        let _ = shop.select(Some(&text), None);
        let _ = shop.select(None, Some(&text));
    }

    #[test]
    fn a_selection_with_parents_is_closed(name in prop::sample::select(vec!["sales", "fact_sale", "monthly", "overview"])) {
        let shop = shop_once();
        let found = shop.select(Some(&format!("+{name}")), None).expect("known");
        for asset in &found {
            prop_assert!(shop.graph.parents(asset).iter().all(|parent| found.contains(parent)));
        }
    }
}

fn shop_once() -> &'static lakehouse_model::Project {
    static SHOP: std::sync::OnceLock<lakehouse_model::Project> = std::sync::OnceLock::new();
    SHOP.get_or_init(shop)
}
