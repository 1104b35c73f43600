//! Text inside HTML: escaping, anchors, pieces that every section uses.

use std::fmt;

use super::figures::{count, counted};

/// Text of somebody else as HTML shows it, in an element or in a quoted attribute.
///
/// Besides the five signs of HTML, control characters and those that turn the direction of writing are replaced: they
/// could make a file's name look like another one.
pub(super) struct Text<'a>(&'a str);

/// Escapes when displayed.
pub(super) fn text(text: &str) -> Text<'_> {
    Text(text)
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for sign in self.0.chars() {
            match sign {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(sign)?,
                sign if sign.is_control() || turns_direction(sign) => f.write_char(char::REPLACEMENT_CHARACTER)?,
                sign => f.write_char(sign)?,
            }
        }
        Ok(())
    }
}

/// Unicode's explicit directional formatting characters (UAX #9, section 2).
fn turns_direction(sign: char) -> bool {
    matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// The beginning of a text, with `…` where it was cut; at most `most` signs in all.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// The end of a path, with `…` where it was cut: files differ at their ends.
pub(super) fn cut_start(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length + 1 - most.max(1)).collect();
    format!("…{kept}")
}

/// The id of an asset's card.
pub(super) fn anchor(asset: &str) -> String {
    let plain = |sign: char| if sign.is_ascii_alphanumeric() || sign == '_' { sign } else { '-' };
    format!("asset-{}", asset.chars().map(plain).collect::<String>())
}

/// A drawn sign from the page's own set; screen readers skip it, because a word stands beside it.
pub(super) fn icon(name: &str) -> String {
    format!(r##"<svg class="icon" aria-hidden="true"><use href="#i-{name}"/></svg>"##)
}

/// Pieces put together.
pub(super) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().fold(String::new(), |all, part| all + &part)
}

/// A table that scrolls sideways in a narrow window instead of breaking the page.
pub(super) fn table(label: &str, head: &str, rows: &str) -> String {
    let label = text(label);
    format!(
        r#"<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"#
    )
}

/// How many of a list are not shown; empty when all are.
pub(super) fn left_out(all: usize, shown: usize, noun: &str) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        more => format!(r#"<p class="muted">And {}.</p>"#, counted(count(more), &format!("more {noun}"))),
    }
}

/// Column heads: a name, and whether numbers stand below it.
pub(super) fn heads(names: &[(&str, bool)]) -> String {
    joined(names.iter().map(|(name, numeric)| {
        let class = if *numeric { r#" class="num""# } else { "" };
        format!(r#"<th scope="col"{class}>{name}</th>"#)
    }))
}

/// A horizontal bar whose length is a share of its place, in hundredths of a percent. A share that is not zero is
/// drawn at least two pixels long.
pub(super) fn bar(hundredths: u32, class: &str) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let stroke = if hundredths > 0 { r#"<rect class="least" width="2" height="10" rx="1"/>"# } else { "" };
    format!(
        r#"<svg class="bar {class}" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="3"/>{stroke}<rect class="value" width="{whole}.{rest:02}%" height="10" rx="3"/></svg>"#
    )
}
