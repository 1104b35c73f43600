//! The text of a selection to its parts. Knows nothing of any project.

use crate::ModelError;

/// How far a selection goes along the graph: not at all, some steps, or all the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    None,
    Steps(usize),
    All,
}

/// One atom of a selection: `2+tag:nightly+`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// As it was written.
    pub(super) text: String,
    /// `@`: with everything that is built from it, and all that those need.
    pub(super) family: bool,
    pub(super) parents: Reach,
    pub(super) children: Reach,
    pub(super) method: Method,
    pub(super) value: String,
}

/// What the value of an atom is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    /// Name, layer or dotted path with wildcards; also when no method is written.
    Fqn,
    Tag,
    Path,
    Source,
    /// A key of the configuration.
    Config(String),
    Owner,
    ResourceType,
}

const METHODS: [&str; 7] = ["tag", "path", "source", "config.<key>", "owner", "fqn", "resource_type"];

/// A union (by spaces) of intersections (by commas).
///
/// # Errors
/// [`ModelError::Selector`].
pub(super) fn parse(text: &str) -> Result<Vec<Vec<Atom>>, ModelError> {
    let union: Result<Vec<Vec<Atom>>, ModelError> =
        text.split_whitespace().map(|part| part.split(',').map(parse_atom).collect()).collect();
    match union {
        Ok(union) if union.is_empty() => Err(refuse(text, "it is empty")),
        union => union,
    }
}

fn refuse(selector: &str, detail: impl Into<String>) -> ModelError {
    ModelError::Selector { selector: selector.to_owned(), detail: detail.into() }
}

fn parse_atom(text: &str) -> Result<Atom, ModelError> {
    if text.is_empty() {
        return Err(refuse(text, "a comma stands without a name on each side"));
    }
    let (family, rest) = text.strip_prefix('@').map_or((false, text), |rest| (true, rest));
    let (parents, rest) = leading(rest, text)?;
    let (children, rest) = trailing(rest, text)?;
    if family && (parents, children) != (Reach::None, Reach::None) {
        return Err(refuse(text, "`@` cannot be combined with `+`"));
    }
    let (method, value) = method(rest, text)?;
    if value.is_empty() {
        return Err(refuse(text, "a name is missing"));
    }
    if value.contains(['+', '@']) {
        return Err(refuse(text, "`+` may stand only at both ends and `@` only at the beginning"));
    }
    Ok(Atom { text: text.to_owned(), family, parents, children, method, value: value.to_owned() })
}

/// `+name` and `2+name`.
fn leading<'a>(rest: &'a str, whole: &str) -> Result<(Reach, &'a str), ModelError> {
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match rest[digits..].strip_prefix('+') {
        Some(name) => Ok((reach(&rest[..digits], whole)?, name)),
        None => Ok((Reach::None, rest)),
    }
}

/// `name+` and `name+2`.
fn trailing<'a>(rest: &'a str, whole: &str) -> Result<(Reach, &'a str), ModelError> {
    let name = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    match name.strip_suffix('+') {
        Some(before) => Ok((reach(&rest[name.len()..], whole)?, before)),
        None => Ok((Reach::None, rest)),
    }
}

fn reach(digits: &str, whole: &str) -> Result<Reach, ModelError> {
    if digits.is_empty() {
        return Ok(Reach::All);
    }
    digits.parse().map(Reach::Steps).map_err(|_| refuse(whole, format!("{digits} steps are too many")))
}

fn method<'a>(rest: &'a str, whole: &str) -> Result<(Method, &'a str), ModelError> {
    let Some((name, value)) = rest.split_once(':') else {
        // dbt takes a bare name with a slash or a file's ending for a path.
        let is_path = rest.contains('/') || rest.rsplit_once('.').is_some_and(|(_, ending)| ending == "sql");
        return Ok((if is_path { Method::Path } else { Method::Fqn }, rest));
    };
    let method = match name {
        "tag" => Method::Tag,
        "path" | "file" => Method::Path,
        "source" => Method::Source,
        "owner" => Method::Owner,
        "fqn" => Method::Fqn,
        "resource_type" => Method::ResourceType,
        _ => match name.strip_prefix("config.") {
            Some(key) if !key.is_empty() => Method::Config(key.to_owned()),
            _ => {
                let near = crate::nearest::nearest(name, METHODS);
                let hint =
                    near.map_or(format!("known are {}", METHODS.join(", ")), |n| format!("did you mean `{n}:`?"));
                return Err(refuse(whole, format!("unknown method `{name}:`; {hint}")));
            }
        },
    };
    Ok((method, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_are_taken_apart() {
        let atom = |text: &str| parse_atom(text).expect(text);
        let cases = [
            ("sales", Reach::None, Reach::None, Method::Fqn, "sales"),
            ("+gold.fact+", Reach::All, Reach::All, Method::Fqn, "gold.fact"),
            ("2+m1+13", Reach::Steps(2), Reach::Steps(13), Method::Fqn, "m1"),
            ("2m", Reach::None, Reach::None, Method::Fqn, "2m"),
            ("1+tag:nightly", Reach::Steps(1), Reach::None, Method::Tag, "nightly"),
            ("models/gold", Reach::None, Reach::None, Method::Path, "models/gold"),
            ("config.materialized:table+", Reach::None, Reach::All, Method::Config("materialized".into()), "table"),
        ];
        for (text, parents, children, method, value) in cases {
            let found = atom(text);
            assert_eq!(
                (found.parents, found.children, found.method, found.value.as_str()),
                (parents, children, method, value)
            );
        }
        assert!(atom("@sales").family);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let cases = [
            ("", "it is empty"),
            ("a,,b", "a comma stands without a name"),
            ("+", "a name is missing"),
            ("tag:", "a name is missing"),
            ("@+a", "`@` cannot be combined with `+`"),
            ("a+b", "`+` may stand only at both ends"),
            ("tags:a", "unknown method `tags:`; did you mean `tag:`?"),
            ("config.:a", "unknown method `config.:`"),
            ("99999999999999999999999+a", "steps are too many"),
        ];
        for (text, expected) in cases {
            let told = parse(text).expect_err(text).to_string();
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}
