//! Passwords: argon2id on threads of their own, as many at a time as there are cores.
//!
//! Invariants: no password is stored or printed; an account that does not exist costs as much as one that does; a hash says with
//! which parameters it was made, so that they can be raised and old hashes, also such of bcrypt, are replaced at the next sign-in.

mod breached;
mod imported;
mod phc;
mod settings;
mod strength;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
};

use kernel::Chance;
use telemetry::Secret;
use tokio::sync::Semaphore;

use crate::PasswordError;
use breached::Breached;
use phc::{Costs, HASH_BYTES};

pub use settings::PasswordSettings;

/// A password as it was typed; nothing prints it.
pub type Password = Secret<String>;

/// Longer ones are refused: hashing them would be work for nothing.
const MAX_BYTES: usize = 1_024;

/// What comparing has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and the hash is to be made anew with the present parameters.
    RightButOld,
}

/// Makes and compares hashes. Clones share the threads.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    costs: Costs,
    least_score: u8,
    breached: Option<Breached>,
    chance: Arc<dyn Chance>,
    permits: Arc<Semaphore>,
    /// The hash of nobody's password, for accounts that do not exist.
    nobodys: String,
    computed: AtomicU64,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords(***)")
    }
}

impl Passwords {
    /// Ready to compare. Computes nothing: what stands for nobody's hash is chance.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn new(settings: &PasswordSettings, chance: Arc<dyn Chance>) -> Result<Self, PasswordError> {
        let costs = Costs::new(settings).ok_or(PasswordError::Fault)?;
        let mut hash = [0; HASH_BYTES];
        chance.fill(&mut hash);
        let nobodys = costs.written(&salt(&*chance), &hash);
        let permits = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
        let breached = settings.breached.clone().map(Breached::at);
        let least_score = settings.least_score.min(4);
        Ok(Self(Arc::new(Inner {
            costs,
            least_score,
            breached,
            chance,
            permits,
            nobodys,
            computed: AtomicU64::new(0),
        })))
    }

    /// Refuses what is easy to guess, given what one knows of its owner, and what is on the list.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn check(&self, password: &Password, about: &[&str]) -> Result<(), PasswordError> {
        let (password, about) = (password.clone(), about.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        self.apart(move |inner| {
            let text = password.expose();
            if text.len() > MAX_BYTES {
                return Err(PasswordError::Weak { why: format!("it is longer than {MAX_BYTES} bytes") });
            }
            strength::check(text, &about, inner.least_score)?;
            match inner.breached.as_ref().map(|list| list.has(text)).transpose().map_err(PasswordError::List)? {
                Some(true) => Err(PasswordError::Breached),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The hash in PHC form.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let password = password.clone();
        self.apart(move |inner| {
            inner.computed.fetch_add(1, Ordering::Relaxed);
            inner.costs.hash(password.expose().as_bytes(), salt(&*inner.chance)).ok_or(PasswordError::Fault)
        })
        .await
    }

    /// Compares with a hash. Without one it is the same work, and wrong.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: &Password, hash: Option<String>) -> Result<Verdict, PasswordError> {
        let password = Secret::new(password.expose().bytes().take(MAX_BYTES + 1).collect::<Vec<u8>>());
        self.apart(move |inner| {
            let against = hash.as_deref().unwrap_or(&inner.nobodys);
            inner.computed.fetch_add(1, Ordering::Relaxed);
            let right = phc::is_right(against, password.expose())
                .or_else(|| imported::is_right(against, password.expose()))
                .ok_or(PasswordError::Fault)?;
            Ok(match (right && hash.is_some(), inner.costs.made(against)) {
                (false, _) => Verdict::Wrong,
                (true, true) => Verdict::Right,
                (true, false) => Verdict::RightButOld,
            })
        })
        .await
    }

    /// How many hashes were computed since the start: what attempts cost is counted, not timed.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    /// Whether a hash that comes from elsewhere can be compared with.
    #[must_use]
    pub fn takes_over(hash: &str) -> bool {
        imported::is_one(hash)
    }

    /// On a thread that may be busy, when one of the permitted ones is free.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| PasswordError::Fault)?;
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work, not by who waits: who goes away makes no room for another.
            let _permit = permit;
            work(&inner)
        });
        done.await.map_err(|_| PasswordError::Fault)?
    }
}

fn salt(chance: &dyn Chance) -> [u8; 16] {
    let mut salt = [0; 16];
    chance.fill(&mut salt);
    salt
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;

    use super::*;

    fn passwords(memory_kib: u32) -> Passwords {
        let settings = PasswordSettings { memory_kib, passes: 1, ..PasswordSettings::default() };
        Passwords::new(&settings, Arc::new(SeededChance::new(3))).unwrap()
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_and_when_it_is_old() {
        let (old, new) = (passwords(64), passwords(128));
        let (right, wrong) = (Password::new("correct horse".to_owned()), Password::new("battery".to_owned()));
        let hash = old.hash(&right).await.unwrap();
        assert_ne!(hash, old.hash(&right).await.unwrap(), "salted");
        assert_eq!(old.verify(&right, Some(hash.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(new.verify(&right, Some(hash.clone())).await.unwrap(), Verdict::RightButOld);
        assert_eq!(new.verify(&wrong, Some(hash)).await.unwrap(), Verdict::Wrong);
        assert_eq!(new.verify(&right, None).await.unwrap(), Verdict::Wrong);
        assert!(new.verify(&right, Some("plain".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn a_hash_of_bcrypt_is_right_but_old() {
        let passwords = passwords(64);
        let hash = || Some("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW".to_owned());
        let (right, wrong) = (Password::new("U*U".to_owned()), Password::new("U*V".to_owned()));
        assert_eq!(passwords.verify(&right, hash()).await.unwrap(), Verdict::RightButOld);
        assert_eq!(passwords.verify(&wrong, hash()).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn somebody_unknown_costs_as_much_as_somebody_known() {
        let passwords = passwords(64);
        let word = Password::new("correct horse".to_owned());
        let hash = passwords.hash(&word).await.unwrap();
        for against in [Some(hash), None] {
            let before = passwords.computed();
            passwords.verify(&word, against).await.unwrap();
            assert_eq!(passwords.computed() - before, 1);
        }
    }

    #[tokio::test]
    async fn what_is_about_oneself_or_too_long_is_refused() {
        let passwords = passwords(64);
        let code = async |text: &str| {
            let checked = passwords.check(&Password::new(text.to_owned()), &["ann@example.com", "Ann Lee"]).await;
            checked.map_err(|error| kernel::ProductError::code(&error))
        };
        for weak in ["", "password", "annlee2026", "ann@example.com", "qwertyuiop", "aaaaaaaaaaaa"] {
            assert_eq!(code(weak).await, Err("identity.weak_password"), "{weak}");
        }
        assert_eq!(code(&"ab ".repeat(500)).await, Err("identity.weak_password"));
        assert_eq!(code("violet kettle mostly thunder").await, Ok(()));
    }
}
