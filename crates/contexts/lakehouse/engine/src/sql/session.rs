//! Sessions that see just the tables that a statement may read.

use std::{collections::BTreeMap, sync::Arc};

use arrow::datatypes::SchemaRef;
use datafusion::{
    catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider},
    common::{DFSchema, DataFusionError},
    execution::{SessionState, SessionStateBuilder, runtime_env::RuntimeEnv},
    logical_expr::{LogicalPlan, simplify::SimplifyContext},
    optimizer::simplify_expressions::ExprSimplifier,
    physical_expr::PhysicalExpr,
    prelude::{SessionConfig, SessionContext},
};
use lakehouse_model::AssetName;

use crate::{
    EngineError,
    sql::{functions, yielding::YieldAfterJoins},
};

const CATALOG: &str = "lake";

/// Makes sessions; the functions and the settings are shared by all of them.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    base: SessionState,
}

/// A planned statement and the session that it was planned in.
pub(crate) struct Planned {
    pub(crate) session: SessionContext,
    pub(crate) plan: LogicalPlan,
}

impl Sessions {
    /// Sessions whose statements use up to `partitions` cores each.
    #[must_use]
    pub(crate) fn new(partitions: usize) -> Self {
        let mut config = SessionConfig::new()
            .with_target_partitions(partitions)
            .with_batch_size(8192)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(CATALOG, "main")
            .with_information_schema(false);
        let options = config.options_mut();
        options.execution.time_zone = Some("UTC".to_owned());
        options.execution.parquet.schema_force_view_types = true;
        options.execution.parquet.pushdown_filters = false;
        options.sql_parser.enable_ident_normalization = true;
        options.sql_parser.collect_spans = true;
        options.execution.collect_statistics = false;
        let mut base = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::new(RuntimeEnv::default()))
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(YieldAfterJoins))
            .build();
        functions::register(&mut base);
        Self { base }
    }

    /// A session that sees these tables, each under its layer.
    ///
    /// # Errors
    /// [`EngineError::Execute`] when the catalogue refuses a name.
    pub(crate) fn open(
        &self,
        tables: impl IntoIterator<Item = (AssetName, Arc<dyn TableProvider>)>,
    ) -> Result<SessionContext, EngineError> {
        self.bounded(tables, Arc::clone(self.base.runtime_env()))
    }

    /// The same, within the memory and on the disk of this runtime.
    ///
    /// # Errors
    /// [`EngineError::Execute`] when the catalogue refuses a name.
    pub(crate) fn bounded(
        &self,
        tables: impl IntoIterator<Item = (AssetName, Arc<dyn TableProvider>)>,
        runtime: Arc<RuntimeEnv>,
    ) -> Result<SessionContext, EngineError> {
        let catalog = Arc::new(MemoryCatalogProvider::new());
        let mut layers: BTreeMap<String, Arc<MemorySchemaProvider>> = BTreeMap::new();
        let fail = |error: DataFusionError| EngineError::execute(&"catalogue", error);
        layers.insert("main".to_owned(), Arc::new(MemorySchemaProvider::new()));
        for (name, table) in tables {
            let layer = layers.entry(name.layer).or_default();
            layer.register_table(name.name, table).map_err(fail)?;
        }
        for (layer, tables) in layers {
            catalog.register_schema(&layer, tables).map_err(fail)?;
        }
        let list = Arc::new(datafusion::catalog::MemoryCatalogProviderList::new());
        let state = SessionStateBuilder::new_from_existing(self.base.clone())
            .with_catalog_list(list)
            .with_runtime_env(runtime)
            .build();
        let session = SessionContext::new_with_state(state);
        session.register_catalog(CATALOG, catalog);
        Ok(session)
    }

    /// Plans a statement over these tables, without running it.
    ///
    /// # Errors
    /// [`EngineError::Plan`] with the line where known.
    pub(crate) async fn plan(
        &self,
        session: SessionContext,
        what: &str,
        file: Option<&str>,
        statement: &str,
    ) -> Result<Planned, EngineError> {
        match session.state().create_logical_plan(statement).await {
            Ok(plan) => Ok(Planned { session, plan }),
            Err(error) => Err(plan_error(what, file, error)),
        }
    }
}

/// An SQL expression over a schema, ready to be evaluated. `coalesce` and others only exist until they are simplified,
/// so that is done here too.
pub(crate) fn compile(
    session: &SessionContext,
    schema: &SchemaRef,
    sql: &str,
) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
    let columns = Arc::new(DFSchema::try_from(Arc::clone(schema))?);
    let state = session.state();
    let context = SimplifyContext::builder()
        .with_schema(Arc::clone(&columns))
        .with_config_options(Arc::clone(state.config_options()))
        .build();
    let simplifier = ExprSimplifier::new(context);
    let expression = simplifier.coerce(state.create_logical_expr(sql, &columns)?, &columns)?;
    state.create_physical_expr(simplifier.simplify(expression)?, &columns)
}

/// A planner's refusal, with the line where it says one.
pub(crate) fn plan_error(what: &str, file: Option<&str>, error: DataFusionError) -> EngineError {
    let line = line_of(&error);
    let place = file.map(|file| line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}")));
    EngineError::Plan { what: what.to_owned(), place, source: Box::new(error) }
}

/// Parser errors say `Line: 3, Column: 7`; planner errors carry spans.
fn line_of(error: &DataFusionError) -> Option<u64> {
    if let DataFusionError::Diagnostic(diagnostic, inner) = error {
        return diagnostic.span.map(|span| span.start.line).or_else(|| line_of(inner));
    }
    if let DataFusionError::Context(_, inner) = error {
        return line_of(inner);
    }
    let text = error.to_string();
    let after = &text[text.find("Line: ")? + "Line: ".len()..];
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
