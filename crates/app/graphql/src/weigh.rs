//! How much a document asks for, found out before any of it is run.
//!
//! Invariants: fragments count wherever they are spread, pages by their `limit`; what a document costs to weigh is bounded by
//! the limits themselves, so that none can be made that is dear to refuse.
//!
//! Absent on purpose: `@skip` and `@include`, which are counted as if they let everything through.

use async_graphql::{
    Name, Value as Given, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet},
};
use http_edge::Root;

use crate::{
    GraphqlError, GraphqlSettings,
    model::{Model, Served},
    types::{Shape, Typed},
};

/// Items of a page whose `limit` is not given, and of lists that have none.
const USUAL_PAGE: u64 = 50;
const USUAL_LIST: u64 = 10;
/// A link is a call of its own.
const LINK: u64 = 2;
/// Fragments inside each other, as many as the library reads.
const MOST_FRAGMENTS: u32 = 32;
/// Lists of the schema inside each other. Source: graphql-js, `MaxIntrospectionDepthRule`.
const MOST_SCHEMA_LISTS: u32 = 2;
/// Fields of the schema that one document asks for, wherever its fragments are spread: each may be answered for every field of every
/// type. What graphql-js and `GraphiQL` ask at their start has about 250.
const MOST_SCHEMA_FIELDS: u32 = 400;
const SCHEMA_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// What is known of a document before it is run.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) root: Root,
    /// Names of the answer's fields, in the document's order.
    pub(crate) keys: Vec<Name>,
    /// Whether an operation's answer holds a secret.
    pub(crate) is_secret: bool,
    /// Whether it asks for the schema, which costs much and awaits nothing.
    pub(crate) reads_schema: bool,
}

/// Weighs the operation of this name.
pub(crate) fn weigh(
    (model, settings): (&Model, &GraphqlSettings),
    (document, name): (&ExecutableDocument, Option<&str>),
    variables: &Variables,
) -> Result<Weighed, GraphqlError> {
    let operation = chosen(document, name)?;
    let root = match operation.ty {
        OperationType::Query => Root::Query,
        OperationType::Mutation => Root::Mutation,
        OperationType::Subscription => Root::Subscription,
    };
    let weighed = Weighed { root, keys: Vec::new(), is_secret: false, reads_schema: false };
    let mut scales = Scales {
        model,
        settings,
        document,
        operation,
        variables,
        weighed,
        roots: 0,
        aliases: 0,
        steps: 0,
        schema_fields: 0,
    };
    let cost = scales.set(&operation.selection_set.node, Place { on: On::Root, depth: 1, lists: 0, fragments: 0 })?;
    beyond("fields of an answer", cost, settings.max_complexity)?;
    Ok(scales.weighed)
}

fn chosen<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition, GraphqlError> {
    let mut all = document.operations.iter();
    let bad = |why: String| GraphqlError::BadDocument { why };
    match name {
        Some(name) => {
            let found = all.find(|(known, _)| known.is_some_and(|known| known == name));
            found.map(|(_, operation)| &operation.node).ok_or_else(|| bad(format!("there is no operation `{name}`")))
        }
        None => match (all.next(), all.next()) {
            (Some((_, operation)), None) => Ok(&operation.node),
            _ => Err(bad("there are several operations; `operationName` says which".to_owned())),
        },
    }
}

fn beyond(what: &'static str, count: u64, most: u32) -> Result<(), GraphqlError> {
    if count > u64::from(most) { Err(GraphqlError::BeyondLimit { what, most: most.into() }) } else { Ok(()) }
}

/// The type that a selection is of.
#[derive(Debug, Clone, Copy)]
enum On<'a> {
    Root,
    /// An object or union, and how many items its `items` have, where it is a page.
    Type(&'a str, u64),
    /// Of the schema itself.
    Schema,
    /// A leaf, or nothing that is known: validation refuses it.
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    on: On<'a>,
    depth: u32,
    /// Lists of the schema around it.
    lists: u32,
    /// Fragments around it.
    fragments: u32,
}

struct Scales<'a> {
    model: &'a Model,
    settings: &'a GraphqlSettings,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    weighed: Weighed,
    roots: u64,
    aliases: u64,
    steps: u64,
    schema_fields: u64,
}

impl<'a> Scales<'a> {
    fn set(&mut self, set: &'a SelectionSet, place: Place<'a>) -> Result<u64, GraphqlError> {
        let mut cost = 0_u64;
        for selection in &set.items {
            // Fragments may double at each spread: what is walked is bounded, not only what it costs. A cycle ends here too.
            self.steps += 1;
            beyond("fields of an answer", self.steps, self.settings.max_complexity)?;
            cost = cost.saturating_add(match &selection.node {
                Selection::Field(field) => self.field(&field.node, place)?,
                Selection::InlineFragment(fragment) => {
                    let on = Self::narrowed(place.on, fragment.node.type_condition.as_ref().map(|on| &on.node.on.node));
                    self.set(&fragment.node.selection_set.node, Place { on, ..place.within_fragment()? })?
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) else { continue };
                    let on = Self::narrowed(place.on, Some(&fragment.node.type_condition.node.on.node));
                    self.set(&fragment.node.selection_set.node, Place { on, ..place.within_fragment()? })?
                }
            });
        }
        Ok(cost)
    }

    /// A fragment on one type of a union is weighed as that type.
    fn narrowed(on: On<'a>, condition: Option<&'a Name>) -> On<'a> {
        match (on, condition) {
            (On::Type(_, page), Some(name)) => On::Type(name, page),
            (on, _) => on,
        }
    }

    fn field(&mut self, field: &'a Field, place: Place<'a>) -> Result<u64, GraphqlError> {
        let name = field.name.node.as_str();
        if field.alias.is_some() {
            self.aliases += 1;
            beyond("aliases", self.aliases, self.settings.max_aliases)?;
        }
        let is_schema = matches!(name, "__schema" | "__type");
        if is_schema && !self.settings.introspection {
            return Err(GraphqlError::NoIntrospection);
        }
        if is_schema || matches!(place.on, On::Schema) {
            self.root_key(field, place)?;
            self.weighed.reads_schema = true;
            self.schema_fields += 1;
            beyond("fields of the schema", self.schema_fields, MOST_SCHEMA_FIELDS)?;
            let lists = place.lists + u32::from(SCHEMA_LISTS.contains(&name));
            beyond("lists of the schema inside each other", lists.into(), MOST_SCHEMA_LISTS)?;
            return Ok(1 + self.set(&field.selection_set.node, Place { on: On::Schema, lists, ..place })?);
        }
        beyond("fields inside each other", place.depth.into(), self.settings.max_depth)?;
        let (own, on, times) = match place.on {
            On::Root => self.root(field, place)?,
            On::Type(on, page) => self.member(on, name, page),
            On::Schema | On::Nothing => (1, On::Nothing, 1),
        };
        let inner = self.set(&field.selection_set.node, Place { on, depth: place.depth + 1, ..place })?;
        Ok(inner.saturating_mul(times).saturating_add(own))
    }

    fn root(&mut self, field: &'a Field, place: Place<'a>) -> Result<(u64, On<'a>, u64), GraphqlError> {
        self.root_key(field, place)?;
        let Some(served) = self.model.find(self.weighed.root, &field.name.node) else { return Ok((1, On::Nothing, 1)) };
        self.weighed.is_secret |= served.handler.operation.is_secret();
        let page = self.limit(field, served);
        Ok((1, container(&served.gives, page), times(&served.gives, page)))
    }

    /// A field of the answer itself: an operation of its own.
    fn root_key(&mut self, field: &Field, place: Place<'_>) -> Result<(), GraphqlError> {
        if !matches!(place.on, On::Root) {
            return Ok(());
        }
        self.roots += 1;
        beyond("operations", self.roots, self.settings.max_root_fields)?;
        let key = &field.response_key().node;
        if !self.weighed.keys.contains(key) {
            self.weighed.keys.push(key.clone());
        } else if self.weighed.root == Root::Mutation {
            // The library would run it once for each; a write twice is worse than a refusal.
            return Err(GraphqlError::Repeated { key: key.to_string() });
        }
        Ok(())
    }

    /// Cost, type and number of what a field of an object holds.
    fn member(&self, on: &str, name: &str, page: u64) -> (u64, On<'a>, u64) {
        let object = self.model.types.objects.get(on);
        if let Some(member) = object.and_then(|object| object.members.iter().find(|member| member.name == name)) {
            let size = if member.key == "items" { page } else { USUAL_LIST };
            return (1, container(&member.typed, size), times(&member.typed, size));
        }
        let mut follows = self.model.follows.iter();
        match follows.find(|follow| follow.link.on == on && follow.link.field == name) {
            Some(follow) => (1 + LINK, container(&follow.gives, USUAL_LIST), 1),
            None => (1, On::Nothing, 1),
        }
    }

    /// Items of the page that a field asks for.
    fn limit(&self, field: &Field, served: &Served) -> u64 {
        if served.arguments.iter().all(|argument| argument.key != "limit") {
            return USUAL_PAGE;
        }
        let given = field.get_argument("limit").and_then(|value| {
            let value = value.node.clone().into_const_with(|name| self.variable(&name).ok_or(())).ok()?;
            match value {
                Given::Number(number) => number.as_u64(),
                _ => None,
            }
        });
        given.unwrap_or(USUAL_PAGE)
    }

    fn variable(&self, name: &Name) -> Option<Given> {
        let given = self.variables.get(name);
        let definitions = self.operation.variable_definitions.iter();
        let default = || {
            let mut all = definitions.map(|each| &each.node);
            all.find(|each| each.name.node == *name)?.default_value.as_ref().map(|value| value.node.clone())
        };
        given.cloned().or_else(default)
    }
}

impl Place<'_> {
    /// One that holds itself ends here.
    fn within_fragment(self) -> Result<Self, GraphqlError> {
        let fragments = self.fragments + 1;
        beyond("fragments inside each other", fragments.into(), MOST_FRAGMENTS)?;
        Ok(Self { fragments, ..self })
    }
}

fn container(typed: &Typed, page: u64) -> On<'_> {
    typed.container().map_or(On::Nothing, |(name, _)| On::Type(name, page))
}

fn times(typed: &Typed, size: u64) -> u64 {
    if matches!(typed.shape, Shape::List(_)) { size } else { 1 }
}
