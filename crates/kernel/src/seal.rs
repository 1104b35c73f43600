//! The door between personal values and what is stored of them.
//!
//! A [`Personal`](crate::Personal) is written and read only inside [`within`], by the [`Sealer`] given there; in a
//! log, an answer or a request it is an error, not a leak. Invariant: what `within` gives back was written or read
//! with every key that it needed. The scope belongs to one thread and to one synchronous call; nothing is awaited in
//! it, so that it never follows a task to another thread.
//!
//! Absent on purpose: the cipher and the keys (`platform/crypto`).

use std::{cell::RefCell, collections::BTreeSet, fmt, rc::Rc, sync::Arc};

use crate::SubjectId;

/// What is stored of a personal value: useless without its subject's key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sealed {
    /// Which of the subject's keys sealed it; the first is 1.
    pub key_version: u32,
    /// Nonce, ciphertext and tag, as the sealer wrote them.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes, key {})", self.bytes.len(), self.key_version)
    }
}

/// What a sealer finds in sealed bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// The value, as JSON.
    Plain(Vec<u8>),
    /// Its key was erased: it is gone for ever.
    Gone,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(***)",
            Self::Gone => "Gone",
        })
    }
}

/// Why personal values could not be written or read. Never carries a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Their keys are not at hand; load or make them and try again.
    #[error("could not use personal data: keys of {} subjects are not loaded", .0.len())]
    Missing(Vec<SubjectId>),
    /// Nothing is written about an erased subject any more.
    #[error("could not seal personal data: subject {0} was erased")]
    Erased(SubjectId),
    /// The sealed bytes were changed, or they belong to another workspace, subject or key.
    #[error("could not open personal data of subject {0}: it is not as it was sealed")]
    Damaged(SubjectId),
    /// The cipher refused.
    #[error("could not seal personal data of subject {0}")]
    Refused(SubjectId),
}

/// Seals and opens with keys that it holds already.
pub trait Sealer: fmt::Debug + Send + Sync {
    /// Seals the JSON of a value for its subject.
    ///
    /// # Errors
    /// [`SealError::Missing`] without the subject's key, [`SealError::Erased`] when there will never be one again.
    fn seal(&self, subject: SubjectId, plaintext: &[u8]) -> Result<Sealed, SealError>;

    /// Opens what [`Sealer::seal`] gave.
    ///
    /// # Errors
    /// [`SealError::Missing`] without the subject's key, [`SealError::Damaged`] when the bytes do not open with it.
    fn open(&self, subject: SubjectId, sealed: &Sealed) -> Result<Opened, SealError>;
}

/// Does `work`, a synchronous reading or writing of JSON, with `sealer` for every personal value in it. An inner
/// `within` has its own sealer.
///
/// # Errors
/// [`SealError::Missing`] with **all** subjects whose keys `work` asked for in vain: the caller loads them and does
/// the same again. Otherwise the first refusal of the sealer. The result of `work` is then thrown away, even where
/// it hid the refusal.
pub fn within<R>(sealer: &Arc<dyn Sealer>, work: impl FnOnce() -> R) -> Result<R, SealError> {
    let scope = Rc::new(Scope { sealer: Arc::clone(sealer), missing: RefCell::default(), refused: RefCell::default() });
    let entered = Entered(CURRENT.replace(Some(Rc::clone(&scope))));
    let result = work();
    drop(entered);
    if let Some(refused) = scope.refused.take() {
        return Err(refused);
    }
    let missing = scope.missing.take();
    if missing.is_empty() { Ok(result) } else { Err(SealError::Missing(missing.into_iter().collect())) }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Scope>>> = const { RefCell::new(None) };
}

/// One call of [`within`].
struct Scope {
    sealer: Arc<dyn Sealer>,
    missing: RefCell<BTreeSet<SubjectId>>,
    refused: RefCell<Option<SealError>>,
}

/// Puts the outer scope back, also when the work panics.
struct Entered(Option<Rc<Scope>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

/// What the scope made of a request.
pub(crate) enum Answer<T> {
    /// Done.
    Done(T),
    /// Put down as missing: go on with a stand-in, to find the others that are missing.
    Later,
    /// Refused: stop.
    Refused(SealError),
    /// There is no scope.
    Outside,
}

/// Asks the sealer of the scope, if there is one.
pub(crate) fn ask<T>(request: impl FnOnce(&dyn Sealer) -> Result<T, SealError>) -> Answer<T> {
    let Some(scope) = CURRENT.with_borrow(Option::clone) else { return Answer::Outside };
    match request(&*scope.sealer) {
        Ok(done) => Answer::Done(done),
        Err(SealError::Missing(subjects)) => {
            scope.missing.borrow_mut().extend(subjects);
            Answer::Later
        }
        Err(refused) => {
            scope.refused.borrow_mut().get_or_insert_with(|| refused.clone());
            Answer::Refused(refused)
        }
    }
}

/// A sealer that anybody can open; its first byte tells one sealing from the next.
#[cfg(test)]
pub(crate) mod toy {
    use std::{
        collections::HashMap,
        sync::atomic::{AtomicU8, Ordering},
    };

    use super::*;

    #[derive(Debug, Default)]
    pub(crate) struct Toy {
        /// `None` for an erased subject.
        pub(crate) keys: HashMap<SubjectId, Option<u8>>,
        sealed: AtomicU8,
    }

    impl Toy {
        pub(crate) fn with(keys: impl IntoIterator<Item = (SubjectId, Option<u8>)>) -> Arc<dyn Sealer> {
            Arc::new(Self { keys: keys.into_iter().collect(), sealed: AtomicU8::new(0) })
        }

        fn key(&self, subject: SubjectId) -> Result<Option<u8>, SealError> {
            self.keys.get(&subject).copied().ok_or(SealError::Missing(vec![subject]))
        }
    }

    impl Sealer for Toy {
        fn seal(&self, subject: SubjectId, plaintext: &[u8]) -> Result<Sealed, SealError> {
            let key = self.key(subject)?.ok_or(SealError::Erased(subject))?;
            let mut bytes = vec![self.sealed.fetch_add(1, Ordering::Relaxed), key];
            bytes.extend(plaintext.iter().map(|byte| byte ^ key));
            Ok(Sealed { key_version: 1, bytes })
        }

        fn open(&self, subject: SubjectId, sealed: &Sealed) -> Result<Opened, SealError> {
            let Some(key) = self.key(subject)? else { return Ok(Opened::Gone) };
            if sealed.bytes.get(1) != Some(&key) {
                return Err(SealError::Damaged(subject));
            }
            Ok(Opened::Plain(sealed.bytes[2..].iter().map(|byte| byte ^ key).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{toy::Toy, *};
    use crate::Personal;

    fn write(sealer: &Arc<dyn Sealer>, value: &Personal<String>) -> Result<String, SealError> {
        within(sealer, || serde_json::to_string(value).unwrap_or_default())
    }

    #[test]
    fn all_missing_subjects_are_named_at_once_and_the_result_is_thrown_away() {
        let subjects = [SubjectId::new(), SubjectId::new(), SubjectId::new()];
        let values: Vec<_> = subjects.iter().map(|subject| Personal::of(*subject, 5)).collect();
        let some = Toy::with([(subjects[1], Some(1))]);
        let missing = Err(SealError::Missing(vec![subjects[0], subjects[2]]));
        assert_eq!(within(&some, || serde_json::to_string(&values).unwrap()), missing);

        let all = Toy::with(subjects.map(|subject| (subject, Some(1))));
        let text = within(&all, || serde_json::to_string(&values).unwrap()).unwrap();
        let read = |sealer| within(sealer, || serde_json::from_str::<Vec<Personal<i32>>>(&text).unwrap());
        assert_eq!(read(&some), missing.map(|_| Vec::new()));
        assert_eq!(read(&all), Ok(values));
    }

    #[test]
    fn a_refusal_comes_out_even_when_the_work_hides_it() {
        let (erased, alive) = (SubjectId::new(), SubjectId::new());
        let sealer = Toy::with([(erased, None), (alive, Some(1))]);
        let hidden = within(&sealer, || serde_json::to_string(&Personal::of(erased, 5)).ok());
        assert_eq!(hidden, Err(SealError::Erased(erased)));

        let text = write(&sealer, &Personal::of(alive, "a".to_owned())).unwrap();
        let other = Toy::with([(alive, Some(2))]);
        let hidden = within(&other, || serde_json::from_str::<Personal<String>>(&text).ok());
        assert_eq!(hidden, Err(SealError::Damaged(alive)));
    }

    #[test]
    fn scopes_nest_and_end_also_by_a_panic() {
        let subject = SubjectId::new();
        let (outer, inner) = (Toy::with([(subject, Some(1))]), Toy::with([(subject, Some(2))]));
        let value = Personal::of(subject, "a".to_owned());
        let reads = |sealer: &Arc<dyn Sealer>, text: &str| {
            within(sealer, || serde_json::from_str::<Personal<String>>(text).is_ok()).is_ok()
        };
        within(&outer, || {
            let text = write(&inner, &value).unwrap();
            assert!(reads(&inner, &text) && !reads(&outer, &text));
            let panicked = catch_unwind(AssertUnwindSafe(|| within(&inner, || panic!("on purpose"))));
            assert!(panicked.is_err());
            let text = serde_json::to_string(&value).unwrap();
            assert!(reads(&outer, &text) && !reads(&inner, &text));
        })
        .unwrap();
        assert!(serde_json::to_string(&value).is_err(), "the last scope ended");
    }

    #[test]
    fn nothing_prints_what_it_holds() {
        let sealed = Sealed { key_version: 3, bytes: b"secret".to_vec() };
        assert_eq!(format!("{sealed:?}"), "Sealed(6 bytes, key 3)");
        assert_eq!(format!("{:?} {:?}", Opened::Plain(b"secret".to_vec()), Opened::Gone), "Plain(***) Gone");
    }
}
