//! Finds the dialect of delimited text by trying those that have some evidence.

use super::{Sample, header, name_columns, records::Records};
use crate::{
    Confidence, Dialect, Format, Hints, Newline, Sniffed,
    columns::ColumnSample,
    encoding::Guess,
    kinds::{Shape, shape},
    sniff::records::Row,
};

/// As much text as every candidate is tried on.
const TRIAL_BYTES: usize = 48 * 1024;
/// A delimiter is in at least one of so many lines.
const DELIMITER_EVERY_LINES: usize = 10;
/// Stands for "no delimiter": a character that text does not hold.
const NO_DELIMITER: char = '\u{1f}';
/// What the other things being equal is more likely. Slashes, dots and dashes are left out of most tables' delimiters
/// because dates and codes are full of them.
const DELIMITERS: [(char, f64); 22] = [
    (',', 1.0),
    ('\t', 1.0),
    (';', 1.0),
    ('|', 1.0),
    (' ', 0.75),
    (':', 0.6),
    ('^', 0.9),
    ('~', 0.9),
    ('#', 0.7),
    ('!', 0.7),
    ('&', 0.7),
    ('*', 0.7),
    ('@', 0.6),
    ('$', 0.7),
    ('%', 0.7),
    ('+', 0.6),
    ('=', 0.6),
    ('\\', 0.6),
    ('\u{1}', 1.0),
    ('/', 0.4),
    ('_', 0.4),
    ('-', 0.4),
];
/// How good a table of one column is beside one of two; see [`score`].
const ONE_COLUMN: f64 = 0.42;
/// The same where every line is a number, a date or the like.
const ONE_TYPED_COLUMN: f64 = 0.6;
/// A quote character must be better by so much than the usual one.
const CLEARLY: f64 = 1.02;

/// A dialect that was tried.
#[derive(Debug, Clone)]
struct Trial {
    dialect: Dialect,
    score: f64,
    /// Share of records with the usual number of fields.
    consistency: f64,
}

/// Finds how `text` is delimited and describes its columns.
pub(super) fn sniff_delimited(sample: &Sample<'_>, text: &str, guess: &Guess, hints: &Hints) -> Sniffed {
    let newline = line_ends(text);
    let trial_text = whole_lines(text, TRIAL_BYTES, newline);
    let base = Dialect {
        encoding: guess.encoding.name().to_owned(),
        bom: guess.bom,
        delimiter: hints.delimiter.unwrap_or(','),
        quote: hints.quote.or(Some('"')),
        escape: None,
        header: false,
        preamble_lines: hints.preamble_lines.unwrap_or(0),
        newline,
    };
    let trials = try_all(trial_text, &base, hints);
    let (best, rival, quote_rival) = choose(&trials, base);
    let mut confidence = Confidence {
        overall: 0.0,
        encoding: guess.confidence,
        delimiter: if hints.delimiter.is_some() { 1.0 } else { best.consistency * (1.0 - rival * rival) },
        quote: if hints.quote.is_some() || quote_rival < 1.0 { 1.0 } else { 0.7 },
        header: 1.0,
    };
    let text = if sample.whole { text } else { whole_lines(text, text.len(), newline) };
    let mut dialect = best.dialect;
    let records = Records::split(text, &dialect, sample.whole);
    let mut notes = Vec::new();
    let table = find_table(&records, &dialect, hints);
    dialect.preamble_lines = table.preamble_lines;
    let (is_header, header_confidence) = match (hints.header, table.rows.split_first()) {
        (Some(header), _) => (header, 1.0),
        (None, Some((first, rest))) => header::find(&records, *first, rest),
        (None, None) => (false, 0.5),
    };
    dialect.header = is_header;
    confidence.header = header_confidence;
    confidence.overall = [confidence.encoding, confidence.delimiter, confidence.quote, confidence.header]
        .into_iter()
        .fold(1.0, f64::min);
    if dialect.preamble_lines > 0 && hints.preamble_lines.is_none() {
        notes.push(format!("the table starts on line {}", dialect.preamble_lines + 1));
    }
    let given: Vec<String> = match table.rows.first() {
        Some(first) if is_header => records.cells(*first).take(table.width).collect(),
        _ => vec![String::new(); table.width],
    };
    let (names, renamed) = name_columns(&given);
    notes.extend(renamed);
    let mut columns: Vec<ColumnSample> = names.iter().map(|name| ColumnSample::new(name)).collect();
    let body = &table.rows[usize::from(is_header).min(table.rows.len())..];
    for row in body {
        records.each_cell(*row, |column, cell| {
            if let Some(column) = columns.get_mut(column) {
                column.add(cell);
            }
        });
    }
    Sniffed {
        format: Format::Delimited,
        compression: sample.compression,
        dialect: Some(dialect),
        columns: columns.into_iter().map(ColumnSample::finish).collect(),
        sampled_rows: body.len() as u64,
        confidence,
        notes,
    }
}

/// The table inside a sample.
struct Table {
    width: usize,
    preamble_lines: u64,
    /// Its records, header first if there is one; those that fit the width only.
    rows: Vec<Row>,
}

fn find_table(records: &Records<'_>, dialect: &Dialect, hints: &Hints) -> Table {
    let (mut width, _) = records.usual_width();
    let rows = records.rows();
    let fits = |row: &Row| row.sound && row.width == width;
    let mut start = if hints.preamble_lines.is_some() { 0 } else { rows.iter().position(fits).unwrap_or(0) };
    // A delimiter after each last value but not after the header's is no column.
    if let Some(before) = start.checked_sub(1).map(|index| rows[index]) {
        let extra_is_empty = |row: &Row| records.cells(*row).skip(before.width).all(|cell| cell.is_empty());
        if before.sound
            && before.width > 1
            && before.width < width
            && rows[start..].iter().filter(|row| fits(row)).all(extra_is_empty)
        {
            (width, start) = (before.width, start - 1);
        }
    }
    let first = rows.get(start);
    if hints.preamble_lines.is_some() && first.is_some_and(|row| row.sound) && hints.header == Some(true) {
        width = first.map_or(width, |row| row.width);
    }
    let preamble_lines = match first {
        Some(row) if start > 0 => row.line - 1,
        _ => dialect.preamble_lines,
    };
    let kept = rows[start.min(rows.len())..].iter().filter(|row| row.sound && row.width >= width).copied().collect();
    Table { width: width.max(1), preamble_lines, rows: kept }
}

/// What ends the lines of a text.
fn line_ends(text: &str) -> Newline {
    let (mut lf, mut crlf, mut cr) = (0_usize, 0_usize, 0_usize);
    let bytes = text.as_bytes();
    for place in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        match (bytes[place], place.checked_sub(1).map(|before| bytes[before]), bytes.get(place + 1)) {
            (b'\n', Some(b'\r'), _) => crlf += 1,
            (b'\n', _, _) => lf += 1,
            (_, _, Some(b'\n')) => {}
            _ => cr += 1,
        }
    }
    match () {
        () if cr > 0 && lf + crlf == 0 => Newline::Cr,
        // A few lone `\r` are more likely part of some text than ends of records.
        () if cr * 10 >= lf + crlf && cr > 0 => Newline::Mixed,
        () if crlf > 0 && lf * 10 > crlf => Newline::Mixed,
        () if crlf > 0 && lf <= crlf => Newline::Crlf,
        () => Newline::Lf,
    }
}

/// The first `bytes` of a text or fewer, cut behind a line end if there is one.
fn whole_lines(text: &str, bytes: usize, newline: Newline) -> &str {
    let cut = if text.len() <= bytes { text } else { &text[..text.floor_char_boundary(bytes)] };
    let end = if newline == Newline::Cr { '\r' } else { '\n' };
    match cut.rfind(end) {
        Some(at) if at + 1 < text.len() => &cut[..=at],
        _ => cut,
    }
}

fn try_all(text: &str, base: &Dialect, hints: &Hints) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (delimiter, prior) in delimiters(text, hints) {
        for quote in quotes(text, delimiter, hints) {
            for escape in escapes(text, quote) {
                let dialect = Dialect { delimiter, quote, escape, ..base.clone() };
                let (score, consistency) = score(text, &dialect);
                trials.push(Trial { dialect, score: score * prior, consistency });
            }
        }
    }
    trials
}

fn delimiters(text: &str, hints: &Hints) -> Vec<(char, f64)> {
    if let Some(delimiter) = hints.delimiter {
        return vec![(delimiter, 1.0)];
    }
    let lines = memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()).count().max(1);
    let mut counts = [0_usize; 128];
    for byte in text.bytes().filter(u8::is_ascii) {
        counts[usize::from(byte)] += 1;
    }
    let frequent = |delimiter: char| counts[delimiter as usize] * DELIMITER_EVERY_LINES >= lines;
    let mut found: Vec<_> = DELIMITERS.into_iter().filter(|(delimiter, _)| frequent(*delimiter)).collect();
    found.push((NO_DELIMITER, 1.0));
    found
}

fn quotes(text: &str, delimiter: char, hints: &Hints) -> Vec<Option<char>> {
    if hints.quote.is_some() {
        return vec![hints.quote];
    }
    let opens = |quote: char| {
        let before = |at: usize| at.checked_sub(1).map(|before| char::from(text.as_bytes()[before]));
        text.match_indices(quote)
            .take(1000)
            .any(|(at, _)| before(at).is_none_or(|byte| byte == delimiter || byte == '\n' || byte == '\r'))
    };
    let mut found = vec![Some('"')];
    if text.contains('"') {
        found.push(None);
    }
    if opens('\'') {
        found.push(Some('\''));
    }
    found
}

fn escapes(text: &str, quote: Option<char>) -> Vec<Option<char>> {
    let escaped = quote.is_some_and(|quote| text.contains(&format!("\\{quote}")));
    if escaped { vec![None, Some('\\')] } else { vec![None] }
}

/// The winner, the best other delimiter's score over the winner's, and the same for the best other quote.
fn choose(trials: &[Trial], base: Dialect) -> (Trial, f64, f64) {
    let mut best = Trial { dialect: base, score: 0.0, consistency: 0.0 };
    for trial in trials {
        // The usual quote and no escape come first, so others must be clearly better.
        let same_delimiter = trial.dialect.delimiter == best.dialect.delimiter && best.score > 0.0;
        if trial.score > best.score * if same_delimiter { CLEARLY } else { 1.0 } {
            best = trial.clone();
        }
    }
    let rival = |other: &dyn Fn(&Trial) -> bool| {
        let score = trials.iter().filter(|trial| other(trial)).map(|trial| trial.score).fold(0.0, f64::max);
        if best.score > 0.0 { (score / best.score).min(1.0) } else { 0.0 }
    };
    // Every text can be read as one column, so that is no rival.
    let delimiter_rival =
        rival(&|trial| trial.dialect.delimiter != best.dialect.delimiter && trial.dialect.delimiter != NO_DELIMITER);
    let same = |trial: &Trial| trial.dialect.delimiter == best.dialect.delimiter;
    let quote_rival = rival(&|trial| same(trial) && trial.dialect.quote != best.dialect.quote);
    (best, delimiter_rival, quote_rival)
}

/// How much a text looks like a table under a dialect, and the share of its records with the usual number of fields.
///
/// The score is `c² · (w − 1) / w · t`: `c` that share, `w` the number of fields, `t` the mean plausibility of the cells
/// of those records. For `w = 1` a constant takes the place of the middle term, which would be nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of a small sample")]
fn score(text: &str, dialect: &Dialect) -> (f64, f64) {
    let records = Records::split(text, dialect, true);
    let (width, regular) = records.usual_width();
    let consistency = regular as f64 / records.rows().len().max(1) as f64;
    let (mut cells, mut plausible, mut typed) = (0_usize, 0.0, 0_usize);
    for row in records.rows().iter().filter(|row| row.sound && row.width == width) {
        records.each_quoted_cell(*row, |quoted, cell| {
            // Quotes are there to hold odd signs together.
            let shape = Some(shape(cell)).filter(|shape| *shape != Shape::Odd || !quoted).unwrap_or(Shape::Words);
            cells += 1;
            typed += usize::from(crate::kinds::is_typed(shape));
            plausible += plausibility(shape);
        });
    }
    let cells = cells.max(1) as f64;
    let spread = match width {
        1 if typed as f64 >= 0.9 * cells => ONE_TYPED_COLUMN,
        1 => ONE_COLUMN,
        _ => (width - 1) as f64 / width as f64,
    };
    // With one column every record is regular, whatever the delimiter; only one candidate may claim it.
    let claims = width > 1 || dialect.delimiter == NO_DELIMITER;
    (if claims { consistency * consistency * spread * plausible / cells } else { 0.0 }, consistency)
}

fn plausibility(shape: Shape) -> f64 {
    match shape {
        Shape::Number { .. } | Shape::Exponent | Shape::Boolean | Shape::Time | Shape::Clock => 1.0,
        Shape::Words | Shape::Empty => 0.8,
        Shape::Odd => 0.1,
    }
}
