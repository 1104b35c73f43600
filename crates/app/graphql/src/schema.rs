//! The model as a schema of the library, with a resolver for each field.
//!
//! Invariant: a resolver reads JSON that an operation gave, follows a link, or calls an operation; it does nothing else.

use std::sync::Arc;

use async_graphql::{
    Error, Value as Given,
    dynamic::{
        Enum, EnumItem, Field, FieldFuture, FieldValue, InputObject, InputValue, Object, ResolverContext, Scalar,
        Schema, SchemaBuilder, Subscription, SubscriptionField, SubscriptionFieldFuture, Type, TypeRef, Union,
    },
};
use http_edge::Root;
use serde_json::Value;

use crate::{
    GraphqlError,
    asking::{Asking, Loaded},
    handler::Given as Call,
    links::Key,
    model::{Model, Served},
    refusal::Refusal,
    streams,
    types::{self, INT64, JSON, Typed},
    values,
};

/// Name of the argument that a body is.
const INPUT: &str = "input";
/// Name of the argument that `If-Match` is.
const IF_VERSION: &str = "ifVersion";

/// The schema of a model.
pub(crate) fn schema(model: &Arc<Model>, introspection: bool) -> Result<Schema, GraphqlError> {
    let has = |root| model.served.iter().any(|served| served.root == root);
    let name = |root: Root| has(root).then(|| root.name());
    let mut builder = Schema::build(Root::Query.name(), name(Root::Mutation), name(Root::Subscription));
    builder = builder.register(json()).register(int64());
    if !introspection {
        builder = builder.disable_introspection().disable_suggestions();
    }
    builder = containers(model, builder);
    for root in [Root::Query, Root::Mutation] {
        if has(root) || root == Root::Query {
            builder = builder.register(operations(model, root));
        }
    }
    if has(Root::Subscription) {
        builder = builder.register(subscriptions(model));
    }
    builder.finish().map_err(|error| GraphqlError::BadSchema { why: error.to_string() })
}

fn json() -> Scalar {
    Scalar::new(JSON).description("Any JSON.")
}

fn int64() -> Scalar {
    let is_wide = |value: &Given| match value {
        Given::String(text) => values::wide(text).is_some(),
        Given::Number(number) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    Scalar::new(INT64).description("An integer of 64 bits, given as text; taken as text or number.").validator(is_wide)
}

fn containers(model: &Arc<Model>, mut builder: SchemaBuilder) -> SchemaBuilder {
    for (name, object) in &model.types.objects {
        builder = builder.register(output(model, name, object));
    }
    for (name, object) in &model.types.inputs {
        let input = object.members.iter().fold(InputObject::new(name), |input, member| {
            input.field(said(InputValue::new(&member.name, member.typed.reference()), &member.about))
        });
        builder = builder.register(if object.about.is_empty() { input } else { input.description(&object.about) });
    }
    for (name, of) in &model.types.enums {
        let all = of.items.iter().fold(Enum::new(name), |all, (item, _, about)| {
            let item = EnumItem::new(item);
            all.item(if about.is_empty() { item } else { item.description(about) })
        });
        builder = builder.register(if of.about.is_empty() { all } else { all.description(&of.about) });
    }
    for (name, of) in &model.types.unions {
        let all = of.variants.iter().fold(Union::new(name), |all, (_, variant)| all.possible_type(variant));
        builder = builder.register(if of.about.is_empty() { all } else { all.description(&of.about) });
    }
    builder
}

fn said(value: InputValue, about: &str) -> InputValue {
    if about.is_empty() { value } else { value.description(about) }
}

fn output(model: &Arc<Model>, name: &str, of: &types::Object) -> Type {
    let mut object = Object::new(name);
    if !of.about.is_empty() {
        object = object.description(&of.about);
    }
    for member in &of.members {
        let (model, typed, key) = (Arc::clone(model), member.typed.clone(), member.key.clone());
        let field = Field::new(&member.name, typed.reference(), move |context| {
            let value = values::parent(context.parent_value).and_then(|parent| parent.get(&key));
            FieldFuture::Value(value.and_then(|value| values::shown(&model.types, &typed, value)))
        });
        object = object.field(if member.about.is_empty() { field } else { field.description(&member.about) });
    }
    for (to, follow) in model.follows.iter().enumerate().filter(|(_, follow)| follow.link.on == name) {
        object = object.field(link(model, to, &follow.gives).description(follow.link.about));
    }
    object.into()
}

/// A field that follows an id.
fn link(model: &Arc<Model>, to: usize, gives: &Typed) -> Field {
    let (follow, by) = (&model.follows[to], model.follows[to].link.by);
    // Links that lead to one place ask together.
    let to = model.follows.iter().position(|other| other.link.to == follow.link.to).unwrap_or(to);
    Field::new(follow.link.field, gives.reference(), move |context| {
        let id = values::parent(context.parent_value).and_then(|parent| parent.get(by)?.as_str()).map(str::to_owned);
        FieldFuture::new(async move {
            let Some(id) = id else { return Ok(None) };
            match context.data::<Loaded>()?.load(Key { to, id }).await {
                Ok(found) => Ok(found.map(FieldValue::owned_any)),
                Err(refusal) => Ok(refused(&context, &refusal)),
            }
        })
    })
}

/// A field that is refused is null, and its neighbours are not: the error stands beside them.
fn refused(context: &ResolverContext<'_>, refusal: &Refusal) -> Option<FieldValue<'static>> {
    let error = refusal.error().into_server_error(context.item.pos);
    context.add_error(context.set_error_path(error));
    None
}

fn operations(model: &Arc<Model>, root: Root) -> Object {
    let mut object = Object::new(root.name());
    for (index, served) in model.served.iter().enumerate().filter(|(_, served)| served.root == root) {
        let all = Arc::clone(model);
        let field = Field::new(&served.name, served.gives.reference(), move |context| {
            let model = Arc::clone(&all);
            FieldFuture::new(async move {
                let (served, asking) = (&model.served[index], context.data::<Arc<Asking>>()?);
                match asking.call(served, given(&model, served, &context)).await {
                    Ok(value) => Ok(values::owned(&model.types, &served.gives, value)),
                    Err(refusal) => Ok(refused(&context, &refusal)),
                }
            })
        });
        object = object.field(arguments(served).into_iter().fold(field.description(served.about()), Field::argument));
    }
    if model.served.iter().all(|served| served.root != root) {
        // A schema has a query, whatever it is served for.
        object = object.field(Field::new("alive", TypeRef::named_nn(TypeRef::BOOLEAN), |_| {
            FieldFuture::from_value(Some(Given::Boolean(true)))
        }));
    }
    object
}

fn subscriptions(model: &Arc<Model>) -> Subscription {
    let mut all = Subscription::new(Root::Subscription.name());
    for (index, served) in model.served.iter().enumerate().filter(|(_, each)| each.root == Root::Subscription) {
        let shared = Arc::clone(model);
        let field = SubscriptionField::new(&served.name, served.gives.reference(), move |context| {
            let model = Arc::clone(&shared);
            SubscriptionFieldFuture::new(async move {
                let (served, asking) = (&model.served[index], Arc::clone(context.data::<Arc<Asking>>()?));
                let call = given(&model, served, &context);
                let events = streams::open(&asking, served, call).await.map_err(|refusal| refusal.error())?;
                Ok(futures::StreamExt::map(events, move |event| match event {
                    Ok(value) => {
                        let typed = &model.served[index].gives;
                        Ok::<_, Error>(values::owned(&model.types, typed, value).unwrap_or(FieldValue::NULL))
                    }
                    Err(refusal) => Err(refusal.error()),
                }))
            })
        });
        let field = arguments(served).into_iter().fold(field.description(served.about()), SubscriptionField::argument);
        all = all.field(field);
    }
    all
}

fn arguments(served: &Served) -> Vec<InputValue> {
    let plain = served.arguments.iter();
    let mut all: Vec<_> =
        plain.map(|each| said(InputValue::new(&each.name, each.typed.reference()), &each.about)).collect();
    if let Some(body) = &served.body {
        all.push(InputValue::new(INPUT, Typed::new(body.shape.clone()).reference()));
    }
    if served.handler.operation.is_versioned() {
        let about = "The `version` that the change is made on; another version is refused.";
        all.push(InputValue::new(IF_VERSION, TypeRef::named(INT64)).description(about));
    }
    all
}

/// The arguments of a field, as the request that REST would have got.
fn given(model: &Model, served: &Served, context: &ResolverContext<'_>) -> Call {
    let mut call = Call::default();
    for argument in &served.arguments {
        let Some(value) = context.args.get(&argument.name).filter(|value| !value.is_null()) else { continue };
        let text = text(&values::taken(&model.types, &argument.typed, value.as_value()));
        let side = if argument.is_path { &mut call.path } else { &mut call.query };
        side.push((argument.key.clone(), text));
    }
    if let Some(typed) = &served.body {
        let body = context.args.get(INPUT).map(|value| values::taken(&model.types, typed, value.as_value()));
        call.body = Some(body.unwrap_or(Value::Null));
    }
    let version = context.args.get(IF_VERSION).filter(|value| !value.is_null());
    call.version = version.map(|value| text(&value.as_value().clone().into_json().unwrap_or_default()));
    call
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
