//! A run of the retail project as the tests draw it. Numbers are those of the public data set where they are known.

use std::collections::BTreeMap;

use kernel::{ErrorKind, RunId, Timestamp, uuid::Uuid};
use serde_json::json;

use super::Material;
use crate::{
    AssetInfo, AssetResult, AssetState, CheckCounts, CheckResult, ColumnEdge, Fault, FileResult, FileState,
    Reconciliation, RunState, RunSummary,
};

/// A run with all that belongs to it, owned.
pub(super) struct Sample {
    pub(super) summary: RunSummary,
    pub(super) assets: Vec<AssetInfo>,
    pub(super) parents: BTreeMap<String, Vec<String>>,
    pub(super) columns: BTreeMap<String, Vec<(String, Vec<ColumnEdge>)>>,
}

/// Asset, kind, rows, rules, milliseconds, what it reads.
type Row = (&'static str, &'static str, u64, u64, u64, &'static str);

const ASSETS: [Row; 19] = [
    ("bronze.sales_raw", "source", 541_909, 4, 612, ""),
    ("silver.sales", "incremental", 534_129, 16, 1_184, "bronze.sales_raw"),
    ("silver.invoices", "table", 24_105, 7, 96, "silver.sales"),
    ("silver.sales_rejected", "rejects", 2_512, 3, 21, "silver.sales"),
    ("gold.cohort_retention", "table", 91, 4, 44, "silver.invoices"),
    ("gold.dim_country", "table", 38, 9, 31, "silver.invoices"),
    ("gold.country_performance", "table", 38, 5, 38, "gold.dim_country silver.invoices"),
    ("gold.dim_customer", "table", 4_373, 18, 142, "silver.invoices"),
    ("gold.dim_date", "table", 374, 12, 52, "silver.invoices"),
    ("gold.daily_sales", "table", 305, 6, 40, "silver.invoices gold.dim_date"),
    ("gold.dim_product", "table", 3_941, 10, 158, "silver.sales"),
    (
        "gold.fact_sale",
        "incremental",
        534_129,
        20,
        403,
        "silver.sales gold.dim_customer gold.dim_product gold.dim_country gold.dim_date",
    ),
    ("gold.monthly_sales", "table", 13, 6, 33, "silver.invoices"),
    ("gold.product_performance", "table", 3_941, 5, 61, "gold.dim_product gold.fact_sale"),
    ("gold.rfm_segments", "table", 11, 4, 18, "gold.dim_customer"),
    ("gold.top_products", "table", 20, 4, 27, "gold.product_performance gold.fact_sale"),
    ("mart.customer_360", "view", 0, 0, 2, "gold.dim_customer"),
    ("mart.daily_revenue", "view", 0, 0, 2, "gold.dim_date gold.daily_sales"),
    ("mart.product_sales", "view", 0, 1, 3, "gold.product_performance gold.dim_product gold.dim_date"),
];

const KINDS: [(&str, &str, &str); 6] = [
    ("not_null", "completeness", "invoice_no"),
    ("unique", "uniqueness", "sale_id"),
    ("in_range", "validity", "quantity"),
    ("relationships", "consistency", "product_key"),
    ("freshness", "timeliness", "invoice_ts"),
    ("custom_sql", "accuracy", "total_amount"),
];

impl Sample {
    /// Everything holds; some rows were set aside.
    pub(super) fn retail() -> Self {
        let parents = |names: &str| names.split_whitespace().map(ToOwned::to_owned).collect();
        Self {
            summary: RunSummary {
                run_id: RunId(Uuid::from_u128(0x0199_a3f2_7c40_7d21_9e55_3b1f_08c4_1d6e)),
                project: "retail".to_owned(),
                state: RunState::Succeeded,
                started_at: Timestamp(1_763_716_350_123_456),
                duration_ms: 2_184,
                files: vec![file("data/online_retail.csv.gz", FileState::Loaded, 541_909)],
                assets: ASSETS.iter().map(result).collect(),
                reconciliations: vec![reconciliation()],
                checks: ASSETS.iter().flat_map(checks).collect(),
                report: None,
                lineage: None,
            },
            assets: ASSETS.iter().map(info).collect(),
            parents: ASSETS.iter().map(|row| (row.0.to_owned(), parents(row.5))).collect(),
            columns: BTreeMap::from([("gold.fact_sale".to_owned(), fact_columns())]),
        }
    }

    /// Rules of an asset do not hold, a model breaks, what is below is not made.
    pub(super) fn failed() -> Self {
        let mut sample = Self::retail();
        sample.summary.state = RunState::Failed;
        for asset in &mut sample.summary.assets {
            match asset.asset.as_str() {
                "gold.dim_customer" => {
                    asset.state = AssetState::Failed;
                    asset.fault = Some(fault());
                }
                "gold.fact_sale" | "gold.rfm_segments" | "gold.product_performance" | "gold.top_products" => {
                    asset.state = AssetState::Skipped;
                }
                "silver.invoices" => asset.state = AssetState::Failed,
                _ => {}
            }
        }
        let broken = |check: &&mut CheckResult| check.asset == "silver.invoices";
        for check in sample.summary.checks.iter_mut().filter(broken).take(2) {
            check.success = false;
            check.unexpected = 3;
            check.samples = vec![
                json!({"invoice_no": "536365", "customer_id": 17_850, "country": "United Kingdom", "units": -40}),
                json!({"invoice_no": null, "customer_id": 13_047, "country": "EIRE", "units": 6}),
            ];
        }
        sample
    }

    /// What the report is made from.
    pub(super) fn material(&self) -> Material<'_> {
        Material {
            summary: &self.summary,
            assets: &self.assets,
            parents: self.parents.clone(),
            columns: self.columns.iter().map(|(name, columns)| (name.clone(), columns.as_slice())).collect(),
        }
    }
}

pub(super) fn file(path: &str, state: FileState, rows: u64) -> FileResult {
    FileResult {
        path: path.to_owned(),
        source: "online_retail".to_owned(),
        table: "bronze.sales_raw".to_owned(),
        state,
        batch_id: "9f2c".to_owned(),
        sha256: "9f2c44d1b0e7a35568c1f09b7de23a4c9f2c44d1b0e7a35568c1f09b7de23a4c".to_owned(),
        rows,
        malformed: 0,
        size_bytes: rows * 84,
        duration_ms: rows / 900,
    }
}

pub(super) fn fault() -> Fault {
    Fault {
        code: "lakehouse.bad_sql".to_owned(),
        kind: ErrorKind::Invalid,
        message: "could not plan `gold.dim_customer`".to_owned(),
        place: Some("models/gold/dim_customer.sql:14".to_owned()),
        why: Some("Schema error: No field named total_spend. Did you mean 'total_spent'?".to_owned()),
        remedy: Some("correct the statement; `grayghost assets` lists the tables that exist".to_owned()),
    }
}

fn reconciliation() -> Reconciliation {
    Reconciliation {
        from: "bronze.sales_raw".to_owned(),
        to: "silver.sales".to_owned(),
        rejects: "silver.sales_rejected".to_owned(),
        rows: 541_909,
        kept: 534_129,
        rejected: 2_512,
        duplicates: 5_268,
        holds: true,
        reasons: vec![("non_positive_price".to_owned(), 2_509), ("bad_debt_adjustment".to_owned(), 3)],
    }
}

fn result((asset, kind, rows, rules, millis, _): &Row) -> AssetResult {
    let silver = *asset == "silver.sales";
    AssetResult {
        asset: (*asset).to_owned(),
        kind: (*kind).to_owned(),
        state: AssetState::Succeeded,
        rows_in: if silver { 541_909 } else { *rows },
        rows_written: *rows,
        rows_total: *rows,
        rejected: if silver { 2_512 } else { 0 },
        duplicates: if silver { 5_268 } else { 0 },
        commits: u64::from(*kind != "view"),
        version: (*kind != "view").then_some(0),
        size_bytes: rows * 31,
        duration_ms: *millis,
        checks: CheckCounts { passed: *rules, warned: 0, failed: 0 },
        fault: None,
    }
}

fn info((asset, kind, rows, _, _, _): &Row) -> AssetInfo {
    AssetInfo {
        asset: (*asset).to_owned(),
        kind: (*kind).to_owned(),
        rows: (*kind != "view").then_some(*rows),
        size_bytes: (*kind != "view").then_some(rows * 31),
        files: Some(1),
        version: Some(0),
        updated_at: None,
        checks: None,
        owner: Some("sales".to_owned()),
        tags: vec!["retail".to_owned()],
        description: Some("One row for each row of silver.sales, with keys into the dimensions.".to_owned()),
    }
}

/// As many rules as the asset has, of all kinds in turn; the first of silver.sales sets rows aside.
fn checks((asset, _, rows, rules, _, _): &Row) -> Vec<CheckResult> {
    let count = usize::try_from(*rules).unwrap_or_default();
    let one = |index: usize| {
        let (kind, dimension, column) = KINDS[index % KINDS.len()];
        let aside = *asset == "silver.sales" && index == 0;
        CheckResult {
            asset: (*asset).to_owned(),
            expectation: if aside { "positive_price".to_owned() } else { format!("{kind}_{column}_{index}") },
            kind: if aside { "expression_is_true" } else { kind }.to_owned(),
            columns: vec![column.to_owned()],
            severity: if aside { "quarantine" } else { "error" }.to_owned(),
            mostly: (index == 4).then_some(0.99),
            success: !aside,
            rows: *rows,
            unexpected: if aside { 2_509 } else { 0 },
            observed: aside.then(|| "2509 rows set aside in silver.sales_rejected".to_owned()),
            samples: Vec::new(),
            dimension: dimension.to_owned(),
            description: index.is_multiple_of(3).then(|| "A line without a price is a gift or a sample.".to_owned()),
        }
    };
    (0..count).map(one).collect()
}

fn fact_columns() -> Vec<(String, Vec<ColumnEdge>)> {
    let edge = |column: &str, kind: &str| ColumnEdge {
        asset: "silver.sales".to_owned(),
        column: column.to_owned(),
        kind: kind.to_owned(),
    };
    vec![
        ("sale_id".to_owned(), vec![edge("sale_id", "identity")]),
        ("customer_key".to_owned(), vec![edge("customer_id", "transformation")]),
        ("total_amount".to_owned(), vec![edge("line_amount", "identity"), edge("_batch_id", "filter")]),
        ("tax_amount".to_owned(), vec![]),
    ]
}
