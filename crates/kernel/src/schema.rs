//! The words of this crate as JSON Schema, so that an event which is made of them has one.
//!
//! Invariant: each is written in place, without a reference, as it is written by serde. A personal value carries
//! `x-personal: true` and, as `x-value`, the schema of what is sealed in it.
//!
//! Absent on purpose: a Cargo feature. It would make a second kernel, and all that stands on it, for every build without
//! tests (docs/adr/0005); unused, these functions are not linked.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Country, Currency, Cursor, Language, LanguageTag, Money, Personal, SubjectId, Timestamp};

/// What serde writes as a text.
macro_rules! text_schema {
    ($($name:ident: $description:literal, $pattern:literal;)*) => { $(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, "pattern": $pattern })
            }
        }
    )* };
}

text_schema! {
    Country: "country, ISO 3166-1 alpha-2", "^[A-Z]{2}$";
    Currency: "currency, ISO 4217", "^[A-Z]{3}$";
    Language: "language, ISO 639: two letters where there are any, else three", "^[a-z]{2,3}$";
    LanguageTag: "language tag, BCP 47: language, perhaps with a country", "^[a-z]{2,3}(-[A-Z]{2})?$";
    Money: "amount with exactly the digits of its currency, such as 12.50 EUR", "^-?[0-9]+(\\.[0-9]+)? [A-Z]{3}$";
    Cursor: "where a page ended; opaque", "^[A-Za-z0-9_-]+$";
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "format": "int64", "description": "microseconds since 1970-01-01T00:00:00Z" })
    }
}

impl<T: JsonSchema> JsonSchema for Personal<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Personal_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (subject, value) = (SubjectId::json_schema(generator), generator.subschema_for::<T>());
        json_schema!({
            "type": "object",
            "properties": {
                "$sealed": {
                    "type": "object",
                    "properties": {
                        "s": subject,
                        "k": { "type": "integer", "format": "uint32", "minimum": 0, "description": "version of the key" },
                        "c": { "type": "string", "contentEncoding": "base64", "description": "nonce, ciphertext and tag" },
                    },
                    "required": ["s", "k", "c"],
                    "additionalProperties": false,
                },
            },
            "required": ["$sealed"],
            "additionalProperties": false,
            "x-personal": true,
            "x-value": value,
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    use super::*;
    use crate::{RunId, Who};

    fn schema<T: JsonSchema>() -> Value {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        serde_json::to_value(schema).unwrap()
    }

    #[test]
    fn a_personal_value_is_marked_and_says_what_is_sealed_in_it() {
        let personal = schema::<Personal<String>>();
        assert_eq!((&personal["x-personal"], &personal["x-value"]), (&json!(true), &json!({ "type": "string" })));
        assert_eq!(personal["properties"]["$sealed"]["properties"]["s"]["format"], "uuid");
        assert_eq!(personal["additionalProperties"], json!(false));
        assert_ne!(personal, schema::<Personal<i64>>());
    }

    #[test]
    fn an_id_is_a_uuid_and_keeps_its_name() {
        assert_eq!(RunId::schema_name(), "RunId");
        let id = schema::<RunId>();
        assert_eq!((&id["type"], &id["format"]), (&json!("string"), &json!("uuid")));
    }

    #[test]
    fn times_are_numbers_and_words_are_texts_as_serde_writes_them() {
        assert_eq!(schema::<Timestamp>()["type"], "integer");
        assert!(serde_json::to_value(Timestamp(1)).unwrap().is_i64());
        for schema in [schema::<Country>(), schema::<Money>(), schema::<LanguageTag>()] {
            assert_eq!(schema["type"], "string");
        }
        assert_eq!(schema::<Who>()["oneOf"].as_array().map(Vec::len), Some(3));
    }
}
