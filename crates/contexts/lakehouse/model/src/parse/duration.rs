//! Lengths of time as people write them: `90s`, `30m`, `12h`, `7d`, `2w`, or dbt's `{count: 7, period: day}`.

use super::{
    reader::Reader,
    tree::{Node, Value},
};

const PERIODS: [&str; 5] = ["second", "minute", "hour", "day", "week"];

fn seconds_of(period: &str) -> Option<u64> {
    Some(match period {
        "s" | "second" => 1,
        "m" | "minute" => 60,
        "h" | "hour" => 3_600,
        "d" | "day" => 86_400,
        "w" | "week" => 604_800,
        _ => return None,
    })
}

/// Whole seconds; `None` when it is not given or wrong (then it is reported).
pub(crate) fn read(reader: &mut Reader, node: Option<&Node>, what: &str) -> Option<u64> {
    let node = node?;
    if let Value::Map(_) = node.value {
        let map = reader.map(node, what, &["count", "period"]);
        let count = reader.whole(map.get("count"), "count");
        let period: Option<String> = reader.word(map.get("period"), "period", &PERIODS);
        let seconds = period.as_deref().and_then(seconds_of).zip(count).and_then(|(s, n)| s.checked_mul(n));
        if seconds.is_none() && map.entries.len() < 2 {
            reader.wrong(node.line, format!("{what} needs both count and period"));
        }
        return seconds;
    }
    let text = reader.text(Some(node), what)?;
    let seconds = parse(&text);
    if seconds.is_none() {
        reader.wrong(node.line, format!("{what} `{text}` is not a length of time such as 90s, 30m, 12h, 7d or 2w"));
    }
    seconds
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    count.parse::<u64>().ok()?.checked_mul(seconds_of(unit.trim())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_in_both_forms() {
        let cases = [
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("12 h", Some(43_200)),
            ("7d", Some(604_800)),
            ("2w", Some(1_209_600)),
            ("{count: 7, period: day}", Some(604_800)),
            ("7", None),
            ("d", None),
            ("-1d", None),
            ("7 days", None),
            ("{count: 7}", None),
            ("{count: 7, period: year}", None),
            ("99999999999999999999w", None),
        ];
        for (text, seconds) in cases {
            let mut reader = Reader::default();
            let node = Node::from_yaml(text).expect(text);
            assert_eq!(read(&mut reader, Some(&node), "warn_after"), seconds, "{text}");
            assert_eq!(reader.finish(()).is_ok(), seconds.is_some(), "{text}");
        }
    }
}
