//! Filters by table, and what holds of all of them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Asked, Direction, Sort};

const STATES: &[&str] = &["queued", "running"];
static FIELDS: [Field; 8] = [
    Field::new("name", Kind::Text).sorts(),
    Field::new("state", Kind::Word(STATES)),
    Field::new("rows", Kind::Number).sorts(),
    Field::new("open", Kind::Flag),
    Field::new("created_at", Kind::Time).sorts(),
    Field::new("tags", Kind::Texts),
    Field::new("owner", Kind::Text),
    Field::shown("log"),
];

fn read(text: &str) -> Result<Filter, Mistake> {
    Filter::parse(text, &FIELDS)
}

#[test]
fn filters_hold_of_what_they_say() {
    let item = json!({ "name": "gold.sales", "state": "running", "rows": 1200, "open": true, "owner": null,
        "created_at": "2026-01-31T12:00:00.000000Z", "tags": ["eu", "shop"], "log": "x" });
    for (text, expected) in [
        ("name = gold.sales", true),
        ("name=\"gold.sales\"", true),
        ("name = 'gold'", false),
        ("name : gold", true),
        ("name : silver", false),
        ("name > gold", true),
        ("state = running AND rows > 1000", true),
        ("state = queued OR rows > 1000", true),
        // OR binds tighter: (queued or running) and few rows.
        ("state = queued OR state = running AND rows < 10", false),
        ("state = queued OR (state = running AND rows = 1200)", true),
        ("NOT state = queued AND -open = false", true),
        ("NOT (state = running OR open = true)", false),
        ("rows >= 1200 AND rows <= 1.2e3 AND rows != 7", true),
        ("rows < -5", false),
        ("created_at >= 2026-01-31T12:00:00Z AND created_at < 2026-02-01", true),
        ("created_at > \"2026-01-31T12:00:00Z\"", false),
        ("tags : eu AND NOT tags : us", true),
        ("owner = null AND owner != ann AND name != null", true),
        ("owner > a OR owner < b", false),
        ("owner:* OR tags:*", true),
        ("owner:*", false),
    ] {
        assert_eq!(read(text).map(|filter| filter.holds(&item)), Ok(expected), "{text}");
    }
    assert!(read("rows = 12").unwrap().holds(&json!({ "rows": "12" })), "64 bits are a text in JSON");
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, at, why) in [
        ("", 1, "expected a field, and it ends here"),
        (
            "colour = red",
            1,
            "`colour` is not a field here; use `name`, `state`, `rows`, `open`, `created_at`, `tags`, `owner`",
        ),
        ("log = x", 1, "`log` is not a field here"),
        ("name", 5, "`name` is compared with nothing"),
        ("name = ", 8, "expected a value, and it ends here"),
        ("name gold", 6, "expected `=`, `!=`, `<`, `<=`, `>`, `>=` or `:`"),
        ("name = a rows = 1", 10, "expected `AND`, `OR` or the end"),
        ("name = a AND", 13, "expected a field, and it ends here"),
        ("name = a AND OR", 14, "expected a field"),
        ("(name = a", 1, "this `(` is not closed"),
        ("name = a)", 9, "there is no `(` for this `)`"),
        ("name = \"a", 8, "the quotes are not closed"),
        ("name = a, b", 9, "`,` is not expected"),
        ("état = é AND name = b", 1, "`état` is not a field here"),
        ("name = é, b", 9, "`,` is not expected"),
        ("state = asleep", 9, "`state` is compared with one of `queued`, `running`"),
        ("state > queued", 7, "`state` cannot be compared by `>` here"),
        ("rows = many", 8, "`rows` is compared with number"),
        ("rows = inf", 8, "`rows` is compared with number"),
        ("rows : 7", 6, "`rows` cannot be compared by `:` here"),
        ("rows < null", 6, "`rows` cannot be compared by `<` here"),
        ("tags = eu", 6, "`tags` cannot be compared by `=` here"),
        ("open = yes", 8, "`open` is compared with `true` or `false`"),
        ("created_at > yesterday", 14, "`created_at` is compared with time"),
        ("((((((((( name = a )))))))))", 9, "it is nested deeper than 8"),
    ] {
        let mistake = read(text).expect_err(text);
        assert!(mistake.at == at && mistake.why.starts_with(why), "{text}: {mistake:?}");
    }
    let many = vec!["rows = 1"; 33].join(" OR ");
    assert!(read(&many).expect_err("too many").why.contains("more than 32"));
    assert!(read(&format!("name = {}", "a".repeat(2_000))).expect_err("too long").why.contains("longer than 2000"));
}

#[test]
fn what_an_index_can_answer_is_known() {
    for (text, expected) in [
        ("state = running", Some("running")),
        ("rows > 3 AND state = running AND open = true", Some("running")),
        ("state = running OR rows > 3", None),
        ("NOT state = running", None),
        ("state != running", None),
        ("state = null", None),
        ("rows > 3 AND (state = running OR open = true)", None),
    ] {
        assert_eq!(read(text).unwrap().equal_to("state"), expected, "{text}");
    }
}

#[test]
fn an_order_is_by_its_fields_in_turn() {
    let sort = Sort::parse("-rows,name", &FIELDS).unwrap();
    let mut items = [
        json!({ "name": "b", "rows": 9 }),
        json!({ "name": "a", "rows": 9 }),
        json!({ "name": "c", "rows": 10 }),
        json!({ "name": "d", "rows": null }),
    ];
    items.sort_by(|a, b| sort.compare(a, b));
    let names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!((names.join(""), sort.to_string().as_str()), ("cabd".to_owned(), "-rows,name"));
    assert_eq!(sort.by("rows", Direction::Rising), Direction::Falling);
    assert_eq!(sort.by("created_at", Direction::Rising), Direction::Rising);
    for (text, at, why) in [
        ("", 1, "`` is not a field here; use `name`, `rows`, `created_at`"),
        ("name,state", 6, "`state` is not a field here"),
        ("name,-name", 6, "`name` is there twice"),
        ("+name", 1, "`+name` is not a field here"),
    ] {
        let mistake = Sort::parse(text, &FIELDS).expect_err(text);
        assert!(mistake.at == at && mistake.why.starts_with(why), "{text}: {mistake:?}");
    }
}

#[test]
fn a_choice_names_members_of_the_items() {
    assert!(Asked::of(&FIELDS, None, None, Some("name,log")).is_ok());
    let refused =
        serde_json::to_value(Asked::of(&FIELDS, None, None, Some("name,size")).expect_err("refused")).unwrap();
    assert_eq!((&refused["code"], &refused["errors"][0]["field"]), (&json!("http.bad_parameter"), &json!("fields")));
    assert!(refused["errors"][0]["message"].as_str().unwrap().starts_with("at character 6: `size`"), "{refused}");
}

/// Any filter within the bounds.
fn filters() -> impl Strategy<Value = Holds> {
    let is = |at: usize, op, value| Holds::Is(Comparison { field: &FIELDS[at], op, value });
    let texts = (prop::sample::select(vec![Op::Is, Op::IsNot, Op::Less, Op::AtLeast, Op::Has]), any::<String>())
        .prop_filter("short", |(_, text)| text.len() < 40)
        .prop_map(move |(op, text)| is(0, op, Literal::Text(text)));
    let numbers = (prop::sample::select(vec![Op::Is, Op::AtMost, Op::More]), -1e9..1e9_f64)
        .prop_map(move |(op, number)| is(2, op, Literal::Number(number)));
    let others = prop::sample::select(vec![
        is(3, Op::Is, Literal::Flag(true)),
        is(1, Op::IsNot, Literal::Text("queued".to_owned())),
        is(6, Op::Has, Literal::Any),
        is(6, Op::Is, Literal::Null),
        is(4, Op::More, Literal::Time("2026-01-31T00:00:00.000000Z".to_owned())),
    ]);
    prop_oneof![texts, numbers, others].prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Holds::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Holds::Any),
            inner.prop_map(|part| Holds::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_reads_back(holds in filters()) {
        let filter = Filter(holds);
        let text = filter.to_string();
        prop_assume!(text.len() <= 2_000);
        prop_assert_eq!(read(&text), Ok(filter), "{}", text);
    }

    #[test]
    fn a_denial_holds_where_it_does_not(holds in filters(), name: String, rows: i32) {
        let item = json!({ "name": name, "rows": rows, "state": "running" });
        let denied = Holds::Not(Box::new(holds.clone()));
        prop_assert_ne!(holds.of(&item), denied.of(&item));
    }

    #[test]
    fn no_text_breaks_the_reader(text: String, near in "[a-z()=<>!:\"' \\-ANDORT0-9.]{0,60}") {
        for text in [&text, &near] {
            if let Err(mistake) = read(text) {
                prop_assert!(mistake.at >= 1 && mistake.at <= text.chars().count() + 1, "{mistake:?}");
            }
        }
    }
}
