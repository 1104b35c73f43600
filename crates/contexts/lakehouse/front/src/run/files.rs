//! Which files, which source, and the load of one.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Instant,
};

use kernel::Cancel;
use lakehouse_engine::{EngineError, FileFit, PreparedFile, fit_headers};
use lakehouse_model::{AssetName, DriftPolicy, Source, SourceFormat};
use tables::{Hints, Inspection};

use super::{Prepared, Run};
use crate::{Fault, FileResult, FileState, Lakehouse, LakehouseError, Listener, RunProgress, RunRequest};

/// Endings of files that are taken from a folder.
const TABULAR: [&str; 8] = ["csv", "tsv", "txt", "json", "ndjson", "jsonl", "parquet", "tab"];

impl Lakehouse {
    /// Looks at every file as a whole, before anything is written.
    pub(super) async fn prepare_files(
        &self,
        request: &RunRequest,
        selected: &BTreeSet<AssetName>,
        listener: &Listener,
        cancel: &Cancel,
    ) -> Result<Vec<Prepared>, LakehouseError> {
        let mut prepared = Vec::new();
        let given = self.given_files(request, selected)?;
        let mut alike = Alike::default();
        let step = "reading files".to_owned();
        listener(RunProgress::Started { step: step.clone(), total: given.len() as u64, unit: "files" });
        for (index, (path, source)) in given.into_iter().enumerate() {
            let source = source.or(request.source.as_deref().map(|name| self.source(name)).transpose()?);
            let hints = alike.hints(&path, hints_of(source));
            let (copy, asked) = (path.clone(), cancel.clone());
            let inspected = tokio::task::spawn_blocking(move || tables::inspect(&copy, &hints, &asked)).await;
            let inspection =
                inspected.map_err(|source| LakehouseError::Broken { source })?.map_err(EngineError::from)?;
            alike.learn(&path, &inspection);
            prepared.push(self.fit(path, source, inspection)?);
            listener(RunProgress::Progress { step: step.clone(), done: index as u64 + 1, rows: 0 });
        }
        let count = prepared.len() as u64;
        listener(RunProgress::Finished { step, state: "read".to_owned(), rows: count, duration_ms: 0 });
        Ok(prepared)
    }

    /// The files to load, each with its source where that is known.
    fn given_files<'a>(
        &'a self,
        request: &RunRequest,
        selected: &BTreeSet<AssetName>,
    ) -> Result<Vec<(PathBuf, Option<&'a Source>)>, LakehouseError> {
        let mut files = Vec::new();
        if !request.files.is_empty() || request.retry {
            for file in &request.files {
                files.extend(expand(file)?.into_iter().map(|path| (path, None)));
            }
            return Ok(files);
        }
        for source in self.project.sources.values().filter(|source| selected.contains(&source.table)) {
            for pattern in &source.paths {
                // A source's own pattern may match nothing yet: the folder fills with time.
                let found = expand(&self.project.root.join(pattern)).unwrap_or_default();
                files.extend(found.into_iter().map(|path| (path, Some(source))));
            }
        }
        Ok(files)
    }

    fn source(&self, name: &str) -> Result<&Source, LakehouseError> {
        self.project.sources.get(name).ok_or_else(|| LakehouseError::UnknownSource {
            name: name.to_owned(),
            known: self.project.sources.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    /// Finds the source of a file by its headers, or holds it against the one that was named.
    fn fit(&self, path: PathBuf, named: Option<&Source>, inspection: Inspection) -> Result<Prepared, LakehouseError> {
        let headers: Vec<String> = inspection.sniffed.columns.iter().map(|column| column.name.clone()).collect();
        let has_header = inspection.sniffed.dialect.as_ref().is_none_or(|dialect| dialect.header);
        let file = path.display().to_string();
        let (source, fit) = match named {
            Some(source) => {
                let fit = fit_headers(source, &headers, has_header);
                if !fit.belongs() && source.drift == DriftPolicy::Fail {
                    let (source_name, missing) = (source.name.clone(), fit.missing.join(", "));
                    return Err(LakehouseError::HeaderMissing { file, source_name, missing });
                }
                (source, fit)
            }
            None => self.find_source(&file, &headers, has_header)?,
        };
        if source.drift == DriftPolicy::Fail && !fit.extra.is_empty() {
            let extra = fit.extra.iter().map(|(_, header)| header.as_str()).collect::<Vec<_>>().join(", ");
            return Err(LakehouseError::Drift { file, source_name: source.name.clone(), extra });
        }
        let name = path.file_name().map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
        let file = PreparedFile { path, name, inspection, fit };
        Ok(Prepared { source: source.name.clone(), table: source.table.clone(), file })
    }

    fn find_source(
        &self,
        file: &str,
        headers: &[String],
        has_header: bool,
    ) -> Result<(&Source, FileFit), LakehouseError> {
        let fits = self.project.sources.values().map(|source| (source, fit_headers(source, headers, has_header)));
        let fits: Vec<(&Source, FileFit)> = fits.collect();
        let mut good: Vec<&(&Source, FileFit)> = fits.iter().filter(|(_, fit)| fit.belongs()).collect();
        // Of several that would take it, the one whose columns are just those of the file is meant.
        if good.len() > 1 && good.iter().any(|(_, fit)| fit.extra.is_empty()) {
            good.retain(|(_, fit)| fit.extra.is_empty());
        }
        match good.as_slice() {
            [only] => Ok((*only).clone()),
            [] => {
                let lacks = |(source, fit): &(&Source, FileFit)| {
                    format!("source `{}` lacks {} here", source.name, fit.missing.join(", "))
                };
                let lacking = fits.iter().map(lacks).collect::<Vec<_>>().join("; ");
                let lacking = if lacking.is_empty() { "the project has no source".to_owned() } else { lacking };
                Err(LakehouseError::NoSourceMatches { file: file.to_owned(), lacking })
            }
            several => {
                let sources = several.iter().map(|(source, _)| source.name.as_str()).collect::<Vec<_>>().join(", ");
                Err(LakehouseError::SeveralSources { file: file.to_owned(), sources })
            }
        }
    }
}

impl Run<'_> {
    /// Loads one file; a fault leaves its table as it was.
    pub(super) async fn load(&self, prepared: &Prepared) -> (FileResult, Option<Fault>) {
        let (began, step) = (Instant::now(), prepared.file.name.clone());
        let total = prepared.file.inspection.disk_bytes;
        self.tell(RunProgress::Started { step: step.clone(), total, unit: "bytes" });
        let Some(source) = self.house.project.sources.get(&prepared.source) else {
            return (result_of(prepared, FileState::Failed), None);
        };
        let loaded = self.house.lake.load_file(source, &prepared.file, &self.work(&step, 0)).await;
        let (mut result, fault) = match loaded {
            Ok(loaded) => {
                let state = if loaded.added { FileState::Loaded } else { FileState::AlreadyLoaded };
                let mut result = result_of(prepared, state);
                (result.rows, result.malformed) = (loaded.rows, loaded.malformed);
                (result, None)
            }
            Err(_) if self.cancel.is_cancelled() => (result_of(prepared, FileState::Skipped), None),
            Err(error) => (result_of(prepared, FileState::Failed), Some(Fault::of(&error))),
        };
        result.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let state = match result.state {
            FileState::Loaded => "loaded",
            FileState::AlreadyLoaded => "already loaded",
            FileState::Failed => "failed",
            FileState::Skipped => "cancelled",
        };
        let (rows, duration_ms) = (result.rows, result.duration_ms);
        self.tell(RunProgress::Finished { step, state: state.to_owned(), rows, duration_ms });
        (result, fault)
    }
}

pub(super) fn result_of(prepared: &Prepared, state: FileState) -> FileResult {
    let inspection = &prepared.file.inspection;
    FileResult {
        path: prepared.file.path.display().to_string(),
        source: prepared.source.clone(),
        table: prepared.table.to_string(),
        state,
        batch_id: inspection.sha256.chars().take(32).collect(),
        sha256: inspection.sha256.clone(),
        rows: 0,
        malformed: 0,
        size_bytes: inspection.size_bytes,
        duration_ms: 0,
    }
}

/// Bytes in which a first line must end to be compared.
const FIRST_LINE_BYTES: usize = 4096;

/// Files whose first line is the same as that of the file before are written alike: what was found there is not
/// searched for again, and hundreds of daily files cost a fifth less.
#[derive(Default)]
struct Alike {
    first_line: Vec<u8>,
    dialect: Option<tables::Dialect>,
}

impl Alike {
    fn hints(&self, path: &Path, own: Hints) -> Hints {
        match &self.dialect {
            Some(dialect)
                if own == Hints::default() && first_line(path).is_some_and(|line| line == self.first_line) =>
            {
                Hints {
                    format: Some(tables::Format::Delimited),
                    delimiter: Some(dialect.delimiter),
                    quote: dialect.quote,
                    header: Some(true),
                    preamble_lines: Some(0),
                    ..own
                }
            }
            _ => own,
        }
    }

    fn learn(&mut self, path: &Path, inspection: &Inspection) {
        let plain = inspection.sniffed.dialect.as_ref().filter(|dialect| {
            dialect.header && dialect.preamble_lines == 0 && dialect.quote.is_some() && dialect.escape.is_none()
        });
        let line = first_line(path).filter(|_| plain.is_some());
        (self.dialect, self.first_line) = (line.as_ref().and(plain).cloned(), line.unwrap_or_default());
    }
}

/// The first line as it lies on the disk; `None` when it is long, or the file is packed or cannot be read.
fn first_line(path: &Path) -> Option<Vec<u8>> {
    let mut head = vec![0; FIRST_LINE_BYTES];
    let mut file = std::fs::File::open(path).ok()?;
    let length = std::io::Read::read(&mut file, &mut head).ok()?;
    let end = head[..length].iter().position(|byte| *byte == b'\n')?;
    head.truncate(end);
    let is_text = head.iter().all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\r'));
    is_text.then_some(head)
}

fn hints_of(source: Option<&Source>) -> Hints {
    let Some(source) = source else { return Hints::default() };
    let format = match source.format {
        SourceFormat::Auto => None,
        SourceFormat::Csv | SourceFormat::Tsv => Some(tables::Format::Delimited),
        SourceFormat::Json => Some(tables::Format::Json),
        SourceFormat::Ndjson => Some(tables::Format::NdJson),
        SourceFormat::Parquet => Some(tables::Format::Parquet),
    };
    let tab = (source.format == SourceFormat::Tsv).then_some('\t');
    Hints {
        format,
        encoding: source.dialect.encoding.clone(),
        delimiter: source.dialect.delimiter.or(tab),
        quote: source.dialect.quote,
        header: source.dialect.header,
        preamble_lines: source.dialect.preamble_lines,
    }
}

/// A file, the tabular files of a folder, or those that a pattern names; sorted, so that a run can be repeated.
fn expand(given: &Path) -> Result<Vec<PathBuf>, LakehouseError> {
    let pattern = given.display().to_string();
    if given.is_dir() {
        let entries =
            std::fs::read_dir(given).map_err(|source| LakehouseError::Io { path: pattern.clone(), source })?;
        let mut files: Vec<PathBuf> =
            entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| is_tabular(path)).collect();
        files.sort();
        return if files.is_empty() { Err(LakehouseError::NoFiles { pattern }) } else { Ok(files) };
    }
    if given.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![given.to_owned()]);
    }
    let found = glob::glob(&pattern).map_err(|_| LakehouseError::NoFiles { pattern: pattern.clone() })?;
    let mut files: Vec<PathBuf> = found.filter_map(Result::ok).filter(|path| path.is_file()).collect();
    files.sort();
    if files.is_empty() { Err(LakehouseError::NoFiles { pattern }) } else { Ok(files) }
}

fn is_tabular(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    path.is_file() && name.rsplit_once('.').is_some_and(|(_, ending)| TABULAR.contains(&ending))
}
