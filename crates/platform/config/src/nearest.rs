//! The name that a mistyped name was probably meant to be.

/// Edits that are still taken for a slip, a third of the name's length and at least this many.
const ALWAYS_FORGIVEN: usize = 2;

/// The most similar of `known`, if it is similar enough to be worth saying; the first of several.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = ALWAYS_FORGIVEN.max(name.chars().count() / 3);
    let scored = known.into_iter().map(|candidate| (strsim::osa_distance(name, candidate), candidate));
    scored.filter(|(edits, _)| *edits <= allowed).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_names_are_suggested() {
        let known = ["database.url", "redis.url", "bus.url", "jobs.workers"];
        let cases = [
            ("database.ulr", Some("database.url")),
            ("bus.uri", Some("bus.url")),
            ("job.worker", Some("jobs.workers")),
            ("something.else", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
