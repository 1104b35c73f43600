//! Keeps the line numbers of a template in the SQL that it gives, so that an error of the planner can be found.
//!
//! Each template line gets an invisible mark with its number ([`mark`]). After rendering ([`settle`]), lines that
//! the template engine swallowed (a `config()` block, an untaken branch) are filled up, and lines that it added
//! (loops, macros) are put on one line. Only line breaks change, and never one inside an SQL string.

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// Blocks whose text a template can look at as a value: a mark in there could change what it does.
const CAPTURING: [&str; 5] = ["macro", "call", "filter", "raw", "block"];

/// The template with a mark at the start of each line that is not inside a tag, and after each tag of several lines; `None` when it uses the marks itself.
pub(super) fn mark(template: &str) -> Option<String> {
    if template.contains([OPEN, CLOSE]) {
        return None;
    }
    let mut out = String::with_capacity(template.len() * 2);
    let (mut line, mut captures, mut rest) = (1_usize, 0_usize, template);
    push_mark(&mut out, line);
    while let Some(first) = rest.chars().next() {
        let tag = if rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with("{#") {
            &rest[..tag_len(rest)]
        } else {
            &rest[..first.len_utf8()]
        };
        out.push_str(tag);
        line += tag.matches('\n').count();
        captures = captures.saturating_add_signed(capture_step(tag));
        if tag.contains('\n') && captures == 0 {
            push_mark(&mut out, line);
        }
        rest = &rest[tag.len()..];
    }
    Some(out)
}

fn push_mark(out: &mut String, line: usize) {
    out.push(OPEN);
    out.push_str(&line.to_string());
    out.push(CLOSE);
}

/// Bytes of the tag that `text` starts with; all of it when the tag is not closed.
fn tag_len(text: &str) -> usize {
    if text.starts_with("{#") {
        return text.find("#}").map_or(text.len(), |at| at + 2);
    }
    let close = if text.starts_with("{{") { "}}" } else { "%}" };
    let (mut quote, mut braces, mut escaped) = (None, 0_usize, false);
    for (at, c) in text.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) => quote = (c != open).then_some(open),
            None if braces == 0 && text[at..].starts_with(close) => return at + 2,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if c == '{' => braces += 1,
            None if c == '}' => braces = braces.saturating_sub(1),
            None => {}
        }
    }
    text.len()
}

/// 1 when the tag opens a block whose text is taken as a value, -1 when it closes one.
fn capture_step(tag: &str) -> isize {
    let Some(inside) = tag.strip_prefix("{%").and_then(|tag| tag.strip_suffix("%}")) else { return 0 };
    let inside = inside.trim_matches(['-', '+']).trim();
    let word = inside.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let captures = |word: &str| CAPTURING.contains(&word) || word == "set";
    match word.strip_prefix("end") {
        Some(ended) if captures(ended) => -1,
        // `{% set x = 1 %}` has no end.
        None if CAPTURING.contains(&word) || (word == "set" && !inside.contains('=')) => 1,
        _ => 0,
    }
}

/// Where the text of the SQL stands.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Code,
    /// In quotes of this kind.
    Quotes(char),
    /// In a comment up to the end of the line; it began at this byte of the output.
    LineComment(usize),
    BlockComment,
}

/// The SQL without marks, with as many lines as the template had (`lines`), as far as strings allow.
pub(super) fn settle(rendered: &str, lines: usize) -> String {
    let mut out = String::with_capacity(rendered.len());
    let (mut line, mut inside, mut rest) = (1_usize, Inside::Code, rendered);
    let mut next_mark = find_mark(rest).unwrap_or(lines);
    // Line breaks before the next mark. Of too many the last are kept: the first came out of one template line.
    let mut breaks = count_breaks(rest);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        breaks -= usize::from(c == '\n');
        if c == OPEN {
            let (number, after) = rest.split_once(CLOSE).unwrap_or((rest, ""));
            rest = after;
            let target = number.parse().unwrap_or(line);
            while line < target {
                out.push('\n');
                line += 1;
                inside = after_break(inside);
            }
            next_mark = find_mark(rest).unwrap_or(lines);
            breaks = count_breaks(rest);
        } else if c == '\n' && (line + breaks < next_mark || matches!(inside, Inside::Quotes(_))) {
            out.push('\n');
            line += 1;
            inside = after_break(inside);
        } else if c == '\n' {
            if let Inside::LineComment(start) = inside {
                // Joined to the next line, the comment would hide it.
                out.truncate(start);
            }
            inside = after_break(inside);
            out.push(' ');
        } else {
            out.push(c);
            inside = step(inside, c, &out);
        }
    }
    out.extend(std::iter::repeat_n('\n', lines.saturating_sub(line)));
    out
}

fn count_breaks(text: &str) -> usize {
    text.split(OPEN).next().unwrap_or_default().matches('\n').count()
}

fn find_mark(text: &str) -> Option<usize> {
    let after = &text[text.find(OPEN)? + OPEN.len_utf8()..];
    after.split(CLOSE).next()?.parse().ok()
}

fn after_break(inside: Inside) -> Inside {
    if matches!(inside, Inside::LineComment(_)) { Inside::Code } else { inside }
}

/// `c` is the last character of `out`.
fn step(inside: Inside, c: char, out: &str) -> Inside {
    match inside {
        Inside::Code if c == '\'' || c == '"' => Inside::Quotes(c),
        Inside::Code if out.ends_with("--") => Inside::LineComment(out.len() - 2),
        Inside::Code if out.ends_with("/*") => Inside::BlockComment,
        Inside::Quotes(open) if c == open => Inside::Code,
        Inside::BlockComment if out.ends_with("*/") => Inside::Code,
        other => other,
    }
}
