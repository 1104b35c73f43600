//! `grayghost sniff FILE`: what a file is, and how sure that is.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tables::{
    ColumnKind, Compression, Confidence, Dialect, Format as FileFormat, Hints, Newline, Sniffed, SniffedColumn,
};

use super::Format;
use crate::{
    exit::Ending,
    failure::Failure,
    figures::{plural, share},
    layout::{Cell, Side, Table},
    paint::{Paint, Tone},
    session::Session,
};

/// From here on a guess is called sure.
const SURE: f64 = 0.95;
/// From here on it is called likely; below it is a guess.
const LIKELY: f64 = 0.7;
/// The unit separator stands where a table has one column and so no delimiter.
const NO_DELIMITER: char = '\u{1f}';
/// Longest example, in characters.
const EXAMPLE_WIDTH: usize = 28;

/// Find out how a file is written: encoding, delimiter, header, types, forms of dates.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayghost sniff sales_latin1.csv\nThe file is only looked at; nothing is loaded.")]
pub(crate) struct Sniff {
    /// The file.
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Sniff {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let found = tables::sniff(&self.file, &Hints::default())?;
        let name = self.file.display().to_string();
        match self.format {
            Format::Json => session.screen.json(&document(&name, &found))?,
            Format::Text => {
                let paint = session.screen.paint;
                session.screen.line(paint.strong(&name))?;
                session.screen.text(&file_facts(&found).render(paint))?;
                session.screen.line("")?;
                session.screen.text(&columns(&found).render(paint))?;
                session.screen.text(&remarks(&found, paint))?;
            }
        }
        Ok(Ending::Done)
    }
}

/// How sure a column's type is: 1 where one reading fits every sampled value, a share where several forms of dates do,
/// 0 without any value.
fn column_confidence(column: &SniffedColumn) -> f64 {
    match (column.kind, column.time_formats.len()) {
        (ColumnKind::Empty, _) => 0.0,
        (_, 0 | 1) => 1.0,
        (_, 2) => 0.5,
        _ => 0.3,
    }
}

/// Lines before the table are those that do not fit its delimiter and header, so they are as sure as the less sure one.
fn preamble_confidence(confidence: Confidence) -> f64 {
    confidence.delimiter.min(confidence.header)
}

fn document(file: &str, found: &Sniffed) -> Value {
    let column = |column: &SniffedColumn| {
        json!({
            "name": column.name,
            "type": type_name(column.kind),
            "time_formats": column.time_formats,
            "nulls": column.nulls,
            "examples": column.examples,
            "confidence": column_confidence(column),
        })
    };
    let columns: Vec<Value> = found.columns.iter().map(column).collect();
    let dialect = found.dialect.as_ref();
    json!({
        "file": file,
        "format": found.format,
        "compression": found.compression,
        "encoding": dialect.map(|dialect| dialect.encoding.as_str()),
        "bom": dialect.map(|dialect| dialect.bom),
        "delimiter": dialect.and_then(delimiter),
        "quote": dialect.and_then(|dialect| dialect.quote),
        "escape": dialect.and_then(|dialect| dialect.escape),
        "header": dialect.map(|dialect| dialect.header),
        "preamble_lines": dialect.map(|dialect| dialect.preamble_lines),
        "newline": dialect.map(|dialect| dialect.newline),
        "columns": columns,
        "sampled_rows": found.sampled_rows,
        "confidence": {
            "overall": found.confidence.overall,
            "encoding": found.confidence.encoding,
            "delimiter": found.confidence.delimiter,
            "quote": found.confidence.quote,
            "header": found.confidence.header,
            "preamble": preamble_confidence(found.confidence),
        },
        "notes": found.notes,
    })
}

fn delimiter(dialect: &Dialect) -> Option<char> {
    (dialect.delimiter != NO_DELIMITER).then_some(dialect.delimiter)
}

fn file_facts(found: &Sniffed) -> Table {
    let mut table = Table::bare(&[Side::Left, Side::Left, Side::Left]);
    let mut add = |name: &str, value: String, sure: Option<f64>| {
        let (word, tone) = sure.map_or_else(Default::default, sureness);
        table.row([Cell::toned(name, Tone::Dim), value.into(), Cell::toned(word, tone)]);
    };
    let packed = match found.compression {
        Compression::None => "",
        Compression::Gzip => ", packed with gzip",
        Compression::Zstd => ", packed with zstd",
    };
    let format = match found.format {
        FileFormat::Delimited => "delimited text",
        FileFormat::Json => "JSON, one array of objects",
        FileFormat::NdJson => "JSON, one object a line",
        FileFormat::Parquet => "Parquet",
    };
    add("format", format!("{format}{packed}"), None);
    if let Some(dialect) = &found.dialect {
        let confidence = found.confidence;
        let mark = if dialect.bom { ", with a byte order mark" } else { "" };
        add("encoding", format!("{}{mark}", dialect.encoding), Some(confidence.encoding));
        add(
            "delimiter",
            delimiter(dialect).map_or_else(|| "none: one column".to_owned(), sign),
            Some(confidence.delimiter),
        );
        add("quote", dialect.quote.map_or_else(|| "none".to_owned(), sign), Some(confidence.quote));
        let escape = dialect.escape.map_or_else(|| "none: a quote inside quotes is doubled".to_owned(), sign);
        add("escape", escape, Some(confidence.quote));
        let header =
            if dialect.header { "yes: the first record names the columns" } else { "no: columns are numbered" };
        add("header", header.to_owned(), Some(confidence.header));
        let preamble = match dialect.preamble_lines {
            0 => "none".to_owned(),
            lines => format!("{} before the table", plural(lines, "line")),
        };
        add("preamble", preamble, Some(preamble_confidence(confidence)));
        add("line ends", newline(dialect.newline).to_owned(), None);
    }
    add("looked at", plural(found.sampled_rows, "row"), None);
    table
}

fn sureness(confidence: f64) -> (String, Tone) {
    let (word, tone) = match confidence {
        sure if sure >= SURE => ("sure", Tone::Good),
        likely if likely >= LIKELY => ("likely", Tone::Plain),
        _ => ("a guess", Tone::Warn),
    };
    (format!("{word}, {}", share(confidence)), tone)
}

/// A sign with its name where it cannot be seen well.
fn sign(sign: char) -> String {
    match sign {
        '\t' => "tab".to_owned(),
        ' ' => "space".to_owned(),
        ',' => ", (comma)".to_owned(),
        ';' => "; (semicolon)".to_owned(),
        '|' => "| (bar)".to_owned(),
        '"' => "\" (double)".to_owned(),
        '\'' => "' (single)".to_owned(),
        other => other.to_string(),
    }
}

fn newline(newline: Newline) -> &'static str {
    match newline {
        Newline::Lf => "LF",
        Newline::Crlf => "CR LF",
        Newline::Cr => "CR",
        Newline::Mixed => "mixed",
    }
}

fn type_name(kind: ColumnKind) -> String {
    match kind {
        ColumnKind::Integer => "integer".to_owned(),
        ColumnKind::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        ColumnKind::Float => "float".to_owned(),
        ColumnKind::Boolean => "boolean".to_owned(),
        ColumnKind::Date => "date".to_owned(),
        ColumnKind::Timestamp => "timestamp".to_owned(),
        ColumnKind::Text => "text".to_owned(),
        ColumnKind::Empty => "empty".to_owned(),
    }
}

fn columns(found: &Sniffed) -> Table {
    let mut table = Table::new(&["COLUMN", "TYPE", ">SURE", ">EMPTY", "TIME FORMAT", "EXAMPLES"]);
    for column in &found.columns {
        let confidence = column_confidence(column);
        let shortened = |text: &String| match text.char_indices().nth(EXAMPLE_WIDTH) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text.clone(),
        };
        let examples: Vec<String> = column.examples.iter().map(shortened).collect();
        table.row([
            column.name.clone().into(),
            type_name(column.kind).into(),
            Cell::toned(share(confidence), sureness(confidence).1),
            if column.nulls > 0 { crate::figures::count(column.nulls) } else { String::new() }.into(),
            column.time_formats.join(" or ").into(),
            Cell::toned(examples.join(" · "), Tone::Dim),
        ]);
    }
    table
}

fn remarks(found: &Sniffed, paint: Paint) -> String {
    let mut text = String::new();
    for note in &found.notes {
        let line = format!("\n{} {note}", paint.tone(Tone::Warn, "note:"));
        text.push_str(&line);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
