//! Where each column of a statement comes from, read off its logical plan.
//!
//! The words are OpenLineage's column-lineage facet's: a value comes by identity, transformation or aggregation;
//! which rows there are depends on filters, joins, groups, sorts and windows. Views are not opened: they are
//! assets with a lineage of their own.

use std::collections::BTreeSet;

use datafusion::{
    common::{
        Column, DFSchema, JoinType,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan, expr::WindowFunction},
};
use lakehouse_model::AssetName;

/// How an input column bears on an output column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// The value as it is.
    Identity,
    /// A value computed from it in the same row.
    Transformation,
    /// A value computed from it over several rows.
    Aggregation,
    /// Decides which rows there are.
    Filter,
    /// Decides which rows meet.
    Join,
    /// Decides which rows are taken together.
    GroupBy,
    /// Decides the order, and so what a limit keeps.
    Sort,
    /// Decides the frame of a window.
    Window,
}

impl SourceKind {
    /// As written in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Transformation => "transformation",
            Self::Aggregation => "aggregation",
            Self::Filter => "filter",
            Self::Join => "join",
            Self::GroupBy => "group_by",
            Self::Sort => "sort",
            Self::Window => "window",
        }
    }
}

/// One input column of an output column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnSource {
    /// The table read.
    pub asset: AssetName,
    /// Its column.
    pub column: String,
    /// How it bears.
    pub kind: SourceKind,
}

type Sources = BTreeSet<ColumnSource>;

/// For each column of a model, by name: the columns that it is made from.
pub type ColumnSources = Vec<(String, Vec<ColumnSource>)>;

/// For each output column: its direct sources, and those that decide which rows there are.
#[must_use]
pub(crate) fn column_sources(plan: &LogicalPlan) -> ColumnSources {
    let traced = trace(plan);
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    names.zip(traced.columns).map(|(name, direct)| (name, direct.union(&traced.rows).cloned().collect())).collect()
}

/// The same sources, of a column that is computed over several rows of them.
#[must_use]
pub(crate) fn computed_over(sources: BTreeSet<ColumnSource>) -> Vec<ColumnSource> {
    raised(sources, SourceKind::Aggregation).into_iter().collect()
}

/// Sources of a plan's output columns by position, and of its rows as a whole.
#[derive(Default)]
struct Traced {
    columns: Vec<Sources>,
    rows: Sources,
}

fn trace(plan: &LogicalPlan) -> Traced {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let asset = asset_of(scan.table_name.schema(), scan.table_name.table());
            let columns = scan.projected_schema.fields().iter().map(|field| {
                let source = asset.clone().map(|asset| ColumnSource {
                    asset,
                    column: field.name().clone(),
                    kind: SourceKind::Identity,
                });
                source.into_iter().collect()
            });
            Traced { columns: columns.collect(), rows: Sources::new() }
        }
        LogicalPlan::Projection(projection) => {
            let below = trace(&projection.input);
            let schema = projection.input.schema();
            let columns = projection.expr.iter().map(|expr| value(expr, schema, &below)).collect();
            Traced { columns, rows: below.rows }
        }
        LogicalPlan::Filter(filter) => {
            let mut below = trace(&filter.input);
            let why = marked(&filter.predicate, filter.input.schema(), &below, SourceKind::Filter);
            below.rows.extend(why);
            below
        }
        LogicalPlan::Aggregate(aggregate) => {
            let mut below = trace(&aggregate.input);
            let schema = aggregate.input.schema();
            let columns = aggregate.group_expr.iter().map(|expr| value(expr, schema, &below));
            let folded = aggregate.aggr_expr.iter().map(|expr| marked(expr, schema, &below, SourceKind::Aggregation));
            let columns = columns.chain(folded).collect();
            for expr in &aggregate.group_expr {
                let why = marked(expr, schema, &below, SourceKind::GroupBy);
                below.rows.extend(why);
            }
            Traced { columns, rows: below.rows }
        }
        LogicalPlan::Window(window) => {
            let mut below = trace(&window.input);
            let added: Vec<Sources> =
                window.window_expr.iter().map(|expr| windowed(expr, window.input.schema(), &below)).collect();
            below.columns.extend(added);
            below
        }
        LogicalPlan::Join(join) => trace_join(join),
        LogicalPlan::Sort(sort) => {
            let mut below = trace(&sort.input);
            let keys = sort.expr.iter().map(|key| marked(&key.expr, sort.input.schema(), &below, SourceKind::Sort));
            let keys: Vec<Sources> = keys.collect();
            if sort.fetch.is_some() {
                below.rows.extend(keys.into_iter().flatten());
            }
            below
        }
        LogicalPlan::Union(union) => {
            let mut all = Traced::default();
            for input in &union.inputs {
                let below = trace(input);
                all.columns.resize_with(below.columns.len().max(all.columns.len()), Sources::new);
                for (to, from) in all.columns.iter_mut().zip(below.columns) {
                    to.extend(from);
                }
                all.rows.extend(below.rows);
            }
            all
        }
        other => trace_other(other),
    }
}

fn trace_join(join: &datafusion::logical_expr::Join) -> Traced {
    let (left, right) = (trace(&join.left), trace(&join.right));
    let mut rows: Sources = left.rows.union(&right.rows).cloned().collect();
    for (left_key, right_key) in &join.on {
        rows.extend(marked(left_key, join.left.schema(), &left, SourceKind::Join));
        rows.extend(marked(right_key, join.right.schema(), &right, SourceKind::Join));
    }
    let both = Traced { columns: [left.columns.clone(), right.columns.clone()].concat(), rows: Sources::new() };
    if let Some(filter) = &join.filter
        && let Ok(schema) = join.left.schema().join(join.right.schema())
    {
        rows.extend(marked(filter, &schema, &both, SourceKind::Join));
    }
    let columns = match join.join_type {
        JoinType::LeftSemi | JoinType::LeftAnti => left.columns,
        JoinType::RightSemi | JoinType::RightAnti => right.columns,
        JoinType::LeftMark => [left.columns, vec![Sources::new()]].concat(),
        JoinType::RightMark => [right.columns, vec![Sources::new()]].concat(),
        _ => both.columns,
    };
    Traced { columns, rows }
}

/// Nodes that pass columns through by position, and, failing that, any node: each output then depends on every input.
fn trace_other(plan: &LogicalPlan) -> Traced {
    let inputs: Vec<Traced> = plan.inputs().into_iter().map(trace).collect();
    let wide = plan.schema().fields().len();
    let rows = inputs.iter().flat_map(|input| input.rows.iter().cloned()).collect();
    if let [only] = inputs.as_slice()
        && only.columns.len() == wide
    {
        return Traced { columns: only.columns.clone(), rows };
    }
    let all: Sources = inputs.iter().flat_map(|input| input.columns.iter().flatten().cloned()).collect();
    let all = raised(all, SourceKind::Transformation);
    Traced { columns: vec![all; wide], rows }
}

/// Sources of one expression's value.
fn value(expr: &Expr, schema: &DFSchema, below: &Traced) -> Sources {
    match expr {
        Expr::Alias(alias) => value(&alias.expr, schema, below),
        Expr::Column(column) => of_column(column, schema, below),
        _ => marked(expr, schema, below, SourceKind::Transformation),
    }
}

/// Sources of every column in an expression, raised to at least this kind.
fn marked(expr: &Expr, schema: &DFSchema, below: &Traced, kind: SourceKind) -> Sources {
    let mut found = Sources::new();
    // The closure never fails, so the walk cannot either.
    let _walked = expr.apply(|part| {
        match part {
            Expr::Column(column) => found.extend(of_column(column, schema, below)),
            Expr::ScalarSubquery(query) => found.extend(everything(&query.subquery)),
            Expr::Exists(exists) => found.extend(everything(&exists.subquery.subquery)),
            Expr::InSubquery(inside) => found.extend(everything(&inside.subquery.subquery)),
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    raised(found, kind)
}

fn windowed(expr: &Expr, schema: &DFSchema, below: &Traced) -> Sources {
    let inner = if let Expr::Alias(alias) = expr { alias.expr.as_ref() } else { expr };
    let Expr::WindowFunction(function) = inner else { return value(expr, schema, below) };
    let WindowFunction { params, .. } = function.as_ref();
    let mut found = Sources::new();
    for argument in &params.args {
        found.extend(marked(argument, schema, below, SourceKind::Aggregation));
    }
    let frame = params.partition_by.iter().chain(params.order_by.iter().map(|key| &key.expr));
    for key in frame {
        found.extend(marked(key, schema, below, SourceKind::Window));
    }
    found
}

/// All sources of a subquery: its columns and its rows.
fn everything(plan: &LogicalPlan) -> Sources {
    let traced = trace(plan);
    traced.columns.into_iter().flatten().chain(traced.rows).collect()
}

fn of_column(column: &Column, schema: &DFSchema, below: &Traced) -> Sources {
    let index = schema.index_of_column(column).ok();
    index.and_then(|index| below.columns.get(index).cloned()).unwrap_or_default()
}

fn raised(sources: Sources, kind: SourceKind) -> Sources {
    let direct = kind <= SourceKind::Aggregation;
    sources
        .into_iter()
        .map(|source| {
            let kind = if direct { kind.max(source.kind) } else { kind };
            ColumnSource { kind, ..source }
        })
        .collect()
}

/// `_changes` holds tables under their full names; everything else is layer and name.
fn asset_of(layer: Option<&str>, name: &str) -> Option<AssetName> {
    match layer {
        Some(crate::make::CHANGES) => AssetName::parse(name).ok(),
        Some(layer) => Some(AssetName { layer: layer.to_owned(), name: name.to_owned() }),
        None => None,
    }
}
