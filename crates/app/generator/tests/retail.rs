//! The generator through its front door: same bytes for a seed, a truth that is complete, and sales whose figures an
//! independent reader finds again.

mod reading;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use generator::{Manifest, RetailOptions, SalesTruth, generate_retail};
use kernel::Cancel;
use proptest::prelude::*;
use reading::{Csv, recompute_sales};
use tempfile::TempDir;

fn generate(customers: u32, seed: u64) -> (TempDir, Manifest) {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let options = RetailOptions { customers, seed, out: dir.path().to_path_buf() };
    let manifest = generate_retail(&options, &Cancel::default(), &mut |_| {}).expect("it generates");
    (dir, manifest)
}

/// Record to entity, after checking that the truth names every record of the table once.
fn truth(dir: &Path, table: &str) -> BTreeMap<String, String> {
    let records = Csv::utf8(&dir.join(format!("{table}.csv"))).column("record_id");
    let truth = Csv::utf8(&dir.join(format!("{table}_truth.csv")));
    let entities: BTreeMap<String, String> =
        truth.column("record_id").into_iter().zip(truth.column("entity_id")).collect();
    assert_eq!(entities.len(), truth.rows.len(), "{table}: a record twice in the truth");
    assert_eq!(records.iter().collect::<BTreeSet<_>>().len(), records.len(), "{table}: a record id twice");
    assert_eq!(records.len(), entities.len(), "{table}");
    assert!(records.iter().all(|record| entities.contains_key(record)), "{table}: a record without truth");
    entities
}

fn check(dir: &Path, manifest: &Manifest) {
    for (table, entities, records) in [
        ("people", manifest.truth.people, manifest.truth.people_records),
        ("companies", manifest.truth.companies, manifest.truth.company_records),
    ] {
        let truth = truth(dir, table);
        assert_eq!(truth.len() as u64, records, "{table}");
        assert_eq!(truth.values().collect::<BTreeSet<_>>().len() as u64, entities, "{table}");
    }
    let found = recompute_sales(dir);
    let written: SalesTruth =
        serde_json::from_slice(&fs::read(dir.join("sales_truth.json")).expect("the truth")).expect("valid JSON");
    assert_eq!(written, found);
    assert_eq!(manifest.truth.sales, found);
    assert_eq!(found.bronze_rows, found.silver_rows + found.rejected_rows + found.duplicates_removed);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first_dir, first) = generate(300, 7);
    let (second_dir, second) = generate(300, 7);
    let (_, other) = generate(300, 8);
    assert_eq!(first, second);
    let names: Vec<&str> = first.files.iter().map(|file| file.name.as_str()).collect();
    let expected =
        ["people.csv", "people_truth.csv", "companies.csv", "companies_truth.csv", "sales.csv", "sales_latin1.csv"];
    assert_eq!(names[..6], expected);
    for (file, other) in first.files.iter().zip(&other.files) {
        let bytes = fs::read(first_dir.path().join(&file.name)).expect("a file");
        assert_eq!(bytes, fs::read(second_dir.path().join(&file.name)).expect("a file"), "{}", file.name);
        assert_eq!(bytes.len() as u64, file.bytes, "{}", file.name);
        assert_ne!(file.sha256, other.sha256, "{}", file.name);
        assert_eq!(file.sha256, reading::sha256(&bytes), "{}", file.name);
    }
}

/// The bytes themselves, so that a change of them is seen: then `Manifest::VERSION` grows by one.
#[test]
fn the_bytes_of_version_1() {
    assert_eq!(Manifest::VERSION, 1);
    let (_dir, manifest) = generate(40, 1);
    let all: String = manifest.files.iter().map(|file| file.sha256.as_str()).collect();
    assert_eq!(reading::sha256(all.as_bytes()), "1c5e8a55a713213f0ac73f4a8cbbaba2be4446d0a59330f15c62c3abd7c3f4b8");
}

#[test]
fn ids_and_order_say_nothing_about_the_entity() {
    let (dir, manifest) = generate(2_000, 5);
    let truth = truth(dir.path(), "people");
    let people = Csv::utf8(&dir.path().join("people.csv"));
    let neighbours = |ids: &[String]| ids.windows(2).filter(|pair| truth[&pair[0]] == truth[&pair[1]]).count();
    // In a random order a given neighbour is the same person in about one of 2,000 cases.
    let in_rows = people.column("record_id");
    let mut by_id = in_rows.clone();
    by_id.sort_unstable();
    assert!(neighbours(&in_rows) <= 8, "{}", neighbours(&in_rows));
    assert!(neighbours(&by_id) <= 8, "{}", neighbours(&by_id));
    assert_ne!(in_rows, by_id);
    let share = manifest.truth.people_records * 100 / manifest.truth.people;
    assert!((130..150).contains(&share), "{share} records for 100 people");
}

#[test]
fn people_are_hard_to_tell_apart() {
    let (dir, _) = generate(3_000, 11);
    let truth = truth(dir.path(), "people");
    let people = Csv::utf8(&dir.path().join("people.csv"));
    let ids = people.column("record_id");
    // What is shared by different people, and what differs within one.
    for (columns, fewest) in [
        (&["street", "postcode"][..], 300),
        (&["given_name", "family_name"], 100),
        (&["given_name", "family_name", "street"], 15),
    ] {
        let mut groups: BTreeMap<Vec<String>, BTreeSet<&String>> = BTreeMap::new();
        let values: Vec<Vec<String>> = columns.iter().map(|column| people.column(column)).collect();
        for (row, id) in ids.iter().enumerate() {
            let key: Vec<String> = values.iter().map(|column| column[row].clone()).collect();
            if key.iter().all(|value| !value.is_empty()) {
                groups.entry(key).or_default().insert(&truth[id]);
            }
        }
        let shared = groups.values().filter(|entities| entities.len() > 1).count();
        assert!(shared >= fewest, "{columns:?}: {shared}");
    }
    let mut names: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (id, name) in ids.iter().zip(people.column("family_name")) {
        names.entry(&truth[id]).or_default().insert(name);
    }
    let spellings = names.values().filter(|spellings| spellings.len() > 1).count();
    assert!(spellings > 150, "{spellings}");
}

#[test]
fn customers_of_the_sales_have_shop_records() {
    let (dir, _) = generate(500, 3);
    let people = Csv::utf8(&dir.path().join("people.csv"));
    let accounts: BTreeSet<String> = people.column("customer_id").into_iter().filter(|id| !id.is_empty()).collect();
    for (source, id) in people.column("source").iter().zip(people.column("customer_id")) {
        assert_eq!(source == "shop", !id.is_empty());
    }
    let sales = Csv::utf8(&dir.path().join("sales.csv"));
    let mut known = 0;
    for row in sales.rows.iter().filter(|row| row.len() == 8) {
        if let Some(id) = row[6].strip_suffix(".0") {
            assert!(accounts.contains(id), "{id}");
            known += 1;
        }
    }
    assert!(known > 4_000, "{known}");
}

#[test]
fn sales_are_as_dirty_as_promised() {
    let (dir, manifest) = generate(4_000, 2);
    check(dir.path(), &manifest);
    let sales = &manifest.truth.sales;
    let per_10_000 = |count: u64| count * 10_000 / sales.bronze_rows;
    let rejected = &sales.rejected;
    let invalid = rejected.invalid_quantity + rejected.invalid_invoice_date + rejected.invalid_unit_price;
    for (what, count, range) in [
        ("duplicates", sales.duplicates_removed, 80..160),
        ("non-positive prices", rejected.non_positive_price, 20..40),
        ("uncastable rows", invalid, 6..15),
        ("malformed rows", rejected.malformed_row, 3..8),
    ] {
        assert!(range.contains(&per_10_000(count)), "{what}: {count} of {}", sales.bronze_rows);
    }
    assert!(rejected.bad_debt_adjustment >= 2);
    let lines_per_customer = sales.bronze_rows / u64::from(manifest.customers);
    assert!((17..25).contains(&lines_per_customer), "{lines_per_customer}");
    let rows = Csv::utf8(&dir.path().join("sales.csv")).rows;
    let unknown = rows.iter().filter(|row| row.len() == 8 && row[6].is_empty()).count();
    assert!((21..30).contains(&(unknown * 100 / rows.len())), "{unknown} of {}", rows.len());
}

#[test]
fn the_second_file_is_latin1_with_crlf() {
    let (dir, _) = generate(500, 3);
    let bytes = fs::read(dir.path().join("sales_latin1.csv")).expect("a file");
    assert!(bytes.starts_with(b"Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\r\n"));
    assert!(std::str::from_utf8(&bytes).is_err(), "it is UTF-8 too");
    assert!(!bytes.iter().any(|byte| (0x80..0xa0).contains(byte)), "a byte that ISO-8859-1 gives no letter");
    assert!(bytes.split_inclusive(|byte| *byte == b'\n').all(|line| line.ends_with(b"\r\n")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_number_of_customers_and_any_seed(customers in 1_u32..300, seed in any::<u64>()) {
        let (dir, manifest) = generate(customers, seed);
        prop_assert_eq!(manifest.truth.people, u64::from(customers));
        check(dir.path(), &manifest);
    }
}
