//! Every error: what is said, where, and what to do.

use kernel::{ErrorKind, ProductError};
use lakehouse_model::{ModelError, Project};

use crate::fixture::{SETTINGS, shop, shop_with, with_yaml, write};

/// All that an edge shows of an error, one line a fact.
pub(crate) fn tell(error: &ModelError) -> String {
    let product: &dyn ProductError = error;
    let facts = [
        Some(format!("{}: {error}", error.code())),
        error.place().map(|place| format!("at {place}")),
        product.why().map(|why| format!("why {why}")),
        error.remedy().map(|remedy| format!("do {remedy}")),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Changed files of the shop, and lines that the error must tell.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// Each of the changes is refused, and the error tells these lines.
fn each_is_told(cases: &[Case<'_>]) {
    for (files, expected) in cases {
        let error = shop_with(files).expect_err(files[0].1);
        let told = tell(&error);
        for line in *expected {
            assert!(told.contains(line), "{files:?}\n{told}\n(wanted: {line})");
        }
        assert_eq!(error.kind(), ErrorKind::Invalid, "{told}");
        assert!(!error.to_string().ends_with('.'), "{told}");
    }
}

#[test]
fn mistakes_in_settings_are_told_with_their_lines() {
    each_is_told(&[
        (
            &[("grayghost.toml", "[project]\nnam = 'x'\n")],
            &[
                "lakehouse.bad_settings: could not use the settings in `grayghost.toml`",
                "at grayghost.toml:1",
                "line 2: unknown key `nam` in section `project`; did you mean `name`?",
            ],
        ),
        (
            &[("sources/tills.yml", "table: bronze.sales_raw\ncolumns:\n  - nam: x\n")],
            &["lakehouse.bad_source: could not use the source in `sources/tills.yml`", "at sources/tills.yml:3"],
        ),
        (
            &[("models/silver/sales.yml", "columns:\n  - name: a\n    tests: [not_nul]\ncolour: red\n")],
            &[
                "lakehouse.bad_model_yaml: could not use the YAML in `models/silver/sales.yml`",
                "at models/silver/sales.yml:3",
                "line 3: unknown rule `not_nul`; did you mean `not_null`?; line 4: unknown key `colour` in the model; known are",
            ],
        ),
        (
            &[("models/silver/sales.sql", "{{ config(\n  materialized='tabel',\n  uniqe_key='a'\n) }}\nselect 1")],
            &[
                "lakehouse.bad_config: could not use the configuration of `models/silver/sales.sql`",
                "at models/silver/sales.sql:2",
                "line 2: unknown materialized `tabel`; did you mean `table`?; line 3: unknown key `uniqe_key`",
            ],
        ),
    ]);
}

#[test]
fn mistakes_in_templates_are_told_with_their_lines() {
    each_is_told(&[
        (
            &[("models/gold/dim_date.sql", "select 1\n{% if %}\n{% endif %}")],
            &[
                "lakehouse.bad_template: could not render `models/gold/dim_date.sql`",
                "at models/gold/dim_date.sql:2",
                "why syntax error",
            ],
        ),
        (
            &[("models/gold/dim_date.sql", "select 1\n,{{ nothing }}")],
            &["lakehouse.bad_template", "at models/gold/dim_date.sql:2", "why undefined value"],
        ),
        (
            &[("models/gold/dim_date.sql", "\n\nselect {{ ref('sale') }}")],
            &[
                "lakehouse.unknown_ref: no asset for `ref('sale')`",
                "at models/gold/dim_date.sql:3",
                "do did you mean `sales`?",
            ],
        ),
        (
            &[("models/gold/dim_date.sql", "{{ source('till') }}")],
            &["lakehouse.unknown_ref: no asset for `source('till')`", "do did you mean `tills`?"],
        ),
        (
            &[("models/gold/dim_date.sql", "{{ changes('zzzzzz') }}")],
            &["no asset for `changes('zzzzzz')`", "do name a model, a rejects table or a source of this project"],
        ),
        (
            &[("models/gold/dim_date.sql", "select\n{{ var('frist_year') }}")],
            &[
                "lakehouse.unknown_var: no variable `frist_year` in grayghost.toml",
                "at models/gold/dim_date.sql:2",
                "`first_year`",
            ],
        ),
        (
            &[("models/gold/dim_date.sql", "select {{ source_meta('tills', 'curency') }}")],
            &["lakehouse.bad_template", "source `tills` has no meta `curency`; did you mean `currency`?"],
        ),
        (
            &[
                ("macros/a.jinja", "{% macro one() %}1{% endmacro %}"),
                ("macros/b.jinja", "\n{% macro two() %}\n{{ ref('x') }}{% endmacro %}"),
                ("models/gold/dim_date.sql", "select {{ two() }}"),
            ],
            &["lakehouse.unknown_ref: no asset for `ref('x')`", "at macros/b.jinja:3"],
        ),
        (
            &[("macros/b.jinja", "{% macro two( %}")],
            &["lakehouse.bad_template: could not render `macros/b.jinja`", "at macros/b.jinja:1"],
        ),
    ]);
}

#[test]
fn names_that_cannot_be_are_told_with_their_files() {
    each_is_told(&[
        (
            &[("models/gold/sales.sql", "select 1")],
            &[
                "lakehouse.duplicate_model: the name `sales` is taken twice: by models/gold/sales.sql and by models/silver/sales.sql",
                "at models/silver/sales.sql",
            ],
        ),
        (
            &[("models/gold/sales_rejected.sql", "select 1")],
            &[
                "the name `sales_rejected` is taken twice: by models/gold/sales_rejected.sql and by models/silver/sales.sql",
            ],
        ),
        (
            &[("sources/again.yml", "table: bronze.sales_raw\ncolumns: [{name: a}]\n")],
            &["the name `sales_raw` is taken twice: by sources/again.yml and by sources/tills.yml"],
        ),
        (
            &[("models/gold/dim_date.sql", "select * from {{ ref('overview') }}")],
            &[
                "lakehouse.cycle: models read each other in a circle: gold.dim_date → mart.overview → gold.monthly → gold.dim_date",
            ],
        ),
        (
            &[("models/gold/dim_date.sql", "select * from {{ ref('dim_date') }}")],
            &["in a circle: gold.dim_date → gold.dim_date"],
        ),
        (
            &[("models/loose.sql", "select 1")],
            &[
                "lakehouse.bad_model_name: could not take `models/loose.sql` as a model: it lies in no layer",
                "at models/loose.sql",
            ],
        ),
        (
            &[("models/gold/Fact-Sale.sql", "select 1")],
            &["could not take `models/gold/Fact-Sale.sql` as a model: layer and name must be"],
        ),
        (
            &[("models/gold/dim_dat.yml", "description: x\n")],
            &[
                "at models/gold/dim_dat.yml:1",
                "no model, rejects table or source table `gold.dim_dat` goes with this file; did you mean `dim_date`?",
            ],
        ),
        (&[("models/silver/schema.yml", "models:\n  - name: sales\n")], &["`silver.sales` is described twice"]),
        (
            &[(
                "models/bronze/sales_raw.yml",
                "description: x\ncolumns:\n  - name: quantity\n    tests: [{in_range: {column: quantty, min: 0}}]\n",
            )],
            &[
                "lakehouse.unknown_column: `bronze.sales_raw` has no column `quantty`",
                "at models/bronze/sales_raw.yml:4",
                "do did you mean `quantity`?",
            ],
        ),
        (
            &[("models/silver/sales.yml", "expectations:\n  - custom_sql: \"select * from {{ ref('nope') }}\"\n")],
            &["no asset for `ref('nope')`", "at models/silver/sales.yml:2"],
        ),
    ]);
}

#[test]
fn a_folder_without_settings_is_no_project() {
    let dir = write(&[], &[("models/a/b.sql", "select 1")]);
    let error = Project::load(dir.path()).expect_err("no settings");
    assert_eq!((error.code(), error.kind(), error.place()), ("lakehouse.no_project", ErrorKind::NotFound, None));
    assert!(tell(&error).contains("grayghost init"));
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let dir = write(&[SETTINGS], &[]);
    std::fs::create_dir_all(dir.path().join("models/gold")).expect("a folder");
    std::fs::write(dir.path().join("models/gold/a.sql"), [0xFF, 0xFE, 0x00]).expect("a file");
    let error = Project::load(dir.path()).expect_err("not UTF-8");
    assert_eq!((error.code(), error.kind()), ("lakehouse.project_unreadable", ErrorKind::Invalid));
    assert_eq!(error.to_string(), "could not read `models/gold/a.sql`");
}

#[test]
fn yaml_beside_a_model_may_be_empty() {
    for yaml in ["", "# nothing yet\n"] {
        assert!(with_yaml(yaml).is_ok(), "{yaml:?}");
    }
}

#[test]
fn selections_that_find_nothing_say_what_is_near() {
    let cases = [
        ("sale", "lakehouse.unknown_selection: nothing is selected by `sale`\ndo did you mean `sales`"),
        ("silver.sale", "do did you mean `silver.sales`"),
        ("+zzzzzzzz", "nothing is selected by `+zzzzzzzz`\ndo list what there is with `grayghost assets`"),
        ("tag:cor", "do did you mean `core`?"),
        ("dim_date,tag:core", "nothing is selected by `dim_date,tag:core`"),
        ("sales a+b", "lakehouse.bad_selector: could not read the selection `a+b`"),
    ];
    for (text, expected) in cases {
        let told = tell(&shop().select(Some(text), None).expect_err(text));
        assert!(told.contains(expected), "{text}\n{told}");
    }
    let told = tell(&shop().select(Some("sales"), Some("silver")).expect_err("all is excluded"));
    assert!(told.contains("nothing is selected by `sales without silver`"), "{told}");
}

#[test]
fn every_code_has_its_page() {
    let pages = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../docs/errors"));
    let source = include_str!("../../src/error.rs");
    let codes: Vec<&str> =
        source.split('"').filter(|part| part.starts_with("lakehouse.") && !part.contains(' ')).collect();
    assert!(codes.len() >= 15, "{codes:?}");
    for code in codes {
        let page = std::fs::read_to_string(pages.join(format!("{code}.md"))).unwrap_or_default();
        assert!(page.starts_with(&format!("# {code}\n")), "docs/errors/{code}.md is missing or begins otherwise");
    }
}
