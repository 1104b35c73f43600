//! Auto-configuration: profiles one file or two and proposes a model that works untouched.

mod align;
mod blocking;
mod contained;
mod ladders;
mod profile;

use resolution_engine::column::Column;

pub use blocking::{Atom, Choice, LARGEST_BLOCK, MOST_RULES, Matches, choose, observed, simulated};
pub(crate) use contained::beyond;
pub use ladders::{atoms, comparisons};
pub use profile::{Profile, profile};

use crate::{
    model::{Model, ModelColumn},
    table::Table,
};
use align::{Offer, align};

/// Proposes a model for these tables, one or two; `skip` names columns that say nothing about what a record is: its id.
#[must_use]
pub fn propose(tables: &[Table], skip: &[&str]) -> Model {
    let mut columns = match tables {
        [one] => of_one(one, skip),
        [left, right, ..] => of_two(left, right, skip),
        [] => Vec::new(),
    };
    contained::take_out(&mut columns, tables);
    columns.truncate(resolution_engine::compare::MAX_COMPARISONS);
    contained::drop_beyond_missing(&mut columns);
    Model::untrained("auto", columns)
}

fn is_skipped(skip: &[&str], name: &str) -> bool {
    skip.iter().any(|skipped| skipped.trim().eq_ignore_ascii_case(name.trim()))
}

fn of_one(table: &Table, skip: &[&str]) -> Vec<ModelColumn> {
    let named = table.names.iter().zip(&table.columns).filter(|(name, _)| !is_skipped(skip, name));
    named.filter_map(|(name, column)| model_column(name, &[], &profile(name, column))).collect()
}

fn of_two(left: &Table, right: &Table, skip: &[&str]) -> Vec<ModelColumn> {
    let profiles =
        |table: &Table| table.names.iter().zip(&table.columns).map(|(name, column)| profile(name, column)).collect();
    let (of_left, of_right): (Vec<Profile>, Vec<Profile>) = (profiles(left), profiles(right));
    let (offers_left, offers_right) = (offers(left, &of_left, skip), offers(right, &of_right, skip));
    let pair = |&(a, b): &(usize, usize)| {
        let both = Column::concat(&[offers_left[a].column, offers_right[b].column]);
        let (name, other) = (offers_left[a].name, offers_right[b].name);
        model_column(
            name,
            if name == other { &[] } else { std::slice::from_ref(&offers_right[b].name) },
            &profile(name, &both),
        )
    };
    align(&offers_left, &offers_right).iter().filter_map(pair).collect()
}

fn offers<'a>(table: &'a Table, profiles: &'a [Profile], skip: &[&str]) -> Vec<Offer<'a>> {
    let all = table.names.iter().zip(&table.columns).zip(profiles);
    all.filter(|((name, _), _)| !is_skipped(skip, name))
        .map(|((name, column), profile)| Offer { name, column, profile })
        .collect()
}

fn model_column(name: &str, other: &[&str], profile: &Profile) -> Option<ModelColumn> {
    Some(ModelColumn {
        name: name.trim().to_owned(),
        headers: vec![name.trim().to_owned()],
        other_headers: other.iter().map(|other| other.trim().to_owned()).collect(),
        kind: profile.kind?,
        date_order: (profile.kind == Some(crate::standard::Kind::Date)).then_some(profile.date_order),
        beyond: Vec::new(),
    })
}
