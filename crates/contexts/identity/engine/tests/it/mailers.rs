//! What holds for every mailer.

use std::collections::BTreeSet;

use identity_engine::{Mail, Mailer, Outbox};
use kernel::Timestamp;

/// A mail of this number.
pub(crate) fn mail(number: u128) -> Mail {
    Mail {
        id: kernel::uuid::Uuid::from_u128(number),
        at: Timestamp(1_767_323_045_000_000),
        from: "house@example.com".to_owned(),
        to: "ann@example.com".to_owned(),
        subject: "Grüße".to_owned(),
        // A lone dot would end a mail that is sent as it is (RFC 5321, 4.5.2).
        body: "One\n.\n..two\n\n  https://gg.example.com/reset-password#token=abc\n".to_owned(),
    }
}

/// A mail arrives with its parts, whole, and another one beside it; sent again, it has the same id. `arrived` gives the texts of all
/// that arrived, `\n` at the ends of lines.
pub(crate) async fn conforms(mailer: &dyn Mailer, arrived: impl AsyncFn() -> Vec<String>) {
    for number in [1, 2, 1] {
        mailer.send(&mail(number)).await.expect("taken");
    }
    let texts = arrived().await;
    assert!(texts.len() >= 2, "{texts:?}");
    let ids: BTreeSet<&str> = texts.iter().map(|text| header(text, "Message-ID")).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    for text in &texts {
        assert_eq!((header(text, "From"), header(text, "To")), ("house@example.com", "ann@example.com"));
        assert_eq!(header(text, "Subject"), "=?utf-8?B?R3LDvMOfZQ==?=");
        let (_, body) = text.split_once("\n\n").expect("a body");
        assert_eq!(body.trim_end(), mail(1).body.trim_end());
    }
}

fn header<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).expect("a header")
}

#[tokio::test]
async fn the_outbox_is_a_mailer() {
    let folder = tempfile::tempdir().expect("a folder");
    let arrived = async || {
        let entries = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("a file").path());
        entries.map(|path| std::fs::read_to_string(path).expect("a mail").replace("\r\n", "\n")).collect()
    };
    conforms(&Outbox::at(folder.path()), arrived).await;
}
