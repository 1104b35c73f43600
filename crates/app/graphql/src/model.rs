//! Operations as fields: what each takes and gives, in types of GraphQL. No library is needed to say it.
//!
//! Invariants: every operation is a field, unless it is declared otherwise; no two have one name.

use std::collections::BTreeMap;

use http_edge::{Access, Gives, Operation, Root};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use crate::{
    GraphqlError,
    handler::{Handler, VERSION},
    links::{Follow, LINKS, Link},
    name::{camel, pascal},
    reader::{Reader, Side},
    types::{INT64, JSON, Member, Shape, Typed, Types},
};

/// An argument that is a part of the path, or of the query.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) about: String,
    pub(crate) typed: Typed,
    pub(crate) is_path: bool,
}

/// An operation as a field.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) root: Root,
    pub(crate) name: String,
    pub(crate) handler: Handler,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) body: Option<Typed>,
    /// What it gives; of a subscription, each event.
    pub(crate) gives: Typed,
}

/// Everything that the schema is made of.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) types: Types,
    pub(crate) served: Vec<Served>,
    pub(crate) follows: Vec<Follow>,
}

/// The schemas of one operation.
struct Schemas {
    query: Option<Value>,
    body: Option<Value>,
    gives: Option<Value>,
    is_text: bool,
}

impl Served {
    /// What the field is for, and who may ask it.
    pub(crate) fn about(&self) -> String {
        let operation = &self.handler.operation;
        let needs = match operation.access() {
            Access::Public => "For anybody.".to_owned(),
            Access::SignedIn => "For whoever is signed in.".to_owned(),
            Access::Needs(permission) => format!("Needs `{}`.", permission.name()),
        };
        let parts = [operation.summary(), operation.description(), needs.as_str()];
        let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        said.join("\n\n")
    }
}

impl Model {
    pub(crate) fn new(operations: &[Operation]) -> Result<Self, GraphqlError> {
        let served: Vec<_> = operations.iter().filter_map(|each| each.field().map(|field| (each, field))).collect();
        let settings = SchemaSettings::draft2020_12();
        let mut given = settings.clone().for_serialize().into_generator();
        let mut taken = settings.for_deserialize().into_generator();
        let schemas: Vec<Schemas> = served.iter().map(|(each, _)| schemas(each, &mut given, &mut taken)).collect();
        let (given, taken) = (given.take_definitions(true), taken.take_definitions(true));
        let mut types = Types::default();
        let mut all = Vec::with_capacity(served.len());
        let mut clashes = Vec::new();
        {
            let mut reader = Reader::new(&given, Side::Given, &mut types);
            for ((operation, field), schemas) in served.iter().zip(&schemas) {
                all.push(gives(operation, field, schemas, &mut reader));
            }
            clashes.append(&mut reader.clashes);
        }
        let mut reader = Reader::new(&taken, Side::Taken, &mut types);
        for (served, schemas) in all.iter_mut().zip(&schemas) {
            takes(served, schemas, &mut reader);
        }
        clashes.append(&mut reader.clashes);
        let mut model = Self { types, served: all, follows: Vec::new() };
        model.version();
        model.unique(&clashes)?;
        model.follow(&LINKS);
        Ok(model)
    }

    /// The field of this name.
    pub(crate) fn find(&self, root: Root, name: &str) -> Option<&Served> {
        self.served.iter().find(|served| served.root == root && served.name == name)
    }

    /// What has a version shows it, for `ifVersion`.
    fn version(&mut self) {
        for served in self.served.iter().filter(|served| served.handler.operation.has_version()) {
            let Shape::Object(name) = &served.gives.shape else { continue };
            let Some(object) = self.types.objects.get_mut(name) else { continue };
            if object.members.iter().all(|member| member.name != "version") {
                object.members.push(Member {
                    name: "version".to_owned(),
                    key: VERSION.to_owned(),
                    about: "What `ifVersion` takes; null where it is not known.".to_owned(),
                    typed: Typed::or_null(Shape::Int64),
                });
            }
        }
    }

    fn unique(&self, clashes: &[String]) -> Result<(), GraphqlError> {
        let same = |first: String, second: String| Err(GraphqlError::SameName { first, second });
        if let Some(name) = clashes.first() {
            return same(format!("a type `{name}`"), format!("another type `{name}`"));
        }
        let mut fields = BTreeMap::new();
        for served in &self.served {
            let id = served.handler.operation.id();
            if let Some(first) = fields.insert((served.root, &served.name), id) {
                return same(format!("operation `{first}`"), format!("operation `{id}`"));
            }
            let mut names = std::collections::BTreeSet::from(["input", "ifVersion"]);
            if let Some(twice) = served.arguments.iter().find(|argument| !names.insert(&argument.name)) {
                return same(format!("an argument of `{id}`"), format!("its argument `{}`", twice.name));
            }
        }
        let own = ["Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID", JSON, INT64];
        let types = &self.types;
        let kinds = [
            types.objects.keys().collect::<Vec<_>>(),
            types.inputs.keys().collect(),
            types.enums.keys().collect(),
            types.unions.keys().collect(),
        ];
        let mut names: std::collections::BTreeSet<&str> = own.into();
        match kinds.into_iter().flatten().find(|name| !names.insert(name.as_str())) {
            Some(name) => same(format!("a type `{name}`"), "another kind of type".to_owned()),
            None => Ok(()),
        }
    }

    fn follow(&mut self, links: &'static [Link]) {
        self.follows = links.iter().filter_map(|link| Follow::new(link, &self.types, &self.served)).collect();
    }
}

fn schemas(operation: &Operation, given: &mut SchemaGenerator, taken: &mut SchemaGenerator) -> Schemas {
    let (gives, is_text) = match operation.gives(given) {
        Gives::Json(schema) | Gives::Events(schema) => (Some(schema.to_value()), false),
        Gives::Nothing => (None, false),
        Gives::Text(_) => (None, true),
    };
    Schemas {
        query: operation.query_schema(taken).map(schemars::Schema::to_value),
        body: operation.body_schema(taken).map(schemars::Schema::to_value),
        gives,
        is_text,
    }
}

fn gives(operation: &Operation, (root, name): &(Root, String), schemas: &Schemas, reader: &mut Reader<'_>) -> Served {
    let typed = match &schemas.gives {
        Some(schema) => reader.read(schema, &format!("{}Answer", pascal(name))),
        None if schemas.is_text => Typed::new(Shape::Text),
        None => Typed::new(Shape::Flag),
    };
    // A field whose operation refuses is null beside its error; the others keep their answers.
    let gives = Typed { nullable: true, ..typed };
    let path = operation.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let argument = |key: &str| Argument {
        name: camel(key),
        key: key.to_owned(),
        about: String::new(),
        typed: Typed::new(if key.ends_with("_id") { Shape::Id } else { Shape::Text }),
        is_path: true,
    };
    let arguments = path.map(argument).collect();
    Served { root: *root, name: name.clone(), handler: Handler::new(operation), arguments, body: None, gives }
}

fn takes(served: &mut Served, schemas: &Schemas, reader: &mut Reader<'_>) {
    let name = pascal(&served.name);
    served.body = schemas.body.as_ref().map(|schema| reader.read_as(schema, &name));
    let Some(query) = &schemas.query else { return };
    let definition = query.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let query = definition.and_then(|name| reader.definitions.get(name)).unwrap_or(query).clone();
    let none = Map::new();
    let required = query["required"].as_array().cloned().unwrap_or_default();
    for (key, property) in query["properties"].as_object().unwrap_or(&none) {
        let typed = reader.read(property, &format!("{name}{}", pascal(key)));
        let nullable = typed.nullable || !required.iter().any(|each| each == key);
        served.arguments.push(Argument {
            name: camel(key),
            key: key.clone(),
            about: property["description"].as_str().unwrap_or_default().to_owned(),
            typed: Typed { nullable, ..typed },
            is_path: false,
        });
    }
}
