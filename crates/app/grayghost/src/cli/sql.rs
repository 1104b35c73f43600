//! `grayghost sql`: one statement that only reads.

use clap::{Args, ValueEnum};
use lakehouse::QueryRows;
use serde_json::{Map, Value};

use crate::{
    exit::Ending,
    failure::Failure,
    figures::plural,
    layout::{Cell, Side, Table},
    paint::Tone,
    session::Session,
};

const EXAMPLES: &str = "\
Examples:
  grayghost sql \"select * from gold.monthly_sales\"
  grayghost sql \"select country_name, population from gold.dim_country\" --format csv
A table is named layer.name; `grayghost assets` lists them. The table format shows NULL as nothing.";

/// Ask one SQL question; nothing is changed by it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Sql {
    /// The statement.
    statement: String,
    /// How the rows are written.
    #[arg(long, value_enum, default_value_t)]
    format: RowFormat,
}

/// How rows are written: aligned columns, comma-separated values (RFC 4180) with a header, or an array of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum RowFormat {
    #[default]
    Table,
    Csv,
    Json,
}

impl Sql {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let house = session.open()?;
        let rows = session.wait(house.query_sql(self.statement.clone(), None, session.cancel.clone()))?;
        match self.format {
            RowFormat::Table => write_table(session, &rows)?,
            RowFormat::Csv => write_csv(session, &rows)?,
            RowFormat::Json => write_json(session, &rows)?,
        }
        Ok(Ending::Done)
    }
}

fn write_table(session: &mut Session, rows: &QueryRows) -> Result<(), Failure> {
    let sides: Vec<Side> = rows.numeric.iter().map(|numeric| if *numeric { Side::Right } else { Side::Left }).collect();
    let mut table = Table::bare(&sides);
    table.row(rows.columns.iter().map(|name| Cell::toned(name.clone(), Tone::Dim)));
    let fractions: Vec<usize> = (0..sides.len()).map(|column| longest_fraction(rows, column)).collect();
    for row in &rows.rows {
        let cells = row.iter().zip(&fractions).zip(&sides);
        table.row(cells.map(|((value, fraction), side)| {
            let text = text_of(value).replace(['\n', '\r', '\t'], " ");
            let pad = if *side == Side::Right { fraction.saturating_sub(fraction_width(&text)) } else { 0 };
            Cell::from(if text.is_empty() { text } else { text + &" ".repeat(pad) })
        }));
    }
    let paint = session.screen.paint;
    session.screen.text(&table.render(paint))?;
    if !session.screen.is_quiet() {
        let count = plural(rows.rows.len() as u64, "row");
        session.screen.line(paint.dim(&format!("  ({count})")))?;
    }
    Ok(())
}

/// Width of the point and what follows it, so that points stand below each other.
fn fraction_width(text: &str) -> usize {
    text.find('.').map_or(0, |at| text.len() - at)
}

fn longest_fraction(rows: &QueryRows, column: usize) -> usize {
    let texts = rows.rows.iter().filter_map(|row| row.get(column)).map(text_of);
    texts.map(|text| fraction_width(&text)).max().unwrap_or_default()
}

/// A value as text; NULL is nothing.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn write_csv(session: &mut Session, rows: &QueryRows) -> Result<(), Failure> {
    let header: Vec<String> = rows.columns.iter().map(|name| csv_field(name)).collect();
    session.screen.text(&csv_record(&header))?;
    for row in &rows.rows {
        let fields: Vec<String> = row.iter().map(csv_value).collect();
        session.screen.text(&csv_record(&fields))?;
    }
    Ok(())
}

fn csv_record(fields: &[String]) -> String {
    fields.join(",") + "\r\n"
}

/// NULL is an empty field and an empty text is `""`, so that readers can tell them apart.
fn csv_value(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        other => csv_field(&text_of(other)),
    }
}

fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn write_json(session: &mut Session, rows: &QueryRows) -> Result<(), Failure> {
    let names = unique(&rows.columns);
    session.screen.text("[")?;
    for (index, row) in rows.rows.iter().enumerate() {
        let object: Map<String, Value> = names.iter().cloned().zip(row.iter().cloned()).collect();
        session.screen.text(if index == 0 { "\n  " } else { ",\n  " })?;
        session.screen.text(&Value::Object(object).to_string())?;
    }
    Ok(session.screen.line(if rows.rows.is_empty() { "]" } else { "\n]" })?)
}

/// Names of an object's keys: a name that comes again gets a number, since a key would hide the one before.
fn unique(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let numbered = (2..).map(|number| format!("{column}_{number}"));
        let free = std::iter::once(column.clone()).chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_needs_it_and_tells_null_from_empty() {
        let cases = [
            (Value::Null, ""),
            (Value::from(""), "\"\""),
            (Value::from("plain"), "plain"),
            (Value::from("a,b"), "\"a,b\""),
            (Value::from("a \"b\"\nc"), "\"a \"\"b\"\"\nc\""),
            (Value::from(-3.5), "-3.5"),
        ];
        for (value, text) in cases {
            assert_eq!(csv_value(&value), text, "{value}");
        }
    }

    #[test]
    fn doubled_names_are_numbered_without_meeting_others() {
        let names = ["a", "a", "a_2", "a"].map(str::to_owned);
        assert_eq!(unique(&names), ["a", "a_2", "a_2_2", "a_3"]);
    }
}
