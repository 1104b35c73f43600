//! The check of a log filter. The library that runs it takes a mistyped level for the name of a target and then logs
//! nothing, so here a word without `=` must be a level.

use crate::{Value, kind::Refusal, nearest::nearest};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(crate) fn check(text: &str) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Err(refusal("", ""));
    }
    match directives(text).iter().find_map(|directive| fault(directive)) {
        Some(refusal) => Err(refusal),
        None => Ok(Value::Text(text.to_owned())),
    }
}

/// Divided by commas outside of brackets: `target[span{a=1,b=2}]=debug` is one.
fn directives(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|letter: char| {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

fn fault(directive: &str) -> Option<Refusal> {
    // A filter of spans may end without a level, which then means all of them.
    if directive.ends_with(']') {
        return None;
    }
    let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
    let known = LEVELS.iter().any(|name| name.eq_ignore_ascii_case(level));
    (!known).then(|| refusal(directive, level))
}

fn refusal(directive: &str, level: &str) -> Refusal {
    let wrong = if directive.is_empty() { "has an empty directive".to_owned() } else { format!("has `{directive}`") };
    let remedy = match nearest(&level.to_ascii_lowercase(), LEVELS).filter(|_| !level.is_empty()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "give a level (off, error, warn, info, debug, trace) or `target=level`".to_owned(),
    };
    Refusal { wrong, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_targets_with_levels_are_taken() {
        for text in [
            "info",
            "WARN",
            "warn,sql=debug",
            "off, eventlog::sealer=trace",
            "http[request{path=a,b}]=debug",
            "info,[jobs]",
        ] {
            assert_eq!(check(text), Ok(Value::Text(text.to_owned())));
        }
    }

    #[test]
    fn what_would_log_nothing_is_refused() {
        let cases = [
            ("inof", "has `inof`", "did you mean `info`?"),
            ("info,sql=debgu", "has `sql=debgu`", "did you mean `debug`?"),
            ("eventlog", "has `eventlog`", "give a level (off, error, warn, info, debug, trace) or `target=level`"),
            (
                "info,",
                "has an empty directive",
                "give a level (off, error, warn, info, debug, trace) or `target=level`",
            ),
            ("", "has an empty directive", "give a level (off, error, warn, info, debug, trace) or `target=level`"),
        ];
        for (text, wrong, remedy) in cases {
            assert_eq!(check(text), Err(Refusal { wrong: wrong.to_owned(), remedy: remedy.to_owned() }), "{text}");
        }
    }
}
