//! One mail, and its bytes as RFC 5322 and MIME (RFC 2045 to 2047) have them.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::Timestamp;
use uuid::Uuid;

/// A mail of text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id, the same when it is sent again.
    pub id: Uuid,
    /// When it was written.
    pub at: Timestamp,
    /// Address of the sender.
    pub from: String,
    /// Address of the receiver.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Lines, divided by `\n`.
    pub body: String,
}

/// A mail holds links that are secrets, and says to whom.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({}, ***)", self.id)
    }
}

impl Mail {
    /// Its bytes; every line ends with CR LF and is shorter than 998 bytes.
    #[must_use]
    pub fn to_eml(&self) -> String {
        let mut text = String::new();
        let domain = self.from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let headers = [
            ("From", self.from.clone()),
            ("To", self.to.clone()),
            ("Subject", encoded(&self.subject)),
            ("Date", date(self.at)),
            ("Message-ID", format!("<{}@{domain}>", self.id)),
            ("MIME-Version", "1.0".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("Content-Type", "text/plain; charset=utf-8".to_owned()),
        ];
        for (name, value) in headers {
            // No value ends a header: addresses are parsed, and the subject is encoded where it holds anything else.
            let value: String = value.chars().filter(|char| !char.is_control()).collect();
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let lines_are_short = self.body.lines().all(|line| line.len() < 900);
        if self.body.is_ascii() && lines_are_short {
            text.push_str("Content-Transfer-Encoding: 7bit\r\n\r\n");
            self.body.lines().for_each(|line| text.extend([line.trim_end_matches('\r'), "\r\n"]));
        } else {
            text.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
            let encoded = STANDARD.encode(self.body.replace('\n', "\r\n"));
            let mut rest = encoded.as_str();
            while !rest.is_empty() {
                let (line, after) = rest.split_at(rest.len().min(76));
                text.extend([line, "\r\n"]);
                rest = after;
            }
        }
        text
    }
}

/// A header's text: as it is, or in words of RFC 2047, each short enough.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for char in text.chars() {
        // 45 bytes are 60 letters of base64; a word has 75 at most.
        if words.last().is_some_and(|word| word.len() + char.len_utf8() > 45) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(char);
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join(" ")
}

/// `Fri, 02 Jan 2026 03:04:05 +0000` (RFC 5322, 3.3).
fn date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    // 1970-01-01 was a Thursday.
    let weekday = usize::try_from(at.0.div_euclid(86_400_000_000).rem_euclid(7)).unwrap_or(0);
    let month = text[5..7].parse::<usize>().unwrap_or(1);
    format!("{}, {} {} {} {} +0000", DAYS[weekday], &text[8..10], MONTHS[month - 1], &text[..4], &text[11..19])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str, body: &str) -> String {
        let (from, to) = ("house@example.com".to_owned(), "ann@example.com".to_owned());
        let at = Timestamp(1_767_323_045_000_000);
        Mail { id: Uuid::from_u128(7), at, from, to, subject: subject.to_owned(), body: body.to_owned() }.to_eml()
    }

    #[test]
    fn a_mail_is_as_the_standards_have_it() {
        let expected = "From: house@example.com\r\nTo: ann@example.com\r\nSubject: Hello\r\n\
            Date: Fri, 02 Jan 2026 03:04:05 +0000\r\nMessage-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n\
            MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: 7bit\r\n\r\nOne\r\n\r\nTwo\r\n";
        assert_eq!(mail("Hello", "One\n\nTwo\n"), expected);
    }

    #[test]
    fn letters_beyond_ascii_are_encoded_and_no_subject_adds_a_header() {
        let text = mail(&"Grüße ".repeat(20), &"Zoë ".repeat(100));
        assert!(text.is_ascii() && text.lines().all(|line| line.len() < 998));
        assert!(text.contains("Subject: =?utf-8?B?") && text.contains("base64"));
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
        assert!(subject.split(' ').all(|word| word.len() <= 75 && word.starts_with("=?") && word.ends_with("?=")));
        assert!(!mail("a\r\nBcc: eve@example.com", "").contains("\r\nBcc"));
    }
}
