//! Templates to SQL.

use lakehouse_model::{AssetName, Project, RenderMode};
use proptest::prelude::*;

use crate::fixture::{shop, shop_with};

/// `template` as the model `gold.dim_date` of the shop.
fn project(template: &str) -> Project {
    shop_with(&[
        ("models/gold/dim_date.sql", template),
        ("macros/text.jinja", "{% macro twice(x) -%}\n  {{ x }},\n  {{ inner(x) }}\n{%- endmacro %}\n"),
        ("macros/inner.sql", "{% macro inner(x) %}{{ x }} + {{ var('first_year') }}{% endmacro %}"),
    ])
    .unwrap_or_else(|error| panic!("{template}\n{}", crate::refusals::tell(&error)))
}

fn render(template: &str, mode: RenderMode) -> String {
    let project = project(template);
    let model = &project.models[&AssetName::parse("gold.dim_date").expect("a name")];
    project.render(model, mode).expect("it rendered when it was loaded").sql
}

#[test]
fn functions_give_sql() {
    let cases = [
        ("{{ ref('sales') }}", "\"silver\".\"sales\""),
        ("{{ ref('silver.sales') }}", "\"silver\".\"sales\""),
        ("{{ ref('silver', 'sales') }}", "\"silver\".\"sales\""),
        ("{{ ref('sales_rejected') }}", "\"silver\".\"sales_rejected\""),
        ("{{ source('tills') }}", "\"bronze\".\"sales_raw\""),
        ("{{ source('tills', 'sales_raw') }}", "\"bronze\".\"sales_raw\""),
        ("{{ source('bronze', 'sales_raw') }}", "\"bronze\".\"sales_raw\""),
        ("{{ this }}", "\"gold\".\"dim_date\""),
        ("{{ var('first_year') }} {{ var('no', 'd') }}", "2009 d"),
        ("{% for f in var('formats') %}{{ f }};{% endfor %}", "a;b;"),
        ("{{ source_meta('tills', 'currency') }} {{ source_meta('tills').currency }}", "GBP GBP"),
        ("{{ source_meta('tills', 'no', 'd') }}", "d"),
        ("{{ is_incremental() }}", "False"),
        ("{{ changes('sales') }}", "\"silver\".\"sales\""),
        ("{{ config(tags=['a', 'b']) }}x", "x"),
        ("{{ inner('a') }}", "a + 2009"),
        ("{% from 'macros/inner.sql' import inner as other %}{{ other(1) }}", "1 + 2009"),
        ("'{{ '<&>' }}'", "'<&>'"),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template, RenderMode::Full), expected, "{template}");
    }
}

#[test]
fn incremental_mode_reads_what_is_new() {
    let template =
        "{{ config(materialized='incremental') }}{{ changes('sales') }} {{ changes('tills') }} {{ is_incremental() }}";
    assert_eq!(
        render(template, RenderMode::Incremental),
        "\"_changes\".\"silver.sales\" \"_changes\".\"bronze.sales_raw\" True"
    );
    assert_eq!(render(template, RenderMode::Full), "\"silver\".\"sales\" \"bronze\".\"sales_raw\" False");
}

#[test]
fn lines_of_the_sql_are_those_of_the_template() {
    let cases = [
        ("{{ config(\n  tags=['a']\n) }}\nselect 1\n", "\n\n\nselect 1\n"),
        ("a\n{% if is_incremental() %}\nb\n{% endif %}\nc", "a\n\n\n\nc"),
        ("a\n{%- if is_incremental() -%}\nb\n{%- endif -%}\nc", "a\n\n\n\nc"),
        ("{# two\nlines #}a\nb", "\na\nb"),
        ("a {% for i in [1, 2] %}\n{{ i }}\n{% endfor %}\nb", "a \n1\n 2 \nb"),
        ("a {% for i in [1, 2] %}\n{{ i }} -- why\n{% endfor %}\nb", "a \n1 -- why\n 2  \nb"),
        ("select\n{{ twice('x') }}\nfrom y", "select\nx,   x + 2009\nfrom y"),
        ("{% set x %}\na\n{% endset %}{{ x | trim | upper }}\nb", "A\n\n\nb"),
        ("{% raw %}\n{{ x }}\n{% endraw %}\nb", "\n{{ x }}\n\nb"),
        ("'a\nb' {{ \"}}\" }}\nc", "'a\nb' }}\nc"),
        // The strings have a line too many, which the break behind them gives back.
        ("{% for i in [1, 2] %}'a\nb'{% endfor %}\nc", "'a\nb''a\nb' c"),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template, RenderMode::Full), expected, "{template:?}");
    }
}

#[test]
fn a_piece_of_a_rule_is_rendered_for_its_owner() {
    let owner = AssetName::parse("silver.sales").expect("a name");
    let sql = shop().render_text(&owner, "select * from {{ this }} anti join {{ ref('dim_date') }}").expect("valid");
    assert_eq!(sql, "select * from \"silver\".\"sales\" anti join \"gold\".\"dim_date\"");
    let told = crate::refusals::tell(&shop().render_text(&owner, "{{ ref('dim') }}").expect_err("unknown"));
    assert!(told.contains("at models/silver/sales.yml") && told.contains("no asset for `ref('dim')`"), "{told}");
}

/// Lines that may follow each other in any order and number.
fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "select a, 'it''s' -- a 'comment",
        "",
        "/* b */ from \"t\"",
        "{{ config(\n tags=['x']\n) }}",
        "{% if is_incremental() %}x\ny{% endif %}",
        "{% if true -%}\nz\n{%- endif %}",
        "{% for i in [1, 2, 3] %}\n  {{ i }}, -- each\n{% endfor %}",
        "{{ twice('q') }}",
        "{# a\nb #}",
        "{% set v = [1,\n2] %}{{ v }}",
        "{% macro local(x) %}\n{{ x }}\n{% endmacro %}{{ local(1) }}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rendering_keeps_the_number_of_lines(lines in prop::collection::vec(line(), 0..12), end in prop::bool::ANY) {
        let template = lines.join("\n") + if end { "\n" } else { "" };
        let sql = render(&template, RenderMode::Full);
        prop_assert_eq!(sql.matches('\n').count(), template.matches('\n').count(), "{}\n---\n{}", template, sql);
        let marked = sql.contains(['\u{E000}', '\u{E001}']);
        prop_assert!(!marked);
    }
}
