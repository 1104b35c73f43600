//! Projects for tests, written to a scratch folder.

use std::{fs, path::Path};

use lakehouse_model::{ModelError, Project};
use tempfile::TempDir;

pub(crate) const SETTINGS: (&str, &str) = (
    "grayghost.toml",
    "[project]\nname = \"shop\"\nid = \"01920000-0000-7000-8000-000000000000\"\n[vars]\nfirst_year = 2009\nformats = [\"a\", \"b\"]\n",
);

const SOURCE: (&str, &str) = (
    "sources/tills.yml",
    "table: bronze.sales_raw\nowner: shops\ntags: [daily]\ncolumns: [{name: invoice_no}, {name: quantity}]\nmeta: {currency: GBP}\n",
);

/// A small project: a source, `silver.sales` with rejects, two gold tables, a view, one model in a deeper folder.
pub(crate) const SHOP: [(&str, &str); 8] = [
    SETTINGS,
    SOURCE,
    (
        "models/silver/sales.sql",
        "{{ config(\n  materialized='incremental',\n  unique_key=['sale_id'],\n  rejects='sales_rejected',\n  tags=['core']\n) }}\nselect * from {{ changes('sales_raw') }}\n",
    ),
    (
        "models/silver/sales.yml",
        "description: One row a sale\nowner: data\ntags: [nightly]\ncolumns:\n  - name: sale_id\n    type: bigint\n    tests: [not_null, unique]\n",
    ),
    ("models/gold/dim_date.sql", "select {{ var('first_year') }} as year"),
    (
        "models/gold/fact_sale.sql",
        "{{ config(materialized='incremental', tags=['core']) }}\nselect * from {{ ref('sales') }}\n{% if is_incremental() %}where x > (select max(x) from {{ this }}){% endif %}\n",
    ),
    (
        "models/gold/reports/monthly.sql",
        "select * from {{ ref('gold.fact_sale') }} join {{ ref('dim_date') }} using (year)",
    ),
    ("models/mart/overview.sql", "{{ config(materialized='view') }} select * from {{ ref('monthly') }}"),
];

/// Writes `files` over `base`; a file with the text `-` is left out.
pub(crate) fn write(base: &[(&str, &str)], files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let kept = base.iter().filter(|(path, _)| !files.iter().any(|(other, _)| other == path));
    for (path, text) in kept.chain(files).filter(|(_, text)| *text != "-") {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    dir
}

/// The shop with some files changed.
pub(crate) fn shop_with(files: &[(&str, &str)]) -> Result<Project, ModelError> {
    Project::load(write(&SHOP, files).path())
}

pub(crate) fn shop() -> Project {
    shop_with(&[]).expect("the shop is a good project")
}

/// One model `silver.m` with this YAML beside it.
pub(crate) fn with_yaml(yaml: &str) -> Result<Project, ModelError> {
    shop_with(&[
        ("models/silver/m.sql", "{{ config(rejects='m_rejected') }} select 1 as a"),
        ("models/silver/m.yml", yaml),
    ])
}
