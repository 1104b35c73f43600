//! Assets: listed, filtered, sorted; their lineage and their quality.

use serde_json::{Value, json};

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_are_listed_as_they_are_asked_for() {
    let rig = Rig::loaded().await;
    let system = rig.app.system();
    let ask = async |query: &str| rig.get(&system, &format!("/api/v1/assets?{query}")).await;
    let all = ask("").await;
    assert_eq!(all.column("asset"), ["bronze.tills_raw", "silver.sales", "gold.by_item", "mart.best"]);
    assert_eq!(all.column("rows"), [json!(3), json!(3), json!(2), json!(null)]);
    assert_eq!(all.json["next_cursor"], json!(null));

    assert_eq!(ask("filter=kind%3Dview+OR+rows%3C3").await.column("asset"), ["gold.by_item", "mart.best"]);
    assert_eq!(ask("filter=tags%3Ashop+AND+owner%3Dann").await.column("asset"), ["silver.sales"]);
    let sorted = ask("sort=-rows,-asset&fields=asset").await;
    assert_eq!(sorted.column("asset"), ["silver.sales", "bronze.tills_raw", "gold.by_item", "mart.best"]);
    assert_eq!(sorted.json["items"][0], json!({ "asset": "silver.sales" }));

    let first = ask("sort=asset&limit=3").await;
    let cursor = first.json["next_cursor"].as_str().expect("there is more");
    assert_eq!(first.column("asset"), ["bronze.tills_raw", "gold.by_item", "mart.best"]);
    let second = ask(&format!("sort=asset&limit=3&cursor={cursor}")).await;
    assert_eq!((second.column("asset"), &second.json["next_cursor"]), (vec![json!("silver.sales")], &json!(null)));
    let other = ask(&format!("sort=-asset&limit=3&cursor={cursor}")).await;
    assert_eq!(other.told(), (422, "kernel.bad_cursor"), "it belongs to another order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lineage_leads_from_a_column_to_its_source() {
    let rig = Rig::loaded().await;
    let system = rig.app.system();
    let asset = rig.get(&system, "/api/v1/assets/gold.by_item/lineage").await.json;
    assert_eq!((&asset["parents"], &asset["children"]), (&json!(["silver.sales"]), &json!(["mart.best"])));
    let column = rig.get(&system, "/api/v1/assets/gold.by_item/lineage?column=pieces").await.json;
    let from: Vec<&Value> =
        column["upstream"].as_array().expect("steps").iter().map(|step| &step["from"]["asset"]).collect();
    assert!(from.contains(&&json!("silver.sales")) && from.contains(&&json!("bronze.tills_raw")), "{column}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quality_is_checked_on_the_rows_as_they_stand() {
    let rig = Rig::loaded().await;
    let found = rig.get(&rig.app.system(), "/api/v1/assets/silver.sales/quality").await;
    let verdict = found.json["items"].as_array().expect("items").iter().find(|each| each["expectation"] == "few");
    let verdict = verdict.unwrap_or_else(|| panic!("{}", found.json));
    assert_eq!((&verdict["success"], &verdict["unexpected"]), (&json!(false), &json!(1)), "{verdict}");
}
