//! Reads the lists under `src/data`, which are part of the binary.
//!
//! A list file has `[section]` lines; other lines hold entries separated by commas; `#` starts a comment line.

/// The entries of a section, in the order of the file; empty where there is no such section.
pub(crate) fn section(text: &'static str, name: &str) -> Vec<&'static str> {
    lines(text, name).flat_map(|line| line.split(',')).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// The lines of a section, whole; for entries that have parts.
pub(crate) fn lines(text: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("[{name}]");
    text.lines()
        .skip_while(move |line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

/// The two sides of every line `left: right, right`, for files without sections.
pub(crate) fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# note\n[a]\none, two,\nthree\n\n[b]\nx|1\n# no\ny|2\n";

    #[test]
    fn sections_end_where_the_next_begins() {
        assert_eq!(section(TEXT, "a"), ["one", "two", "three"]);
        assert_eq!(lines(TEXT, "b").collect::<Vec<_>>(), ["x|1", "y|2"]);
        assert!(section(TEXT, "c").is_empty());
    }
}
