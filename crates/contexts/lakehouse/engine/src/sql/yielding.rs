//! Joins give way: a statement that pairs everything with everything can be ended, and leaves its thread to others in between.
//!
//! DataFusion gives way where rows are read. A join makes any number of batches of one that it has read, and whoever adds them up asks
//! for the next without a pause: a thread would come back after minutes. So what a join gives counts as well.
//!
//! Absent on purpose: a way out of a single step that gives nothing for long, such as a nested loop whose condition never holds.
//! Statements of callers run on threads of their own for that (`Served` of `lakehouse-http`).

use std::sync::Arc;

use datafusion::{
    common::{
        DataFusionError,
        config::ConfigOptions,
        tree_node::{Transformed, TreeNode},
    },
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{ExecutionPlan, coop::CooperativeExec, joins, unnest::UnnestExec},
};

/// Puts a place to give way above every step that makes many batches of one.
#[derive(Debug)]
pub(super) struct YieldAfterJoins;

impl PhysicalOptimizerRule for YieldAfterJoins {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let above = |plan: Arc<dyn ExecutionPlan>| {
            if !multiplies(&*plan) {
                return Ok(Transformed::no(plan));
            }
            Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as _))
        };
        plan.transform_up(above).map(|changed| changed.data)
    }

    fn name(&self) -> &'static str {
        "yield_after_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn multiplies(plan: &dyn ExecutionPlan) -> bool {
    plan.is::<joins::CrossJoinExec>()
        || plan.is::<joins::NestedLoopJoinExec>()
        || plan.is::<joins::HashJoinExec>()
        || plan.is::<joins::SortMergeJoinExec>()
        || plan.is::<joins::PiecewiseMergeJoinExec>()
        || plan.is::<UnnestExec>()
}
