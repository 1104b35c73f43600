//! Pages of the lists that are kept in tables: in which order, and where the next one begins.
//!
//! Invariant: an order is that of a key which no two rows share and which no row ever changes, so that pages neither repeat nor skip
//! a row that is there all the while.

use kernel::{Cursor, Page, PageRequest, WordError};
use sql::{Row, Sql, SqlError, Tenant, Value, args};
use uuid::Uuid;

use crate::IdentityError;

/// Upwards or downwards by the key of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The smallest key first: what is oldest, or ends first.
    #[default]
    Rising,
    /// The largest key first.
    Falling,
}

/// Which page of a list, in which order. A cursor goes on from its place in the order of the call that it is given to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// How many, after what.
    pub page: PageRequest,
    /// In which order.
    pub order: Order,
}

impl Order {
    /// What lies beyond a place, and how rows are sorted, in SQL.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Rising => (">", "ASC"),
            Self::Falling => ("<", "DESC"),
        }
    }

    /// The id before all others.
    pub(super) fn first_id(self) -> Uuid {
        match self {
            Self::Rising => Uuid::nil(),
            Self::Falling => Uuid::max(),
        }
    }

    /// The moment before all others.
    fn first_moment(self) -> i64 {
        match self {
            Self::Rising => i64::MIN,
            Self::Falling => i64::MAX,
        }
    }
}

/// A list by a moment, and by an id where moments are the same.
pub(super) struct Listing {
    /// In its cursors.
    pub(super) name: &'static str,
    /// Moment and id, as its query names them. They are the first two columns that it selects.
    pub(super) key: (&'static str, &'static str),
}

impl Listing {
    /// A page of the rows of `select`, a text that ends within its conditions. `values` are its own, from `$2` on.
    pub(super) async fn page(
        &self,
        tenant: &Tenant,
        (select, mut values): (&'static str, Vec<Value>),
        request: &ListRequest,
    ) -> Result<Page<Row>, IdentityError> {
        let (moment, id) = self.key;
        let (beyond, way) = request.order.words();
        let (at, after) = self.begin(request)?;
        values.extend(args![at, after, fetch(&request.page)]);
        // `$1` is the workspace, and no value of ours.
        let (limit, last, begin) = (values.len() + 1, values.len(), values.len() - 1);
        let text = format!(
            "{select} AND ({moment}, {id}) {beyond} (${begin}, ${last}) ORDER BY {moment} {way}, {id} {way} LIMIT ${limit}"
        );
        let (rows, is_more) = cut(&request.page, tenant.all(Sql::made(text), values).await?);
        let next = rows.last().filter(|_| is_more).map(|row| self.cursor(row)).transpose()?;
        Ok(Page { items: rows, next })
    }

    /// Moment and id after which a page begins.
    fn begin(&self, request: &ListRequest) -> Result<(i64, Uuid), IdentityError> {
        let Some(cursor) = request.page.after() else {
            return Ok((request.order.first_moment(), request.order.first_id()));
        };
        let place = cursor.position(self.name)?.split_first_chunk();
        let place = place.and_then(|(at, id)| Some((i64::from_be_bytes(*at), Uuid::from_slice(id).ok()?)));
        Ok(place.ok_or_else(|| no_place(cursor))?)
    }

    fn cursor(&self, row: &Row) -> Result<Cursor, SqlError> {
        let (at, id): (i64, Uuid) = (row.get(0)?, row.get(1)?);
        Ok(Cursor::new(self.name, &[at.to_be_bytes().as_slice(), id.as_bytes()].concat()))
    }
}

/// One row more than the page: it tells whether there is another page.
pub(super) fn fetch(page: &PageRequest) -> i64 {
    i64::from(page.limit()) + 1
}

/// The rows of the page, and whether there are more.
pub(super) fn cut(page: &PageRequest, mut rows: Vec<Row>) -> (Vec<Row>, bool) {
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    (rows, is_more)
}

/// A cursor of the right list that holds no place of it: one of an older release. From the start again, a page would repeat others.
pub(super) fn no_place(cursor: &Cursor) -> WordError {
    WordError::BadCursor { given: cursor.to_string(), why: "it was made by another release" }
}
