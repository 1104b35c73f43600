//! Fields that follow an id to what another operation gives: without them a client asks once more for each.
//!
//! Invariants: a link asks through the same handler, budget and access as its operation's own field; each distinct id is
//! asked for once in a document, and where the operation gives many at once, all of them in one call. What is gone is null.
//!
//! A link to add is a line of [`LINKS`]; one whose type or operation is not served is left out.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use axum::http::StatusCode;
use futures::{StreamExt as _, stream};
use http_edge::Root;
use serde_json::Value;

use crate::{
    asking::Asking,
    handler::Given,
    model::Served,
    refusal::Refusal,
    types::{Shape, Typed, Types},
};

/// Calls for single ids that run at once.
const AT_ONCE: usize = 8;
/// Pages of a list that are read for the ids of one document.
const MOST_PAGES: usize = 10;
/// Items of such a page: the most that lists give.
const PAGE: &str = "500";

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Link {
    /// The type that has the field.
    pub(crate) on: &'static str,
    pub(crate) field: &'static str,
    pub(crate) about: &'static str,
    /// The member that holds the id, as JSON names it.
    pub(crate) by: &'static str,
    pub(crate) to: To,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// To what this operation gives for the id, as this part of its path.
    One { operation: &'static str, part: &'static str },
    /// To the item of this list that has the id in this member.
    Among { operation: &'static str, key: &'static str },
}

const fn one(on: &'static str, field: &'static str, by: &'static str, to: (&'static str, &'static str)) -> Link {
    Link { on, field, about: "Null where it is gone.", by, to: To::One { operation: to.0, part: to.1 } }
}

const fn among(on: &'static str, field: &'static str, by: &'static str, to: (&'static str, &'static str)) -> Link {
    Link { on, field, about: "Null where you cannot see it.", by, to: To::Among { operation: to.0, key: to.1 } }
}

/// All links.
pub(crate) const LINKS: [Link; 9] = [
    among("ApiKey", "issuer", "issued_by", ("list_members", "user_id")),
    one("DeadLetter", "event", "event_id", ("show_event", "event_id")),
    one("DeadLetterWithFact", "event", "event_id", ("show_event", "event_id")),
    one("Event", "cause", "causation_id", ("show_event", "event_id")),
    among("IssuedKey", "apiKey", "key_id", ("list_keys", "key_id")),
    among("Member", "roleDefinition", "role", ("list_roles", "role")),
    one("Run", "job", "job_id", ("show_job", "job_id")),
    among("Session", "workspace", "workspace_id", ("list_workspaces", "workspace_id")),
    among("Invitation", "roleDefinition", "role", ("list_roles", "role")),
];

/// A link whose type and operation are served.
#[derive(Debug)]
pub(crate) struct Follow {
    pub(crate) link: &'static Link,
    /// Index of the operation among those served.
    pub(crate) served: usize,
    pub(crate) gives: Typed,
}

/// One id of one link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Links to one operation ask together.
    pub(crate) to: usize,
    pub(crate) id: String,
}

/// What an id leads to.
pub(crate) type Found = Result<Option<Arc<Value>>, Refusal>;

impl Follow {
    pub(crate) fn new(link: &'static Link, types: &Types, all: &[Served]) -> Option<Self> {
        let object = types.objects.get(link.on)?;
        let has_id = object.members.iter().any(|member| member.key == link.by);
        let is_free = object.members.iter().all(|member| member.name != link.field);
        let (To::One { operation, .. } | To::Among { operation, .. }) = link.to;
        let is_it = |served: &Served| served.root == Root::Query && served.handler.operation.id() == operation;
        let served = all.iter().position(is_it).filter(|_| has_id && is_free)?;
        let gives = match (&link.to, &all[served].gives.shape) {
            (To::One { .. }, shape) => shape.clone(),
            (To::Among { .. }, Shape::Object(list)) => item(types.objects.get(list)?)?,
            (To::Among { .. }, _) => return None,
        };
        Some(Self { link, served, gives: Typed::or_null(gives) })
    }
}

/// The type of a list's items.
fn item(list: &crate::types::Object) -> Option<Shape> {
    let items = list.members.iter().find(|member| member.key == "items")?;
    match &items.typed.shape {
        Shape::List(item) => Some(item.shape.clone()),
        _ => None,
    }
}

/// Loads what links lead to, for one document.
pub(crate) struct Follower(pub(crate) Arc<Asking>);

impl Loader<Key> for Follower {
    type Value = Found;
    type Error = Infallible;

    async fn load(&self, keys: &[Key]) -> Result<HashMap<Key, Found>, Infallible> {
        let mut of_link: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for key in keys {
            of_link.entry(key.to).or_default().push(key.id.clone());
        }
        let mut all = HashMap::with_capacity(keys.len());
        for (to, ids) in of_link {
            let found = self.follow(to, ids).await;
            all.extend(found.into_iter().map(|(id, found)| (Key { to, id }, found)));
        }
        Ok(all)
    }
}

impl Follower {
    async fn follow(&self, to: usize, ids: Vec<String>) -> Vec<(String, Found)> {
        let asking = &self.0;
        let Some(follow) = asking.model.follows.get(to) else { return Vec::new() };
        let served = &asking.model.served[follow.served];
        match follow.link.to {
            To::One { part, .. } => {
                let calls = ids.into_iter().map(|id| async move {
                    let given = Given { path: vec![(part.to_owned(), id.clone())], ..Given::default() };
                    let found = match asking.call(served, given).await {
                        Ok(value) => Ok(Some(Arc::new(value))),
                        Err(refusal) if refusal.status() == StatusCode::NOT_FOUND => Ok(None),
                        Err(refusal) => Err(refusal),
                    };
                    (id, found)
                });
                stream::iter(calls).buffer_unordered(AT_ONCE).collect().await
            }
            To::Among { key, .. } => match self.pages(served, key, &ids).await {
                Ok(mut found) => ids.into_iter().map(|id| (id.clone(), Ok(found.remove(&id)))).collect(),
                Err(refusal) => ids.into_iter().map(|id| (id, Err(refusal.clone()))).collect(),
            },
        }
    }

    /// Pages of a list, until all ids were found.
    async fn pages(&self, served: &Served, key: &str, ids: &[String]) -> Result<BTreeMap<String, Arc<Value>>, Refusal> {
        let takes = |name: &str| served.arguments.iter().any(|argument| argument.key == name);
        let mut found = BTreeMap::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = Vec::new();
            query.extend(takes("limit").then(|| ("limit".to_owned(), PAGE.to_owned())));
            query.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
            let mut page = self.0.call(served, Given { query, ..Given::default() }).await?;
            let items = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            for item in items {
                let id = item.get(key).and_then(Value::as_str).map(str::to_owned);
                if let Some(id) = id.filter(|id| ids.contains(id)) {
                    found.insert(id, Arc::new(item));
                }
            }
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() || !takes("cursor") || found.len() == ids.len() {
                break;
            }
        }
        Ok(found)
    }
}
