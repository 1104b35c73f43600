//! What an account can show beside its password: an authenticator's codes, passkeys, recovery codes.
//!
//! Invariants: recovery codes are there while another factor is, are made with the first one and gone with the last; each is used
//! once; which time steps and counters were seen is no fact but a row of its own (in `identity`), for it changes at each sign-in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{PasskeyId, TotpId};
use kernel::Personal;
use serde::{Deserialize, Serialize};

use super::UserEvent;

/// Passkeys of one account at most.
const MOST_PASSKEYS: usize = 20;

/// A secret that an authenticator shares.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Totp {
    /// Its id.
    pub totp: TotpId,
    /// In base32.
    pub secret: Personal<String>,
}

/// A passkey that opens the account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Passkey {
    /// What its owner calls it.
    pub name: Personal<String>,
    /// As the engine writes it.
    pub key: Personal<String>,
}

/// The further factors of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Factors {
    /// The authenticator's; `None` where none was added.
    pub totp: Option<Totp>,
    /// By their ids.
    pub passkeys: BTreeMap<PasskeyId, Passkey>,
    /// Keyed hashes of those that were not used.
    pub codes: BTreeSet<String>,
}

impl Factors {
    /// Whether signing in takes more than a password.
    pub fn any(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// Takes the place of an earlier one. Recovery codes come with the first factor.
    pub fn add_totp(&self, totp: TotpId, secret: Personal<String>, codes: Vec<String>) -> Vec<UserEvent> {
        self.with_codes(UserEvent::TotpAdded { totp, secret }, codes)
    }

    /// `None` where there are too many.
    pub fn add_passkey(
        &self,
        passkey: PasskeyId,
        (name, key): (Personal<String>, Personal<String>),
        codes: Vec<String>,
    ) -> Option<Vec<UserEvent>> {
        let added = UserEvent::PasskeyAdded { passkey, name, key };
        (self.passkeys.len() < MOST_PASSKEYS).then(|| self.with_codes(added, codes))
    }

    fn with_codes(&self, added: UserEvent, hashes: Vec<String>) -> Vec<UserEvent> {
        let mut events = vec![added];
        events.extend((!self.any()).then_some(UserEvent::RecoveryCodesMade { hashes }));
        events
    }

    /// Ends the authenticator's; `None` where there is none.
    pub fn remove_totp(&self) -> Option<Vec<UserEvent>> {
        self.totp.as_ref().map(|_| vec![UserEvent::TotpRemoved])
    }

    /// Ends one; `None` where there is no such.
    pub fn remove_passkey(&self, passkey: PasskeyId) -> Option<Vec<UserEvent>> {
        self.passkeys.contains_key(&passkey).then(|| vec![UserEvent::PasskeyRemoved { passkey }])
    }

    /// Ends all of them.
    pub fn remove_all(&self) -> Vec<UserEvent> {
        let totp = self.totp.iter().map(|_| UserEvent::TotpRemoved);
        totp.chain(self.passkeys.keys().map(|passkey| UserEvent::PasskeyRemoved { passkey: *passkey })).collect()
    }

    /// Calls one otherwise; `None` where there is no such.
    pub fn rename_passkey(&self, passkey: PasskeyId, name: Personal<String>) -> Option<Vec<UserEvent>> {
        let known = self.passkeys.get(&passkey)?;
        Some(if known.name == name { vec![] } else { vec![UserEvent::PasskeyRenamed { passkey, name }] })
    }

    /// `None` where no factor is there to recover from the loss of.
    pub fn make_codes(&self, hashes: Vec<String>) -> Option<Vec<UserEvent>> {
        self.any().then(|| vec![UserEvent::RecoveryCodesMade { hashes }])
    }

    /// `None` where it is none, or was used.
    pub fn use_code(&self, hash: String) -> Option<Vec<UserEvent>> {
        self.codes.contains(&hash).then(|| vec![UserEvent::RecoveryCodeUsed { hash }])
    }

    /// Takes in a fact of the account; those about anything else change nothing.
    pub fn apply(&mut self, event: &UserEvent) {
        use UserEvent as E;
        match event.clone() {
            E::TotpAdded { totp, secret } => self.totp = Some(Totp { totp, secret }),
            E::TotpRemoved => self.totp = None,
            E::PasskeyAdded { passkey, name, key } => drop(self.passkeys.insert(passkey, Passkey { name, key })),
            E::PasskeyRenamed { passkey, name } => {
                if let Some(known) = self.passkeys.get_mut(&passkey) {
                    known.name = name;
                }
            }
            E::PasskeyRemoved { passkey } => drop(self.passkeys.remove(&passkey)),
            E::RecoveryCodesMade { hashes } => self.codes = hashes.into_iter().collect(),
            E::RecoveryCodeUsed { hash } => drop(self.codes.remove(&hash)),
            E::UserRegistered { .. }
            | E::PasswordSet { .. }
            | E::EmailVerified
            | E::UserDeactivated
            | E::UserReactivated => {}
        }
        if !self.any() {
            self.codes.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{SubjectId, uuid::Uuid};

    use super::*;

    fn text(text: &str) -> Personal<String> {
        Personal::of(SubjectId(Uuid::from_u128(7)), text.to_owned())
    }

    fn codes() -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    fn after(events: &[UserEvent]) -> Factors {
        let mut factors = Factors::default();
        for event in events {
            factors.apply(event);
        }
        factors
    }

    fn key(number: u128) -> PasskeyId {
        PasskeyId(Uuid::from_u128(number))
    }

    #[test]
    fn recovery_codes_come_with_the_first_factor_and_go_with_the_last() {
        let none = Factors::default();
        let first = none.add_totp(TotpId(Uuid::from_u128(1)), text("S"), codes());
        assert_eq!(first.len(), 2);
        let one = after(&first);
        let second = one.add_passkey(key(1), (text("phone"), text("{}")), codes()).unwrap();
        assert_eq!(second.len(), 1, "those that were shown stay");
        let both = after(&[first.clone(), second.clone()].concat());
        let left = after(&[first, second, both.remove_totp().unwrap()].concat());
        assert!(left.any() && left.codes.len() == 2);
        let mut gone = left.clone();
        left.remove_passkey(key(1)).unwrap().iter().for_each(|event| gone.apply(event));
        assert!(!gone.any() && gone.codes.is_empty());
        assert_eq!((gone.make_codes(codes()), none.remove_totp(), none.remove_passkey(key(1))), (None, None, None));
    }

    #[test]
    fn a_recovery_code_works_once_and_new_ones_end_the_old() {
        let mut one = after(&Factors::default().add_totp(TotpId(Uuid::from_u128(1)), text("S"), codes()));
        let used = one.use_code("a".to_owned()).unwrap();
        one.apply(&used[0]);
        assert_eq!((one.use_code("a".to_owned()), one.use_code("x".to_owned())), (None, None));
        let made = one.make_codes(vec!["c".to_owned()]).unwrap();
        one.apply(&made[0]);
        assert!(one.use_code("b".to_owned()).is_none() && one.use_code("c".to_owned()).is_some());
    }

    #[test]
    fn passkeys_are_so_many_and_what_changes_nothing_is_no_event() {
        let add = |factors: &Factors, number| factors.add_passkey(key(number), (text("phone"), text("{}")), codes());
        let mut factors = Factors::default();
        for number in 0..20 {
            add(&factors, number).unwrap().iter().for_each(|event| factors.apply(event));
        }
        assert_eq!(add(&factors, 20), None);
        assert_eq!(factors.rename_passkey(key(1), text("phone")), Some(vec![]));
        assert_eq!(factors.rename_passkey(key(99), text("x")), None);
        let renamed = factors.rename_passkey(key(1), text("watch")).unwrap();
        factors.apply(&renamed[0]);
        assert_eq!(factors.passkeys[&key(1)].name, text("watch"));
    }
}
