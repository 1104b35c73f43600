//! Values about a person, which are sealed when stored and gone when the key is gone.
//!
//! Invariants: a value is written as an envelope or not at all; an envelope is opened only where the type says
//! [`Personal`], never because some JSON looks like one; an envelope that was read is written again byte for byte.
//!
//! Absent on purpose: `Display`, and wiping plain values from memory (what wants them must hold them).

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned},
    ser,
};

use crate::{
    seal::{self, Answer, Opened, Sealed},
    typed_id,
};

typed_id!(
    /// Whom personal values are about: one source record or one user, never a profile. Erased as a whole, for ever.
    SubjectId
);

/// A value about a subject, or what is left of it. Once stored it belongs to one workspace: to take it to another, make
/// it there with [`Personal::of`], or it will not open.
#[derive(Clone)]
pub struct Personal<T> {
    subject: SubjectId,
    state: State<T>,
}

#[derive(Clone)]
enum State<T> {
    Fresh(T),
    Opened(T, Sealed),
    Gone(Sealed),
}

impl<T> Personal<T> {
    /// A value that was not stored yet.
    pub fn of(subject: SubjectId, value: T) -> Self {
        Self { subject, state: State::Fresh(value) }
    }

    /// Whom it is about; known even when the value is gone.
    pub fn subject(&self) -> SubjectId {
        self.subject
    }

    /// The value; `None` when its subject was erased.
    pub fn open(&self) -> Option<&T> {
        match &self.state {
            State::Fresh(value) | State::Opened(value, _) => Some(value),
            State::Gone(_) => None,
        }
    }
}

/// Alike when about the same subject and of the same value, sealed or not; what is gone is alike by its sealed bytes.
impl<T: PartialEq> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        let alike = match (&self.state, &other.state) {
            (State::Gone(mine), State::Gone(others)) => mine == others,
            _ => self.open().is_some() && self.open() == other.open(),
        };
        alike && self.subject == other.subject
    }
}

impl<T: Eq> Eq for Personal<T> {}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `{"$sealed":{"s":subject,"k":key version,"c":base64}}`: the only form in which a personal value is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(rename = "$sealed", borrow)]
    sealed: Content<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<'a> {
    #[serde(borrow)]
    s: Cow<'a, str>,
    k: u32,
    #[serde(borrow)]
    c: Cow<'a, str>,
}

impl Envelope<'_> {
    fn of(subject: SubjectId, sealed: &Sealed) -> Self {
        let (s, c) = (subject.to_string().into(), STANDARD.encode(&sealed.bytes).into());
        Self { sealed: Content { s, k: sealed.key_version, c } }
    }

    /// `None` where writing it again would give other bytes: only what we wrote ourselves is an envelope.
    fn read(self) -> Option<(SubjectId, Sealed)> {
        let subject: SubjectId = uuid::Uuid::try_parse(&self.sealed.s).ok()?.into();
        let bytes = STANDARD.decode(&*self.sealed.c).ok()?;
        (subject.to_string() == self.sealed.s).then_some((subject, Sealed { key_version: self.sealed.k, bytes }))
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    /// Writes the envelope.
    ///
    /// # Errors
    /// Outside of [`seal::within`], and when its sealer refuses.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let write = |sealed: &Sealed, to: S| Envelope::of(self.subject, sealed).serialize(to);
        let outside = "personal data is only written by the event log";
        match &self.state {
            State::Fresh(value) => {
                let plain = serde_json::to_vec(value).map_err(ser::Error::custom)?;
                match seal::ask(|sealer| sealer.seal(self.subject, &plain)) {
                    Answer::Done(sealed) => write(&sealed, serializer),
                    Answer::Later => serializer.serialize_unit(),
                    Answer::Refused(refused) => Err(ser::Error::custom(refused)),
                    Answer::Outside => Err(ser::Error::custom(outside)),
                }
            }
            State::Opened(_, sealed) | State::Gone(sealed) => match seal::ask(|_| Ok(())) {
                Answer::Outside => Err(ser::Error::custom(outside)),
                _ => write(sealed, serializer),
            },
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Personal<T> {
    /// Reads an envelope and nothing else.
    ///
    /// # Errors
    /// Outside of [`seal::within`], for anything but an envelope, and when the sealer cannot open it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Neither message repeats the input: a plain value in this place is personal too.
        let envelope =
            Envelope::deserialize(deserializer).map_err(|_| de::Error::custom("personal data is not sealed"))?;
        let (subject, sealed) = envelope.read().ok_or_else(|| de::Error::custom("a sealed value is malformed"))?;
        let state = match seal::ask(|sealer| sealer.open(subject, &sealed)) {
            Answer::Done(Opened::Plain(plain)) => {
                let value = serde_json::from_slice(&plain)
                    .map_err(|_| de::Error::custom("a sealed value has another type than expected"))?;
                State::Opened(value, sealed)
            }
            Answer::Done(Opened::Gone) | Answer::Later => State::Gone(sealed),
            Answer::Refused(refused) => return Err(de::Error::custom(refused)),
            Answer::Outside => return Err(de::Error::custom("personal data is only read by the event log")),
        };
        Ok(Self { subject, state })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, from_str, json, to_string};

    use super::*;
    use crate::seal::{SealError, Sealer, toy::Toy, within};

    /// As events are: the tag makes serde read the members through a buffer of its own.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type")]
    enum Fact {
        Seen { email: Personal<String>, note: Value, phone: Option<Personal<String>> },
    }

    fn alive() -> (SubjectId, Arc<dyn Sealer>) {
        let subject = SubjectId::new();
        (subject, Toy::with([(subject, Some(7))]))
    }

    #[test]
    fn a_fact_is_stored_without_its_values_and_read_back_whole() {
        let (subject, sealer) = alive();
        let email = Personal::of(subject, "jo@example.com".to_owned());
        let fact = Fact::Seen { email, note: json!({"k": 1}), phone: None };
        let text = within(&sealer, || to_string(&fact).unwrap()).unwrap();
        assert!(!text.contains("jo@"), "{text}");
        let read: Fact = within(&sealer, || from_str(&text).unwrap()).unwrap();
        assert_eq!(read, fact);
        let through_value = within(&sealer, || serde_json::from_value(from_str(&text).unwrap()).unwrap());
        assert_eq!(Ok(fact), through_value);
    }

    #[test]
    fn the_envelope_has_one_form() {
        let (subject, sealer) = alive();
        let text = within(&sealer, || to_string(&Personal::of(subject, 5)).unwrap()).unwrap();
        assert_eq!(text, format!(r#"{{"$sealed":{{"s":"{subject}","k":1,"c":"AAcy"}}}}"#));
    }

    #[test]
    fn what_was_read_is_written_again_byte_for_byte_opened_or_gone() {
        let (subject, sealer) = alive();
        let write = |sealer, value: &Personal<String>| within(sealer, || to_string(value).unwrap()).unwrap();
        let read = |sealer, text: &str| within(sealer, || from_str::<Personal<String>>(text).unwrap()).unwrap();
        let value = Personal::of(subject, "a".to_owned());
        let text = write(&sealer, &value);
        assert_ne!(text, write(&sealer, &value), "two sealings differ");
        assert_eq!(text, write(&sealer, &read(&sealer, &text)));

        let erased = Toy::with([(subject, None)]);
        let gone = read(&erased, &text);
        assert_eq!((gone.open(), gone.subject()), (None, subject));
        assert_eq!(text, write(&erased, &gone));
        assert!(gone == gone.clone() && gone != value);
    }

    #[test]
    fn outside_of_a_scope_nothing_is_written_or_read() {
        let (subject, sealer) = alive();
        let fresh = Personal::of(subject, 5);
        let text = within(&sealer, || to_string(&fresh).unwrap()).unwrap();
        let opened: Personal<i32> = within(&sealer, || from_str(&text).unwrap()).unwrap();
        for value in [fresh, opened] {
            let error = to_string(&value).unwrap_err().to_string();
            assert_eq!(error, "personal data is only written by the event log");
        }
        let error = from_str::<Personal<i32>>(&text).unwrap_err().to_string();
        assert!(error.starts_with("personal data is only read by the event log"), "{error}");
    }

    #[test]
    fn json_that_looks_like_an_envelope_is_opened_only_where_the_type_says_so() {
        let (subject, sealer) = alive();
        let stolen = within(&sealer, || serde_json::to_value(Personal::of(subject, "secret")).unwrap()).unwrap();
        let fact = Fact::Seen { email: Personal::of(subject, stolen.to_string()), note: stolen.clone(), phone: None };
        let text = within(&sealer, || to_string(&fact).unwrap()).unwrap();
        let Fact::Seen { email, note, .. } = within(&sealer, || from_str(&text).unwrap()).unwrap();
        assert_eq!((email.open(), &note), (Some(&stolen.to_string()), &stolen));

        let looks_alike = Personal::of(subject, stolen.clone());
        let text = within(&sealer, || to_string(&looks_alike).unwrap()).unwrap();
        let read: Personal<Value> = within(&sealer, || from_str(&text).unwrap()).unwrap();
        assert_eq!(read.open(), Some(&stolen), "a value is opened once");
    }

    #[test]
    fn only_an_exact_envelope_is_read_and_no_refusal_repeats_the_input() {
        let (subject, sealer) = alive();
        let refused = [
            r#""secret""#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1}}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1,"c":"AAcy","secret":1}}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1,"c":"AAcy"},"secret":1}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":-1,"c":"AAcy"}}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1,"c":"secret!"}}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1,"c":"AAc"}}"#.to_owned(),
            r#"{"$sealed":{"s":"SUBJECT","k":1,"c":"AAd="}}"#.to_owned(),
            r#"{"$sealed":{"s":"{SUBJECT}","k":1,"c":"AAcy"}}"#.to_owned(),
            r#"{"$sealed":{"s":"secret","k":1,"c":"AAcy"}}"#.to_owned(),
            r#"{"$sealed":{"s":"SIMPLE","k":1,"c":"AAcy"}}"#.replace("SIMPLE", &subject.0.simple().to_string()),
            r#"{"$sealed":{"s":"UPPER","k":1,"c":"AAcy"}}"#.replace("UPPER", &subject.to_string().to_uppercase()),
        ];
        let read = |text: &str| within(&sealer, || from_str::<Personal<i32>>(text)).unwrap();
        for text in refused.map(|text| text.replace("SUBJECT", &subject.to_string())) {
            let error = read(&text).expect_err(&text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        assert_eq!(read(&format!(r#"{{"$sealed":{{"s":"{subject}","k":1,"c":"AAcy"}}}}"#)).unwrap().open(), Some(&5));
    }

    #[test]
    fn a_value_of_another_type_is_refused_without_being_shown() {
        let (subject, sealer) = alive();
        let text = within(&sealer, || to_string(&Personal::of(subject, "secret")).unwrap()).unwrap();
        let error = within(&sealer, || from_str::<Personal<i32>>(&text)).unwrap().unwrap_err().to_string();
        assert!(error.contains("another type") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn alike_are_values_of_one_subject_and_nothing_prints_them() {
        let (subject, other) = (SubjectId::new(), SubjectId::new());
        let value = Personal::of(subject, 5);
        assert_eq!(value, Personal::of(subject, 5));
        assert_ne!(value, Personal::of(subject, 6));
        assert_ne!(value, Personal::of(other, 5));
        assert_eq!(format!("{value:?} {:?}", Some(&value)), "*** Some(***)");
    }

    #[test]
    fn sealing_for_an_erased_subject_is_refused() {
        let subject = SubjectId::new();
        let erased = Toy::with([(subject, None)]);
        let written = within(&erased, || to_string(&Personal::of(subject, 5)).unwrap_err().to_string());
        assert_eq!(written, Err(SealError::Erased(subject)));
    }
}
