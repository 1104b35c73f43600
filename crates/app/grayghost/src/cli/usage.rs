//! What the parser says about wrong words, in the parts that every error of ours has.

use crate::failure::Failure;

/// The parser's text as an error: its first paragraph says what, its tips say what to do.
pub(super) fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(one_line);
    let what = paragraphs.next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(&what).to_owned();
    let mut remedy = String::new();
    let mut verb = String::from("grayghost");
    for paragraph in paragraphs {
        if let Some(tip) = paragraph.strip_prefix("tip: ") {
            remedy.push_str(tip);
            remedy.push_str("; ");
        } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            let is_verb = |word: &&str| {
                !word.starts_with('-') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            };
            verb = usage.split(' ').take_while(is_verb).collect::<Vec<_>>().join(" ");
        }
    }
    remedy.extend(["see `", &verb, " --help`"]);
    Failure::Usage { what, remedy }
}

fn one_line(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}
