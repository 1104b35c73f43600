//! The SQL types that a model's column can be cast to; a mistyped one is told before anything runs.

use super::{reader::Reader, tree::Node};

/// Without parameters, in the groups that mean the same. Whoever casts knows them too: the engine.
const TYPES: [&str; 16] = [
    "text",
    "varchar",
    "string",
    "int",
    "integer",
    "bigint",
    "long",
    "smallint",
    "double",
    "float",
    "boolean",
    "bool",
    "date",
    "timestamp",
    "timestamptz",
    "decimal(p,s)",
];
const MAX_DIGITS: u8 = 38;

/// The type as it was written; `None` when it is not given or wrong (then it is reported).
pub(super) fn read(reader: &mut Reader, node: Option<&Node>) -> Option<String> {
    let line = node?.line;
    let text = reader.text(node, "type")?;
    let plain = text.trim().to_ascii_lowercase();
    let decimal = plain.strip_prefix("decimal").or_else(|| plain.strip_prefix("numeric"));
    match decimal {
        Some(digits) if !is_scaled(digits) => {
            let limits = format!("at most {MAX_DIGITS} digits, and no more of them behind the point than in all");
            reader.wrong(line, format!("cannot take the type `{text}`: write decimal(precision, scale), {limits}"));
            None
        }
        None if !TYPES.contains(&plain.as_str()) => {
            reader.unknown(line, &format!("type `{text}`"), &plain, &TYPES);
            None
        }
        _ => Some(text),
    }
}

/// `(p)` or `(p,s)`.
fn is_scaled(digits: &str) -> bool {
    let inside = digits.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let Some((precision, scale)) = inside.map(|inside| inside.split_once(',').unwrap_or((inside, "0"))) else {
        return false;
    };
    match (precision.trim().parse::<u8>(), scale.trim().parse::<u8>()) {
        (Ok(precision), Ok(scale)) => (1..=MAX_DIGITS).contains(&precision) && scale <= precision,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_can_be_cast_to_are_taken_as_written() {
        let good = ["text", "BIGINT", "decimal(12,3)", "Numeric( 38 , 38 )", "decimal(5)", "timestamptz"];
        let bad = ["", "txt", "decimal(p,s)", "decimal(0,0)", "decimal(3,4)", "decimal 3", "int(4)"];
        for (text, holds) in good.map(|text| (text, true)).into_iter().chain(bad.map(|text| (text, false))) {
            let mut reader = Reader::default();
            let node = Node::new(1, super::super::tree::Value::Text(text.to_owned()));
            assert_eq!(read(&mut reader, Some(&node)).as_deref(), holds.then_some(text), "{text}");
            assert_eq!(reader.count(), usize::from(!holds), "{text}");
        }
    }
}
