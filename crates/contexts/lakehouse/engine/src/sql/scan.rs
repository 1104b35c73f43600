//! A fixed list of Parquet files as a table: a Delta version, a part of one, or what changed since one.

use std::sync::{Arc, PoisonError, RwLock};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::{
    catalog::Session,
    common::{DataFusionError, Statistics, stats::Precision},
    datasource::{
        TableProvider, TableType,
        listing::PartitionedFile,
        physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource},
        source::DataSourceExec,
    },
    execution::object_store::ObjectStoreUrl,
    logical_expr::{Expr, TableProviderFilterPushDown, utils::conjunction},
    physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream},
    prelude::SessionContext,
};
use object_store::path::Path;

use crate::{
    EngineError,
    delta::{DataFile, LakeTable},
};

/// Files below this are read by one task: splitting costs more than it saves.
const SPLIT_ABOVE_BYTES: u64 = 24 << 20;

/// The rows of some files of one table.
#[derive(Debug, Clone)]
pub(crate) struct LakeScan {
    what: lakehouse_model::AssetName,
    schema: SchemaRef,
    folder: Path,
    files: Arc<Vec<DataFile>>,
}

impl LakeScan {
    /// All rows of the table as it stands.
    pub(crate) fn of(table: &LakeTable) -> Self {
        Self::shared(table, Arc::clone(table.files()))
    }

    /// The rows of these files of the table.
    pub(crate) fn of_files(table: &LakeTable, files: Vec<DataFile>) -> Self {
        Self::shared(table, Arc::new(files))
    }

    fn shared(table: &LakeTable, files: Arc<Vec<DataFile>>) -> Self {
        let folder = Path::from_absolute_path(table.folder()).unwrap_or_default();
        Self { what: table.name.clone(), schema: Arc::clone(table.schema()), folder, files }
    }

    /// Rows, by the files' statistics.
    pub(crate) fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Every column of every row, in file order.
    pub(crate) async fn stream(&self, session: &SessionContext) -> Result<SendableRecordBatchStream, EngineError> {
        self.stream_columns(session, None).await
    }

    /// Some columns (by position) of every row, in file order.
    pub(crate) async fn stream_columns(
        &self,
        session: &SessionContext,
        columns: Option<Vec<usize>>,
    ) -> Result<SendableRecordBatchStream, EngineError> {
        let fail = |error| EngineError::execute(&self.what, error);
        let state = session.state();
        let plan = self.scan(&state, columns.as_ref(), &[], None).await.map_err(fail)?;
        execute_stream(plan, session.task_ctx()).map_err(fail)
    }

    fn groups(&self, partitions: usize) -> Vec<FileGroup> {
        let files = self.files.iter().map(|file| {
            let path = self.folder.clone().join(file.path.as_str());
            PartitionedFile::new(path, file.size_bytes)
        });
        let total: u64 = self.files.iter().map(|file| file.size_bytes).sum();
        let group = FileGroup::new(files.collect());
        if partitions > 1 && total > SPLIT_ABOVE_BYTES { group.split_files(partitions) } else { vec![group] }
    }
}

#[async_trait]
impl TableProvider for LakeScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let mut source = ParquetSource::new(Arc::clone(&self.schema));
        if let Some(filter) = conjunction(filters.to_vec()) {
            let schema = datafusion::common::DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(usize::try_from(self.rows()).unwrap_or(usize::MAX));
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(self.groups(state.config().target_partitions()))
            .with_statistics(statistics)
            .with_limit(limit)
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(usize::try_from(self.rows()).unwrap_or(usize::MAX));
        Some(statistics)
    }
}

/// A table whose rows are set before each use, so that a plan over it can be used again.
#[derive(Debug)]
pub(crate) struct Slot {
    schema: SchemaRef,
    scan: RwLock<LakeScan>,
}

impl Slot {
    pub(crate) fn new(scan: LakeScan) -> Self {
        Self { schema: Arc::clone(&scan.schema), scan: RwLock::new(scan) }
    }

    /// Whether these rows have the columns that were planned with.
    pub(crate) fn fits(&self, scan: &LakeScan) -> bool {
        self.schema == scan.schema
    }

    pub(crate) fn turn_to(&self, scan: LakeScan) {
        *self.scan.write().unwrap_or_else(PoisonError::into_inner) = scan;
    }

    fn current(&self) -> LakeScan {
        self.scan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl TableProvider for Slot {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        self.current().scan(state, projection, filters, limit).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
