//! Small edits of sources in our own format: a `mod` line, a `pub use` line, each in its sorted place.

/// Whether a name stands in the text as a word of its own.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '_').any(|part| part == word)
}

/// The text with `mod <name>;` among its modules.
pub(super) fn with_module(text: &str, name: &str) -> String {
    let module = |line: &str| {
        let rest = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?;
        rest.strip_suffix(';').map(str::to_owned)
    };
    if text.lines().any(|line| module(line).as_deref() == Some(name)) {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let after = |line: &str| module(line).is_some_and(|other| other.as_str() > name);
    let last = lines.iter().rposition(|line| module(line).is_some());
    match (lines.iter().position(|line| after(line)), last) {
        (Some(at), _) => inserted(&lines, at, &[&format!("mod {name};")]),
        (None, Some(last)) => inserted(&lines, last + 1, &[&format!("mod {name};")]),
        (None, None) => {
            let header = lines.iter().take_while(|line| line.starts_with("//!")).count();
            inserted(&lines, header, &["", &format!("mod {name};")])
        }
    }
}

/// The text with `pub use <module>::<name>;`, or the name in the list that is there.
pub(super) fn with_use(text: &str, module: &str, name: &str) -> String {
    let start = format!("pub use {module}::");
    let found = text.find(&start).and_then(|from| Some((from, from + text[from..].find(';')?)));
    if let Some((from, to)) = found {
        let list = text[from + start.len()..to].trim_matches(['{', '}']);
        let mut names: Vec<&str> = list.split(',').map(str::trim).filter(|each| !each.is_empty()).collect();
        names.push(name);
        names.sort_unstable();
        names.dedup();
        return format!("{}{start}{{{}}}{}", &text[..from], names.join(", "), &text[to..]);
    }
    let lines: Vec<&str> = text.lines().collect();
    let line = format!("{start}{name};");
    let last_module =
        lines.iter().rposition(|each| each.ends_with(';') && has_word(each, "mod")).map_or(0, |at| at + 1);
    let uses: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("pub use ")).collect();
    match (uses.iter().find(|at| lines[**at] > line.as_str()), uses.last()) {
        (Some(at), _) => inserted(&lines, *at, &[&line]),
        (None, Some(last)) => inserted(&lines, end_of(&lines, *last) + 1, &[&line]),
        (None, None) => inserted(&lines, last_module, &["", &line]),
    }
}

/// The line in which the statement ends that begins at `from`.
fn end_of(lines: &[&str], from: usize) -> usize {
    (from..lines.len()).find(|at| lines[*at].ends_with(';')).unwrap_or(from)
}

fn inserted(lines: &[&str], at: usize, new: &[&str]) -> String {
    let all = [&lines[..at], new, &lines[at..]].concat();
    all.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_stands_in_its_sorted_place_once() {
        let cases = [
            ("//! Head.\n", "//! Head.\n\nmod b;\n"),
            ("//! Head.\n\nmod a;\nmod c;\n\nuse x;\n", "//! Head.\n\nmod a;\nmod b;\nmod c;\n\nuse x;\n"),
            ("mod a;\npub mod aa;\n\nfn f() {}\n", "mod a;\npub mod aa;\nmod b;\n\nfn f() {}\n"),
            ("mod b;\n", "mod b;\n"),
        ];
        for (before, after) in cases {
            assert_eq!(with_module(before, "b"), after);
        }
    }

    #[test]
    fn a_name_is_given_out_beside_those_that_are_there() {
        let cases = [
            ("mod b;\n", "mod b;\n\npub use b::B;\n"),
            ("mod b;\n\npub use a::A;\npub use c::C;\n", "mod b;\n\npub use a::A;\npub use b::B;\npub use c::C;\n"),
            ("pub use b::A;\n", "pub use b::{A, B};\n"),
            ("pub use b::{\n    A, C,\n};\n\nfn f() {}\n", "pub use b::{A, B, C};\n\nfn f() {}\n"),
            ("pub use a::{\n    A, C,\n};\n\nfn f() {}\n", "pub use a::{\n    A, C,\n};\npub use b::B;\n\nfn f() {}\n"),
        ];
        for (before, after) in cases {
            assert_eq!(with_use(before, "b", "B"), after);
        }
    }
}
