//! A fact as it travels beyond the product: `CloudEvents` 1.0 in JSON.
//!
//! Source: CNCF, "`CloudEvents` - Version 1.0.2" and its JSON event format; names of extensions are lower-case letters and
//! digits. `traceparent` is the extension "Distributed Tracing". Invariant: `data` are the bytes that the log has stored, so
//! personal fields are sealed in it.

use eventlog::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

const SPEC_VERSION: &str = "1.0";
const JSON: &str = "application/json";

/// One fact with its context. Members that are not known here are left out when one is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// The version of `CloudEvents`: `1.0`.
    pub specversion: String,
    /// The event's id, by which consumers are idempotent.
    pub id: Uuid,
    /// Who says so: names one installation of the product.
    pub source: String,
    /// The fact's type.
    #[serde(rename = "type")]
    pub fact_type: String,
    /// The stream: what the fact is about.
    pub subject: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// `application/json`.
    pub datacontenttype: String,
    /// The stream once more, for brokers that key by an extension.
    pub stream: String,
    /// Counts from 1 within the stream; see [`crate::Arrival`].
    pub version: u64,
    /// Whose.
    pub workspace: Uuid,
    /// Names the process that it is part of.
    pub correlation: Uuid,
    /// The event that caused it; left out for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    /// W3C trace context; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The fact, byte for byte.
    pub data: Box<RawValue>,
}

impl Envelope {
    /// The envelope of an event's fact, said by the installation `source`, a URI reference that is not empty; `None` for an
    /// event that is private, or whose fact is no JSON.
    #[must_use]
    pub fn of(event: &Recorded, source: &str) -> Option<Self> {
        let (fact_type, fact) = event.fact.as_ref()?;
        let data = serde_json::from_slice::<&RawValue>(fact).ok()?;
        Some(Self {
            specversion: SPEC_VERSION.to_owned(),
            id: event.event_id.0,
            source: source.to_owned(),
            fact_type: fact_type.clone(),
            subject: event.stream.clone(),
            time: event.occurred_at.to_string(),
            datacontenttype: JSON.to_owned(),
            stream: event.stream.clone(),
            version: event.version,
            workspace: event.workspace.0,
            correlation: event.correlation_id,
            causation: event.causation_id.map(|id| id.0),
            traceparent: event.traceparent.clone(),
            data: data.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use eventlog::EventId;
    use proptest::prelude::*;

    use super::*;
    use crate::window::tests::event;

    const SOURCE: &str = "https://gg.example.com/";

    fn written(event: &Recorded) -> String {
        serde_json::to_string(&Envelope::of(event, SOURCE).unwrap()).unwrap()
    }

    #[test]
    fn the_written_form_stays_as_it_was_published() {
        let mut event = event(3, "shop.order.7", 2);
        let short = r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000003","source":"https://gg.example.com/","type":"Happened","subject":"shop.order.7","time":"2011-12-09T12:50:00.123456Z","datacontenttype":"application/json","stream":"shop.order.7","version":2,"workspace":"00000000-0000-0000-0000-000000000001","correlation":"00000000-0000-0000-0000-000000000002","data":{"type":"Happened","size":1.50}}"#;
        assert_eq!(written(&event), short);
        event.causation_id = Some(EventId(Uuid::from_u128(9)));
        event.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
        let long = short.replace(
            r#","data""#,
            r#","causation":"00000000-0000-0000-0000-000000000009","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","data""#,
        );
        assert_eq!(written(&event), long);
    }

    #[test]
    fn names_are_those_that_cloudevents_allows() {
        let mut event = event(3, "a.b.1", 2);
        (event.causation_id, event.traceparent) = (Some(event.event_id), Some("00".to_owned()));
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&written(&event)).unwrap();
        for name in members.keys() {
            assert!(
                name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{name}"
            );
        }
        for required in ["id", "source", "specversion", "type"] {
            assert!(members[required].as_str().is_some_and(|text| !text.is_empty()), "{required}");
        }
    }

    #[test]
    fn a_private_event_and_broken_bytes_have_no_envelope() {
        let mut event = event(1, "a.b.1", 1);
        event.fact = Some(("Happened".to_owned(), b"{".to_vec()));
        assert!(Envelope::of(&event, SOURCE).is_none());
        event.fact = None;
        assert!(Envelope::of(&event, SOURCE).is_none());
    }

    proptest! {
        #[test]
        fn envelopes_read_back(stream in "\\PC{1,20}", version: u64, micros in 0..4_000_000_000_000_000_i64, text: String) {
            let mut event = event(1, &stream, version);
            event.occurred_at = kernel::Timestamp(micros);
            let data = serde_json::to_vec(&serde_json::json!({"type": "Happened", "text": text})).unwrap();
            event.fact = Some(("Happened".to_owned(), data.clone()));
            let read: Envelope = serde_json::from_str(&written(&event)).unwrap();
            prop_assert_eq!(read.data.get().as_bytes(), data.as_slice());
            prop_assert_eq!((&read.stream, read.version, read.time), (&stream, version, event.occurred_at.to_string()));
            prop_assert_eq!(written(&event), serde_json::to_string(&Envelope::of(&event, SOURCE)).unwrap());
        }
    }
}
