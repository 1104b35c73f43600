//! Whether a payload fits a schema, for the keywords that the schemas of our types have.
//!
//! Stricter than the standard in one point: a field that the schema does not name is a misfit, for it is a field that
//! somebody took away. A keyword that is not known here is a misfit too, never passed over.
//!
//! Absent on purpose: patterns and formats. The type itself reads every golden file, and judges its texts.

use serde_json::Value;

/// Keywords that are about something else, or that the type checks when it reads.
const PASSED_OVER: [&str; 12] = [
    "$schema",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "format",
    "pattern",
    "contentEncoding",
    "x-personal",
    "x-value",
    "required",
];

/// Where the value does not fit, each as a clause with its place.
pub(super) fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look((schema, value), "$", &mut found);
    found
}

fn look((schema, value): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let keywords = match schema {
        Value::Bool(true) => return,
        Value::Object(keywords) => keywords,
        _ => return found.push(format!("{path} must not be there")),
    };
    for (keyword, wanted) in keywords {
        let fits = match keyword.as_str() {
            "type" => wanted.as_array().map_or(is(value, wanted), |types| types.iter().any(|each| is(value, each))),
            "const" => value == wanted,
            "enum" => wanted.as_array().is_some_and(|values| values.contains(value)),
            "anyOf" | "oneOf" => {
                wanted.as_array().is_some_and(|several| several.iter().any(|each| misfits(each, value).is_empty()))
            }
            "minimum" => number(value, wanted, |value, least| value >= least),
            "maximum" => number(value, wanted, |value, most| value <= most),
            "minItems" | "minLength" => length(value).is_none_or(|length| length >= wanted.as_u64().unwrap_or(0)),
            "maxItems" | "maxLength" => {
                length(value).is_none_or(|length| length <= wanted.as_u64().unwrap_or(u64::MAX))
            }
            "uniqueItems" => {
                value.as_array().is_none_or(|items| (1..items.len()).all(|at| !items[..at].contains(&items[at])))
            }
            "properties" | "items" | "prefixItems" | "additionalProperties" => true,
            known if PASSED_OVER.contains(&known) => true,
            unknown => {
                found.push(format!("{path} has the keyword `{unknown}`, which testkit::schemas does not know yet"));
                true
            }
        };
        if !fits {
            found.push(format!("{path} is {value}, and `{keyword}` wants {wanted}"));
        }
    }
    fields((schema, value), path, found);
    items((schema, value), path, found);
}

fn fields((schema, value): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{path} has no `{name}`"));
        }
    }
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => look((schema, value), &path, found),
            (None, None) if schema.get("properties").is_some() => found.push(format!("{path} is not in the schema")),
            (None, None) => {}
        }
    }
}

fn items((schema, value): (&Value, &Value), path: &str, found: &mut Vec<String>) {
    let first = schema["prefixItems"].as_array().cloned().unwrap_or_default();
    for (at, value) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(schema) = first.get(at).or_else(|| schema.get("items")) {
            look((schema, value), &format!("{path}[{at}]"), found);
        }
    }
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn number(value: &Value, bound: &Value, holds: fn(f64, f64) -> bool) -> bool {
    value.as_f64().zip(bound.as_f64()).is_none_or(|(value, bound)| holds(value, bound))
}

/// Elements of a list, characters of a text.
fn length(value: &Value) -> Option<u64> {
    let of_text = value.as_str().map(|text| text.chars().count());
    u64::try_from(value.as_array().map(Vec::len).or(of_text)?).ok()
}
