//! What becomes of the types that Rust has words for.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

use super::*;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Change {
    /// It began.
    Begun {
        at: String,
    },
    Moved {
        rows: u64,
        next: Option<Box<Change>>,
    },
}

/// Where it ended.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum End {
    AllDone,
    /// Somebody stopped it.
    Cut,
}

#[derive(Serialize, JsonSchema)]
struct Inner {
    small: u16,
    #[schemars(range(max = 500))]
    bounded: u64,
    wide: u64,
    ratio: Option<f64>,
}

/// A thing.
#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "as ids are called in answers")]
struct Thing {
    /// Its id.
    thing_id: kernel::RunId,
    #[serde(flatten)]
    inner: Inner,
    end: End,
    last_end: Option<End>,
    changes: Vec<Change>,
    free: Value,
    named: std::collections::BTreeMap<String, u32>,
    me: Option<Box<Thing>>,
    secret: kernel::Personal<String>,
}

fn types<T: JsonSchema>(side: Side) -> (Typed, Types) {
    let settings = SchemaSettings::draft2020_12();
    let mut generator: SchemaGenerator = settings.for_serialize().into_generator();
    let root = generator.subschema_for::<T>().to_value();
    let definitions = generator.take_definitions(true);
    let mut types = Types::default();
    let mut reader = Reader::new(&definitions, side, &mut types);
    let typed = reader.read(&root, "Root");
    assert!(reader.clashes.is_empty(), "{:?}", reader.clashes);
    (typed, types)
}

fn printed(object: &Object) -> Vec<String> {
    object.members.iter().map(|member| format!("{}: {}", member.name, member.typed.reference())).collect()
}

#[test]
fn an_object_is_read_with_all_that_it_holds() {
    let (typed, types) = types::<Thing>(Side::Given);
    assert_eq!(typed.reference().to_string(), "Thing!");
    let thing = &types.objects["Thing"];
    assert_eq!((thing.about.as_str(), thing.members[0].about.as_str()), ("A thing.", "Its id."));
    let mut lines = printed(thing);
    lines.sort();
    assert_eq!(
        lines,
        [
            "bounded: Int!",
            "changes: [Change!]!",
            "end: End!",
            "free: JSON",
            "lastEnd: End",
            "me: Thing",
            "named: JSON!",
            "ratio: Float",
            "secret: JSON!",
            "small: Int!",
            "thingId: ID!",
            "wide: Int64!",
        ]
    );
    let end = &types.enums["End"];
    assert_eq!(end.items[0], ("ALL_DONE".to_owned(), "all-done".to_owned(), String::new()));
    assert_eq!(end.items[1].2, "Somebody stopped it.");
    let change = &types.unions["Change"];
    assert_eq!((change.tag.as_str(), change.variants.len()), ("kind", 2));
    assert_eq!(change.variant(&serde_json::json!({ "kind": "moved" })), Some("ChangeMoved"));
    assert_eq!(printed(&types.objects["ChangeMoved"]), ["kind: String!", "rows: Int64!", "next: Change"]);
}

#[test]
fn what_is_taken_has_names_of_its_own_and_no_unions() {
    let (typed, types) = types::<Thing>(Side::Taken);
    assert_eq!(typed.reference().to_string(), "ThingInput!");
    assert!(types.objects.is_empty() && types.unions.is_empty());
    let lines = printed(&types.inputs["ThingInput"]);
    assert!(
        lines.contains(&"changes: [JSON!]!".to_owned()) && lines.contains(&"me: ThingInput".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn two_types_of_one_name_are_found() {
    let definitions = serde_json::json!({
        "a": { "type": "object", "properties": { "x": { "type": "string" } } },
        "A": { "type": "object", "properties": { "y": { "type": "string" } } },
    });
    let mut types = Types::default();
    let mut reader = Reader::new(definitions.as_object().unwrap(), Side::Given, &mut types);
    for name in ["a", "A"] {
        reader.read(&serde_json::json!({ "$ref": format!("#/$defs/{name}") }), "");
    }
    assert_eq!(reader.clashes, ["A"]);
}
