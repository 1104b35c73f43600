//! What was asked of a list, and its answer.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use kernel::{Cursor, Page, PageRequest, WordError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Field, Filter, Mistake, Sort, field::find};
use crate::{HttpError, List, Problem};

/// Pages of a database that one call looks at, at most: where a filter lets little through, a page is shorter and goes on.
const MOST_PAGES: usize = 20;

/// What was asked of a list, checked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    filter: Option<Filter>,
    sort: Sort,
    fields: Option<Vec<&'static str>>,
}

impl Asked {
    /// Reads the parameters `filter`, `sort` and `fields` of a list with these fields.
    ///
    /// # Errors
    /// [`HttpError::BadParameter`] with the place of the mistake.
    pub fn of(
        fields: &'static [Field],
        filter: Option<&str>,
        sort: Option<&str>,
        chosen: Option<&str>,
    ) -> Result<Self, Problem> {
        let filter = filter.map(|text| Filter::parse(text, fields)).transpose();
        let sort = sort.map(|text| Sort::parse(text, fields)).transpose();
        let chosen = chosen.map(|text| choice(text, fields)).transpose();
        Ok(Self {
            filter: filter.map_err(|mistake| mistake.problem("filter"))?,
            sort: sort.map_err(|mistake| mistake.problem("sort"))?.unwrap_or_default(),
            fields: chosen.map_err(|mistake| mistake.problem("fields"))?,
        })
    }

    /// What has to hold; `None` for all items.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// The order; without fields where none was asked for.
    #[must_use]
    pub fn sort(&self) -> &Sort {
        &self.sort
    }

    /// A page of a list that is in memory as a whole. `list` names the list in its cursors, and `key` an item within it: a page
    /// goes on after the item that the one before ended with.
    ///
    /// # Errors
    /// [`WordError::BadCursor`] for one of another list, filter or order, and where its item is gone.
    pub fn in_memory<T: Serialize>(
        &self,
        items: Vec<T>,
        (list, key): (&str, fn(&T) -> &str),
        request: &PageRequest,
    ) -> Result<Listed<T>, Problem> {
        let all = self.chosen(items)?;
        let filter = self.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let list = format!("{list}?{filter}&{}", self.sort);
        let begin = match request.after() {
            Some(cursor) => {
                let after = cursor.position(&list)?;
                let place = all.iter().position(|item| key(item).as_bytes() == after);
                let gone = || WordError::BadCursor { given: cursor.to_string(), why: "what it names is gone" };
                place.ok_or_else(gone)? + 1
            }
            None => 0,
        };
        let most = request.limit() as usize;
        let is_more = all.len() - begin > most;
        let items: Vec<T> = all.into_iter().skip(begin).take(most).collect();
        let next = items.last().filter(|_| is_more).map(|last| Cursor::new(&list, key(last).as_bytes()));
        self.listed(List { items, next_cursor: next.map(|cursor| cursor.to_string()) })
    }

    /// A list that is short by its nature, and has one page.
    ///
    /// # Errors
    /// A fault of ours: an item that is not JSON.
    pub fn whole<T: Serialize>(&self, items: Vec<T>) -> Result<Listed<T>, Problem> {
        self.listed(List { items: self.chosen(items)?, next_cursor: None })
    }

    /// The items for which the filter holds, in the order that was asked for.
    fn chosen<T: Serialize>(&self, items: Vec<T>) -> Result<Vec<T>, Problem> {
        let mut all: Vec<(Value, T)> = Vec::with_capacity(items.len());
        for item in items {
            let form = if self.looks() { json(&item)? } else { Value::Null };
            if self.filter.as_ref().is_none_or(|filter| filter.holds(&form)) {
                all.push((form, item));
            }
        }
        all.sort_by(|(a, _), (b, _)| self.sort.compare(a, b));
        Ok(all.into_iter().map(|(_, item)| item).collect())
    }

    /// A page of a list that a database gives in its order: `read` gives the next items of it, and `form` shows one. With a
    /// filter some pages are looked at, and the answer may be shorter than asked for and still go on.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn gather<T, F, E, R>(
        &self,
        request: PageRequest,
        mut read: impl FnMut(PageRequest) -> R,
        form: impl Fn(T) -> F,
    ) -> Result<Listed<F>, Problem>
    where
        F: Serialize,
        R: Future<Output = Result<Page<T>, E>>,
        Problem: From<E>,
    {
        let (most, mut after, mut found) = (request.limit(), request.after().cloned(), Vec::new());
        for _ in 0..MOST_PAGES {
            // Never more than there is room for: a page ends where its cursor is.
            let room = most.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let page = read(PageRequest::new(room, after)?).await?;
            for item in page.items.into_iter().map(&form) {
                if let Some(filter) = &self.filter
                    && !filter.holds(&json(&item)?)
                {
                    continue;
                }
                found.push(item);
            }
            after = page.next;
            if after.is_none() || found.len() >= most as usize {
                break;
            }
        }
        self.listed(List { items: found, next_cursor: after.map(|cursor| cursor.to_string()) })
    }

    /// A page with the members that were asked for.
    ///
    /// # Errors
    /// A fault of ours: an item that is not JSON.
    pub fn listed<T: Serialize>(&self, list: List<T>) -> Result<Listed<T>, Problem> {
        let Some(fields) = &self.fields else { return Ok(Listed(Form::Whole(list))) };
        let chosen = |item: &T| {
            let mut form = json(item)?;
            let members = form.as_object_mut().map(std::mem::take).unwrap_or_default();
            let kept: Map<String, Value> =
                members.into_iter().filter(|(name, _)| fields.contains(&name.as_str())).collect();
            Ok::<_, Problem>(Value::Object(kept))
        };
        let items = list.items.iter().map(chosen).collect::<Result<_, _>>()?;
        Ok(Listed(Form::Parts(List { items, next_cursor: list.next_cursor })))
    }

    fn looks(&self) -> bool {
        self.filter.is_some() || !self.sort.is_empty()
    }
}

fn choice(text: &str, fields: &'static [Field]) -> Result<Vec<&'static str>, Mistake> {
    let mut at = 1;
    let mut chosen = Vec::new();
    for name in text.split(',') {
        chosen.push(find(fields, (at, name), |_| true)?.name);
        at += name.chars().count() + 1;
    }
    Ok(chosen)
}

fn json<T: Serialize>(item: &T) -> Result<Value, Problem> {
    Ok(serde_json::to_value(item).map_err(HttpError::Unwritable)?)
}

/// A page of a list as it is answered: `{"items": […], "next_cursor": …}`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Listed<T>(Form<T>);

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Form<T> {
    Whole(List<T>),
    Parts(List<Value>),
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
