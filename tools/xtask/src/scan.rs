//! Reads one Rust source as tokens: functions, calls, attributes, module names.
//!
//! Tokens and not a syntax tree, because a macro's body is tokens in any case: one reader then sees a function in
//! an `impl` and a function in `macro_rules!` alike. The price is that generics are told from comparisons by
//! position only, which holds in signatures.

use std::iter;

use proc_macro2::{Delimiter, Group, LexError, Spacing, TokenStream, TokenTree};

/// What the rules want to know of a source.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) functions: Vec<Function>,
    pub(crate) hits: Vec<Hit>,
    /// Names of `mod x` and `mod x;`, with their lines.
    pub(crate) modules: Vec<(usize, String)>,
    /// Names of `mod x;` that are compiled for tests only.
    pub(crate) test_modules: Vec<String>,
    /// Every string literal inside a function `code`, outside tests.
    pub(crate) codes: Vec<(usize, String)>,
}

/// A function with a name, wherever it stands.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From the `fn` to the closing brace, both counted.
    pub(crate) lines: usize,
    /// With `self`, as clippy counts.
    pub(crate) parameters: usize,
}

/// Something that is not to be written.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) line: usize,
    pub(crate) what: Banned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Banned {
    /// The attribute that silences a lint for ever.
    Allow,
    /// A panic outside tests.
    Panic,
}

/// Reads `text`; in a file of tests (`all_tests`) panics are no hits.
pub(crate) fn scan(text: &str, all_tests: bool) -> Result<Scan, LexError> {
    let mut found = Scan::default();
    found.walk(text.parse::<TokenStream>()?, all_tests);
    Ok(found)
}

impl Scan {
    fn walk(&mut self, stream: TokenStream, mut in_tests: bool) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        // Set by `#[cfg(test)]` or `#[test]` until the item that it stands on ends.
        let mut item_is_test = false;
        let mut at = 0;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some((attribute, inner, length)) = attribute(rest) {
                self.note_allow(attribute);
                let is_test = marks_test(attribute);
                in_tests |= inner && is_test;
                item_is_test |= is_test;
                at += length;
                continue;
            }
            let test = in_tests || item_is_test;
            self.note_function(rest, test);
            self.note_module(rest, test);
            if !test && panics(rest) {
                self.hits.push(Hit { line: line(&rest[0]), what: Banned::Panic });
            }
            if let TokenTree::Group(group) = &rest[0] {
                self.walk(group.stream(), test);
            }
            if ends_item(&rest[0]) {
                item_is_test = false;
            }
            at += 1;
        }
    }

    fn note_allow(&mut self, attribute: &Group) {
        let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
        let silences = is_ident(tokens.first(), "allow")
            || is_ident(tokens.first(), "cfg_attr") && idents(attribute.stream()).any(|name| name == "allow");
        if silences {
            self.hits.push(Hit { line: attribute.span().start().line, what: Banned::Allow });
        }
    }

    fn note_function(&mut self, rest: &[TokenTree], in_tests: bool) {
        let Some(function) = signature(rest) else { return };
        if let Some(body) = function.body.filter(|_| function.name == "code" && !in_tests) {
            literals(body.stream(), &mut self.codes);
        }
        let first = line(&rest[0]);
        let last = function.body.map_or(first, |body| body.span_close().end().line);
        let (name, parameters) = (function.name, parameters(function.arguments));
        self.functions.push(Function { name, line: first, lines: last - first + 1, parameters });
    }

    fn note_module(&mut self, rest: &[TokenTree], in_tests: bool) {
        if let [TokenTree::Ident(word), TokenTree::Ident(name), after, ..] = rest
            && *word == "mod"
        {
            self.modules.push((line(&rest[0]), name.to_string()));
            if in_tests && is_punct(Some(after), ';') {
                self.test_modules.push(name.to_string());
            }
        }
    }
}

/// `#[..]` or `#![..]` at the start: its group, whether it is an inner one, and how many tokens it takes.
fn attribute(rest: &[TokenTree]) -> Option<(&Group, bool, usize)> {
    if !is_punct(rest.first(), '#') {
        return None;
    }
    let inner = is_punct(rest.get(1), '!');
    match rest.get(1 + usize::from(inner)) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            Some((group, inner, 2 + usize::from(inner)))
        }
        _ => None,
    }
}

/// Whether what follows is compiled for tests only: `#[test]`, `#[cfg(test)]`, `#[tokio::test]`.
fn marks_test(attribute: &Group) -> bool {
    let names: Vec<String> = idents(attribute.stream()).collect();
    let says_test = names.iter().any(|name| name == "test");
    match names.first().map(String::as_str) {
        Some("cfg") => says_test && !names.iter().any(|name| name == "not" || name == "any"),
        Some("test" | "tokio") => says_test,
        _ => false,
    }
}

/// `.unwrap()`, or `.expect("..")`: with anything but one text it is some other method of that name.
fn panics(rest: &[TokenTree]) -> bool {
    let [dot, TokenTree::Ident(name), TokenTree::Group(group), ..] = rest else { return false };
    if !is_punct(Some(dot), '.') || group.delimiter() != Delimiter::Parenthesis {
        return false;
    }
    let mut arguments = group.stream().into_iter();
    match (arguments.next(), arguments.next()) {
        (None, _) => *name == "unwrap",
        (Some(TokenTree::Literal(text)), None) => *name == "expect" && text.to_string().starts_with(['"', 'r']),
        _ => false,
    }
}

struct Signature<'a> {
    name: String,
    arguments: &'a Group,
    body: Option<&'a Group>,
}

/// `fn name<..>(..) .. {..}` at the start; `fn $name` of a macro too. Function pointers have no name.
fn signature(rest: &[TokenTree]) -> Option<Signature<'_>> {
    if !is_ident(rest.first(), "fn") {
        return None;
    }
    let skip = 1 + usize::from(is_punct(rest.get(1), '$'));
    let TokenTree::Ident(name) = rest.get(skip)? else { return None };
    let mut outside = outside_generics(&rest[skip + 1..]);
    let arguments = outside.find_map(|token| group_of(token, Delimiter::Parenthesis))?;
    let body =
        outside.take_while(|token| !is_punct(Some(token), ';')).find_map(|token| group_of(token, Delimiter::Brace));
    Some(Signature { name: name.to_string(), arguments, body })
}

/// How many parameters stand between the parentheses of a signature.
fn parameters(arguments: &Group) -> usize {
    let tokens: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let commas = outside_generics(&tokens).filter(|token| is_punct(Some(token), ',')).count();
    let ends_with_comma = is_punct(tokens.last(), ',');
    if tokens.is_empty() { 0 } else { commas + usize::from(!ends_with_comma) }
}

/// The tokens that stand in no `<..>`; the arrow of `Fn() -> T` closes nothing.
fn outside_generics(tokens: &[TokenTree]) -> impl Iterator<Item = &TokenTree> {
    let (mut depth, mut after_dash) = (0_usize, false);
    tokens.iter().filter(move |token| {
        let before = depth;
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !after_dash => depth = depth.saturating_sub(1),
                _ => {}
            }
            after_dash = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
        } else {
            after_dash = false;
        }
        before == 0 && depth == 0
    })
}

/// The texts of all string literals, however deep.
fn literals(stream: TokenStream, into: &mut Vec<(usize, String)>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => literals(group.stream(), into),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                let text = literal.to_string();
                into.extend(text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).map(|t| (line, t.to_owned())));
            }
            _ => {}
        }
    }
}

/// All identifiers, however deep, in order.
fn idents(stream: TokenStream) -> Box<dyn Iterator<Item = String>> {
    Box::new(stream.into_iter().flat_map(|token| match token {
        TokenTree::Ident(ident) => Box::new(iter::once(ident.to_string())),
        TokenTree::Group(group) => idents(group.stream()),
        _ => Box::new(iter::empty()) as Box<dyn Iterator<Item = String>>,
    }))
}

fn group_of(token: &TokenTree, delimiter: Delimiter) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

fn ends_item(token: &TokenTree) -> bool {
    is_punct(Some(token), ';') || group_of(token, Delimiter::Brace).is_some()
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if *ident == name)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_in_impls_traits_and_macros() {
        let cases = [
            ("fn a() {}", "a", 1, 0),
            ("fn a(x: u8, y: HashMap<u8, u8>) {\n}\n", "a", 2, 2),
            ("impl T { fn a<F: Fn(u8, u8) -> Vec<u8>>(&self, f: F,) where F: Send {\n\n} }", "a", 3, 2),
            ("trait T { fn a(&self, x: u8); fn b() {} }", "a", 1, 2),
            ("macro_rules! m { ($n:ident) => { fn $n(a: u8) {\n} } }", "n", 2, 1),
            ("fn a() -> Box<dyn Fn(u8) -> u8> {\n todo(fn_pointer as fn(u8) -> u8)\n}", "a", 3, 0),
        ];
        for (text, name, lines, parameters) in cases {
            let found = scan(text, false).unwrap();
            let first = &found.functions[0];
            assert_eq!((first.name.as_str(), first.lines, first.parameters), (name, lines, parameters), "{text}");
        }
    }

    #[test]
    fn panics_count_outside_tests_only() {
        let cases = [
            ("fn a() { b().unwrap() }", 1),
            ("macro_rules! m { () => { a.unwrap() } }", 1),
            (
                "fn a() { b.expect(\"there\"); c.unwrap_or(1); parser.expect(Token::Dot); parser.expect(b'\"', \"a quote\") }",
                1,
            ),
            ("#[cfg(test)] mod tests { fn a() { b.unwrap() } } fn c() { d.unwrap() }", 1),
            ("#[test] fn a() { b.unwrap() }", 0),
            ("#![cfg(test)] fn a() { b.unwrap() }", 0),
            ("#[cfg(not(test))] fn a() { b.unwrap() }", 1),
            ("/// `a.unwrap()`\n// a.unwrap()\nfn a() { \".unwrap()\" }", 0),
        ];
        for (text, hits) in cases {
            assert_eq!(scan(text, false).unwrap().hits.len(), hits, "{text}");
        }
    }

    #[test]
    fn codes_are_the_texts_of_functions_named_code() {
        let found = scan("fn code(&self) -> &str { match self { A => \"a.b\", B => c(\"d.e\") } }", false).unwrap();
        assert_eq!(found.codes, [(1, "a.b".to_owned()), (1, "d.e".to_owned())]);
    }
}
