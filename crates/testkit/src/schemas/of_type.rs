//! What the type itself says: a schema for each of its variants, and its examples as they are stored.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{
    Event, SubjectId,
    seal::{self, Opened, SealError, Sealed, Sealer},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::files::Name;

/// An event type as its code has it.
pub(super) struct Types {
    pub(super) version: u16,
    /// By the name under which each variant is stored.
    pub(super) schemas: BTreeMap<String, Value>,
    pub(super) examples: Vec<(String, Value)>,
}

/// Reads a payload of this name, or says why not.
pub(super) type Read<'a> = dyn Fn(&Name, Value) -> Result<(), String> + 'a;

impl Types {
    pub(super) fn of<E: Event + JsonSchema>(stream: &str, examples: &[E]) -> Result<Self, String> {
        let root = SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<E>();
        let root = root.to_value();
        let variants = root["oneOf"].as_array().or_else(|| root["anyOf"].as_array()).ok_or_else(|| no_tag(stream))?;
        let schemas = variants.iter().map(|variant| {
            let kind = variant["properties"]["type"]["const"].as_str().ok_or_else(|| no_tag(stream))?;
            Ok((kind.to_owned(), document(stream, (kind, E::SCHEMA_VERSION), variant)))
        });
        let schemas = schemas.collect::<Result<_, String>>()?;
        let examples = examples.iter().map(stored).collect();
        Ok(Self { version: E::SCHEMA_VERSION, schemas, examples })
    }
}

fn no_tag(stream: &str) -> String {
    format!(
        "the events of `{stream}` are not told apart by their first member: an event is an enum with #[serde(tag = \"type\")]"
    )
}

/// The schema of one variant as a document of its own.
fn document(stream: &str, (kind, version): (&str, u16), variant: &Value) -> Value {
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("{stream}: {kind}, version {version}"),
    });
    for (keyword, value) in variant.as_object().into_iter().flatten() {
        document[keyword] = value.clone();
    }
    document
}

/// An event as the log stores it: its name, and its payload with personal fields in their envelopes.
fn stored<E: Event>(event: &E) -> (String, Value) {
    let written = seal::within(&toy(), || serde_json::to_value(event)).expect("sealed").expect("written as JSON");
    (written["type"].as_str().unwrap_or_default().to_owned(), written)
}

/// Reads a payload as the log does.
pub(super) fn read<E: Event>(name: &Name, payload: Value) -> Result<E, String> {
    let today = name.version == E::SCHEMA_VERSION;
    let present = if today { payload } else { E::upcast(&name.kind, name.version, payload) };
    let read = seal::within(&toy(), || serde_json::from_value(present)).map_err(|error| error.to_string())?;
    read.map_err(|error| error.to_string())
}

fn toy() -> Arc<dyn Sealer> {
    Arc::new(Unsealed)
}

/// Envelopes with the plain bytes in them: golden files are examples, and must open on every machine.
#[derive(Debug)]
struct Unsealed;

impl Sealer for Unsealed {
    fn seal(&self, _: SubjectId, plaintext: &[u8]) -> Result<Sealed, SealError> {
        Ok(Sealed { key_version: 1, bytes: plaintext.to_vec() })
    }

    fn open(&self, _: SubjectId, sealed: &Sealed) -> Result<Opened, SealError> {
        Ok(Opened::Plain(sealed.bytes.clone()))
    }
}
