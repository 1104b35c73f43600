//! The API's description, `OpenAPI` 3.1, made of its operations.
//!
//! Source: `OpenAPI` Specification 3.1.0; its schemas are JSON Schema 2020-12, as the types' own are. Deterministic: the same
//! operations give the same bytes, so that the document can be committed and compared.

use std::collections::BTreeMap;

use axum::http::Method;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Access, Field, Operation, ProblemBody,
    listing::{of_fields, of_filter, of_sort},
    operation::{Content, Describe},
};

/// What a document says of the whole.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Name of the API.
    pub title: &'static str,
    /// Of the product.
    pub version: &'static str,
    /// What a newcomer reads first, Markdown.
    pub description: &'static str,
}

/// The document of these operations. Each is tagged with the first word of its path after `/api/v1/`.
#[must_use]
pub fn document(about: About, operations: &[Operation]) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<ProblemBody>().to_value();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations {
        let described = describe(operation, &problem, &mut generator);
        paths.entry(operation.path).or_default().insert(operation.method.as_str().to_ascii_lowercase(), described);
    }
    let mut schemas: BTreeMap<String, Value> = generator.take_definitions(true).into_iter().collect();
    schemas.values_mut().for_each(without_dialect);
    json!({
        "openapi": "3.1.0",
        "info": { "title": about.title, "version": about.version, "description": about.description,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An access token of `POST /api/v1/sessions`, or an API key (`gg_…`)." },
                "session": { "type": "apiKey", "in": "cookie", "name": "grayghost_session", "description": "The browser's session. Writes also need the header `X-CSRF-Token`." },
            },
        },
    })
}

fn describe(operation: &Operation, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut described = Map::new();
    described.insert("operationId".into(), operation.id.into());
    described.insert("summary".into(), operation.summary.into());
    if !operation.description.is_empty() {
        described.insert("description".into(), operation.description.into());
    }
    described.insert("tags".into(), json!([tag(operation.path)]));
    let (security, may) = match operation.access {
        Access::Public => (json!([]), None),
        Access::SignedIn => (json!([{ "bearer": [] }, { "session": [] }]), None),
        Access::Needs(permission) => (json!([{ "bearer": [] }, { "session": [] }]), Some(permission.name())),
    };
    described.insert("security".into(), security);
    if let Some(permission) = may {
        described.insert("x-permission".into(), permission.into());
    }
    let parameters = parameters(operation, generator);
    if !parameters.is_empty() {
        described.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = operation.body {
        let content = json!({ "application/json": { "schema": schema(body, generator) } });
        described.insert("requestBody".into(), json!({ "required": true, "content": content }));
    }
    described.insert("responses".into(), responses(operation, problem, generator));
    described.into()
}

fn tag(path: &str) -> &str {
    let rest = path.strip_prefix("/api/v1/").unwrap_or(path.trim_start_matches('/'));
    rest.split('/').next().unwrap_or_default()
}

fn schema(describe: Describe, generator: &mut SchemaGenerator) -> Value {
    describe(generator).to_value()
}

/// Those of the path, of the query and of the headers.
fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let names = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = names
        .map(|name| {
            let schema = if name.ends_with("_id") {
                json!({ "type": "string", "format": "uuid" })
            } else {
                json!({ "type": "string", "minLength": 1 })
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if let Some(query) = operation.query {
        all.extend(of_query(query, generator).into_iter().map(|parameter| of_list(parameter, operation.listing)));
    }
    if operation.takes_version {
        all.push(json!({ "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "The `ETag` of the version that the change is made on; another version is refused with 412." }));
    }
    if operation.method == Method::POST && !operation.secret {
        all.push(json!({ "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "The same key and body within 24 hours give the first answer again; another body is refused with 409." }));
    }
    all
}

/// Each property of the query's struct is a parameter.
fn of_query(query: Describe, generator: &mut SchemaGenerator) -> Vec<Value> {
    let given = query(generator).to_value();
    let root = referred(&given, generator).unwrap_or(given);
    let required: Vec<&str> =
        root["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let Some(properties) = root["properties"].as_object() else { return Vec::new() };
    let one = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|members| members.remove("description"));
        let mut parameter = json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": not_null(schema) });
        if let Some(description) = description {
            parameter["description"] = description;
        }
        parameter
    };
    properties.iter().map(one).collect()
}

/// What `filter`, `sort` and `fields` mean is the same everywhere; which fields they know is the list's.
fn of_list(mut parameter: Value, fields: Option<&[Field]>) -> Value {
    let Some(fields) = fields else { return parameter };
    let told = match parameter["name"].as_str() {
        Some("filter") => of_filter(fields),
        Some("sort") => of_sort(fields),
        Some("fields") => of_fields(fields),
        _ => return parameter,
    };
    parameter["description"] = told.into();
    parameter
}

/// What may be left out of a query has no null: `?a=null` is the text.
fn not_null(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|each| each != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|each| each.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = choices.as_slice() {
            return only.clone();
        }
    }
    schema
}

fn responses(operation: &Operation, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let (status, content) = &operation.answer;
    let reason = status.canonical_reason().unwrap_or_default();
    let answer = match content {
        Content::Nothing => json!({ "description": reason }),
        Content::Json(describe) => {
            let whole = schema(*describe, generator);
            let schema = if takes_fields(operation, generator) { in_parts(whole, generator) } else { whole };
            json!({ "description": reason, "content": { "application/json": { "schema": schema } } })
        }
        Content::Text(media_type) => {
            json!({ "description": reason, "content": { *media_type: { "schema": { "type": "string" } } } })
        }
        // `itemSchema` is a word of OpenAPI 3.2; until then the schema of an event's data is an extension.
        Content::Events(describe) => {
            let event = schema(*describe, generator);
            json!({ "description": reason, "content": { "text/event-stream": { "schema": {}, "x-event": event } } })
        }
    };
    let refusal = json!({ "description": "A refusal; `code` says which, and has a page.", "content": { "application/problem+json": { "schema": problem } } });
    json!({ status.as_str(): answer, "default": refusal })
}

/// Whether a caller may ask for some members of the items.
fn takes_fields(operation: &Operation, generator: &mut SchemaGenerator) -> bool {
    let Some(query) = operation.query.filter(|_| operation.listing.is_some()) else { return false };
    of_query(query, generator).iter().any(|parameter| parameter["name"] == "fields")
}

/// The schema of a list whose items may lack any member, for that is what `fields` asks for.
fn in_parts(list: Value, generator: &mut SchemaGenerator) -> Value {
    let mut page = referred(&list, generator).unwrap_or(list);
    let Some(items) = page.pointer_mut("/properties/items/items") else { return page };
    if let Some(mut item) = referred(items, generator) {
        if let Some(members) = item.as_object_mut() {
            members.remove("required");
        }
        *items = item;
    }
    page
}

/// What a schema refers to; `None` where it says all itself.
fn referred(schema: &Value, generator: &mut SchemaGenerator) -> Option<Value> {
    let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
    generator.definitions().get(name).cloned()
}

/// A component's dialect is the document's.
fn without_dialect(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct List<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; `null` after the last.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page, each item in the API's form.
    pub fn of<U>(page: kernel::Page<U>, form: impl FnMut(U) -> T) -> Self {
        let next_cursor = page.next.map(|cursor| cursor.to_string());
        Self { items: page.items.into_iter().map(form).collect(), next_cursor }
    }
}
