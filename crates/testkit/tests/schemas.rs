//! Which changes of an event type are refused under one schema version, and which pass.

use std::{collections::BTreeMap, fs, marker::PhantomData, path::Path};

use kernel::{Aggregate, Event, Money, Personal, SubjectId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use testkit::schemas::{Mode, inspect};

kernel::typed_id!(
    /// One order.
    OrderId
);

/// The same aggregate, whatever its events are today.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Order<E>(PhantomData<E>);

impl<E> Default for Order<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: Event> Aggregate for Order<E> {
    const STREAM: &'static str = "shop.order";
    type Id = OrderId;
    type Event = E;
    type Published = ();

    fn apply(&mut self, _: &E) {}

    fn publish(&self, _: &E) -> Option<()> {
        None
    }
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Way {
    Post,
    Shop,
}

/// Today's events: a version, and the fields of the event `paid`. Gives the troubles with a folder.
macro_rules! today {
    ($mode:expr, $root:expr, $version:literal, { $($variants:tt)* }, [$($example:expr),*]) => {{
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Today { $($variants)* }

        impl Event for Today {
            const SCHEMA_VERSION: u16 = $version;

            fn upcast(kind: &str, _: u16, mut payload: serde_json::Value) -> serde_json::Value {
                if kind == "paid" {
                    payload["euros"] = (payload["cents"].as_i64().unwrap_or(0) / 100).into();
                }
                payload
            }
        }

        use Today::*;
        inspect::<Order<Today>>(&$root.path().join("crates/shop"), &[$($example),*], $mode)
    }};
}

/// A house in which version 1 was published.
fn published() -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(root.path().join("docs/reference")).expect("a folder");
    let first = today!(Mode::Write, root, 1, {
        /// Somebody paid.
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp },
        Closed,
    }, [
        Paid { cents: 5, way: Way::Post, by: by("Ann".to_owned()), note: None, at: Timestamp(1) },
        Closed
    ]);
    assert_eq!(first, Vec::<String>::new());
    root
}

fn by<T>(value: T) -> Personal<T> {
    Personal::of(SubjectId(kernel::uuid::Uuid::nil()), value)
}

fn files(root: &Path) -> BTreeMap<String, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below").display().to_string();
                found.insert(name, fs::read_to_string(&path).expect("read"));
            }
        }
    }
    found
}

/// Refused under version 1 in either mode, and nothing is overwritten.
macro_rules! refused {
    ($why:literal, { $($variants:tt)* }, [$($example:expr),*]) => {{
        let root = published();
        let before = files(root.path());
        for mode in [Mode::Compare, Mode::Write] {
            let troubles = today!(mode, root, 1, { $($variants)* }, [$($example),*]).join("\n");
            assert!(troubles.contains($why) && troubles.contains("raise SCHEMA_VERSION to 2"), "{}: {troubles}", $why);
        }
        let after = files(root.path());
        assert!(before.iter().all(|(name, text)| after.get(name) == Some(text)), "{}", $why);
    }};
}

/// Asked for in comparing, written in writing, and then as if it had always been so.
macro_rules! passes {
    ($version:literal, $why:literal, { $($variants:tt)* }, [$($example:expr),*]) => {{
        let root = published();
        for (mode, expected) in [(Mode::Compare, $why), (Mode::Write, ""), (Mode::Compare, "")] {
            let troubles = today!(mode, root, $version, { $($variants)* }, [$($example),*]).join("\n");
            assert_eq!((expected.is_empty(), troubles.contains(expected)), (troubles.is_empty(), true), "{troubles}");
        }
        files(root.path())
    }};
}

#[test]
fn what_is_published_is_one_schema_and_one_payload_for_each_type() {
    let root = published();
    let files = files(root.path());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "crates/shop/tests/golden/shop.order/closed.v1.json",
            "crates/shop/tests/golden/shop.order/paid.v1.json",
            "docs/reference/events/shop.order/closed.v1.json",
            "docs/reference/events/shop.order/paid.v1.json",
        ]
    );
    let schema: serde_json::Value = serde_json::from_str(&files[names[3]]).expect("JSON");
    assert_eq!(
        (&schema["title"], &schema["description"]),
        (&"shop.order: paid, version 1".into(), &"Somebody paid.".into())
    );
    assert_eq!(schema["properties"]["by"]["x-personal"], true);
    assert_eq!(schema["required"], serde_json::json!(["type", "cents", "way", "by", "at"]));
    assert!(files[names[1]].contains("$sealed") && !files[names[1]].contains("Ann"), "{}", files[names[1]]);
}

#[test]
fn a_field_is_not_taken_away_or_renamed() {
    refused!("field `cents` is gone", {
        Paid { way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed]);
    refused!("field `note` is gone", {
        Paid { cents: i64, way: Way, by: Personal<String>, remark: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), remark: None, at: Timestamp(1) }, Closed]);
}

#[test]
fn a_field_that_must_be_there_is_not_added_nor_made_of_one_that_may_be_missing() {
    refused!("new field `shop` must be there", {
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp, shop: String }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1), shop: String::new() }, Closed]);
    refused!("field `note` must be there now", {
        Paid { cents: i64, way: Way, by: Personal<String>, note: String, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), note: String::new(), at: Timestamp(1) }, Closed]);
}

#[test]
fn a_field_does_not_change_its_type_inside_an_envelope_either() {
    refused!("field `cents` had `type`", {
        Paid { cents: Money, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: "1.00 EUR".parse().expect("money"), way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed]);
    refused!("field `cents` had `format`", {
        Paid { cents: i32, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed]);
    refused!("field `by` had `x-value`", {
        Paid { cents: i64, way: Way, by: Personal<i64>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: by(5), note: None, at: Timestamp(1) }, Closed]);
    refused!("field `by` had", {
        Paid { cents: i64, way: Way, by: String, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Way::Shop, by: "Ann".to_owned(), note: None, at: Timestamp(1) }, Closed]);
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Less {
    Post,
}

#[test]
fn a_variant_is_not_taken_away_or_renamed_outside_and_inside() {
    refused!("`closed` version 1 is gone or renamed", {
        /// Somebody paid.
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Ended,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Ended]);

    refused!("field `way` no longer takes", {
        Paid { cents: i64, way: Less, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: Less::Post, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed]);
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum More {
    Post,
    Shop,
    Drone,
}

#[test]
fn a_field_that_may_be_missing_another_event_and_another_variant_are_added_freely() {
    let files = passes!(1, "the schema of `paid` version 1 is old", {
        /// In other words.
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp, shop: Option<String> },
        Closed,
    }, [Paid { cents: 7, way: Way::Shop, by: by("Eve".to_owned()), note: None, at: Timestamp(1), shop: None }, Closed]);
    assert!(files["docs/reference/events/shop.order/paid.v1.json"].contains("\"shop\""));
    assert!(files["crates/shop/tests/golden/shop.order/paid.v1.json"].contains("\"cents\": 5"), "written over");

    passes!(1, "`opened` version 1 has no schema", {
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed, Opened,
    }, [Paid { cents: 5, way: Way::Shop, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed, Opened]);

    passes!(1, "the schema of `paid` version 1 is old", {
        Paid { cents: i64, way: More, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Paid { cents: 5, way: More::Drone, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed]);
}

#[test]
fn under_a_raised_version_the_shape_may_change_and_the_old_golden_files_are_still_read() {
    let files =
        passes!(2, "`paid` version 2 has no schema", { Paid { euros: i64 } , Closed }, [Paid { euros: 5 }, Closed]);
    assert_eq!(files.len(), 8, "{:?}", files.keys());
}

#[test]
fn a_raised_version_without_a_bridge_is_refused() {
    let root = published();
    let troubles = today!(Mode::Write, root, 2, { Paid { pounds: i64 }, Closed }, [Paid { pounds: 5 }, Closed]);
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(troubles[0].contains("golden file of `paid` version 1 is not read any more"), "{troubles:?}");
}

type Change<'a> = &'a dyn Fn(&Path);

#[test]
fn files_that_are_missing_or_were_edited_are_noticed() {
    let look = |change: &dyn Fn(&Path)| {
        let root = published();
        change(root.path());
        today!(Mode::Compare, root, 1, {
            /// Somebody paid.
            Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp },
            Closed,
        }, [Paid { cents: 5, way: Way::Post, by: by("Ann".to_owned()), note: None, at: Timestamp(1) }, Closed])
        .join("\n")
    };
    let (schema, golden) =
        ("docs/reference/events/shop.order/paid.v1.json", "crates/shop/tests/golden/shop.order/paid.v1.json");
    let edit = |root: &Path, name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(root.join(name)).expect("read");
        assert!(text.contains(from), "{text}");
        fs::write(root.join(name), text.replace(from, to)).expect("written");
    };
    assert_eq!(look(&|_| {}), "");
    let cases: [(Change<'_>, &str); 6] = [
        (&|root| fs::remove_file(root.join(schema)).expect("removed"), "`paid` version 1 has no schema"),
        (&|root| fs::remove_file(root.join(golden)).expect("removed"), "`paid` version 1 has no golden file"),
        (
            &|root| edit(root, golden, "\"cents\": 5", "\"cents\": \"5\""),
            "$.cents is \"5\", and `type` wants \"integer\"",
        ),
        (&|root| edit(root, golden, "\"cents\": 5", "\"cents\": 5, \"gone\": 1"), "$.gone is not in the schema"),
        (&|root| edit(root, golden, "\"way\": \"post\",", ""), "$ has no `way`"),
        (&|root| edit(root, schema, "Somebody paid.", "Other words."), "the schema of `paid` version 1 is old"),
    ];
    for (change, expected) in cases {
        let troubles = look(change);
        assert!(troubles.contains(expected), "{expected}: {troubles}");
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Untagged(i64);

impl Event for Untagged {}

#[test]
fn an_event_without_an_example_or_a_tag_is_refused() {
    let root = published();
    let troubles = today!(Mode::Write, root, 1, {
        Paid { cents: i64, way: Way, by: Personal<String>, note: Option<String>, at: Timestamp }, Closed,
    }, [Closed]);
    assert_eq!(troubles, ["`paid` has no example: give the test one"]);

    let troubles = inspect::<Order<Untagged>>(root.path(), &[], Mode::Write);
    assert!(troubles[0].contains("#[serde(tag = \"type\")]"), "{troubles:?}");
}
