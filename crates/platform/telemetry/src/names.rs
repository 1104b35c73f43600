//! The rule of names: `grayghost_<context>_<noun>_<unit>`.

/// What a name may end with. Prometheus asks for base units; `total` is for counters, `info` for constants.
/// Not among them: `count`, `sum` and `bucket`, which histograms add to their own names.
/// Source: Prometheus documentation, "Metric and label naming".
pub const UNITS: [&str; 13] = [
    "bytes",
    "connections",
    "events",
    "info",
    "items",
    "jobs",
    "ratio",
    "requests",
    "rows",
    "seconds",
    "streams",
    "tasks",
    "total",
];

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Not small letters, digits and single `_`.
    #[error("has other characters than small letters, digits and single underscores")]
    Spelling,
    /// Another first word.
    #[error("does not begin with `grayghost_`")]
    Prefix,
    /// No context or no noun.
    #[error("lacks a context, a noun or a unit")]
    TooShort,
    /// The last word is no unit.
    #[error("does not end in a unit")]
    Unit,
}

/// Checks the name of a metric.
///
/// # Errors
///
/// The first part of the rule that it breaks.
pub fn check_name(name: &str) -> Result<(), NameFault> {
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let words: Vec<&str> = name.split('_').collect();
    if !words.iter().all(is_word) {
        return Err(NameFault::Spelling);
    }
    match words.as_slice() {
        ["grayghost", _, _, .., unit] if UNITS.contains(unit) => Ok(()),
        ["grayghost", _, _, _, ..] => Err(NameFault::Unit),
        ["grayghost", ..] => Err(NameFault::TooShort),
        _ => Err(NameFault::Prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_or_are_told_why_not() {
        let cases = [
            ("grayghost_eventlog_appended_total", Ok(())),
            ("grayghost_http_request_duration_seconds", Ok(())),
            ("grayghost_sql_pool_connections", Ok(())),
            ("grayghost_jobs_total", Err(NameFault::TooShort)),
            ("grayghost", Err(NameFault::TooShort)),
            ("jobs_done_by_worker_total", Err(NameFault::Prefix)),
            ("grayghost_jobs_wait_ms", Err(NameFault::Unit)),
            ("grayghost_jobs_done_count", Err(NameFault::Unit)),
            ("grayghost_jobs__done_total", Err(NameFault::Spelling)),
            ("grayghost_Jobs_done_total", Err(NameFault::Spelling)),
            ("grayghost_jobs_done_total_", Err(NameFault::Spelling)),
            ("", Err(NameFault::Spelling)),
        ];
        for (name, expected) in cases {
            assert_eq!(check_name(name), expected, "{name}");
        }
    }
}
