//! One account of this installation. Its stream lives in the workspace [`crate::INSTALLATION`], since one person may belong to
//! many workspaces.
//!
//! Invariants: an account is registered once; what is about the person, the hash of the password included, is sealed under
//! the account's own subject and gone with it.

use crate::{PasskeyId, TotpId};
use contracts::identity::IdentityFact;
use kernel::{Aggregate, Event, Personal, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Factors;

/// A fact of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "doc comments are part of the committed schemas; the variants say what their fields are"
)]
pub enum UserEvent {
    /// The account exists.
    UserRegistered { user: UserId, email: Personal<String>, name: Personal<String> },
    /// A hash in PHC form.
    PasswordSet { hash: Personal<String> },
    /// The account's mails arrive.
    EmailVerified,
    /// It may not sign in.
    UserDeactivated,
    /// It may sign in again.
    UserReactivated,
    /// An authenticator shares this secret, in base32; one that was there shares none any more.
    TotpAdded { totp: TotpId, secret: Personal<String> },
    /// No authenticator does.
    TotpRemoved,
    /// A passkey opens the account.
    PasskeyAdded { passkey: PasskeyId, name: Personal<String>, key: Personal<String> },
    /// It is called otherwise.
    PasskeyRenamed { passkey: PasskeyId, name: Personal<String> },
    /// It opens nothing any more.
    PasskeyRemoved { passkey: PasskeyId },
    /// These recovery codes are good, and none from before. Keyed hashes in hexadecimal digits: a code has 80 bits of chance.
    RecoveryCodesMade { hashes: Vec<String> },
    /// This one was used.
    RecoveryCodeUsed { hash: String },
}

impl Event for UserEvent {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Phase {
    #[default]
    New,
    Active,
    Inactive,
}

/// An account as its events tell it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct User {
    phase: Phase,
    id: Option<UserId>,
    email: Option<Personal<String>>,
    name: Option<Personal<String>>,
    verified: bool,
    factors: Factors,
}

impl User {
    /// Registers it; whoever says it again changes nothing.
    pub fn register(&self, user: UserId, email: Personal<String>, name: Personal<String>) -> Vec<UserEvent> {
        if self.phase == Phase::New { vec![UserEvent::UserRegistered { user, email, name }] } else { vec![] }
    }

    /// Gives it another password, by its hash in PHC form; nothing where it is not registered.
    pub fn set_password(&self, hash: Personal<String>) -> Vec<UserEvent> {
        if self.phase == Phase::New { vec![] } else { vec![UserEvent::PasswordSet { hash }] }
    }

    /// Its mails arrive; said again, it changes nothing.
    pub fn verify_email(&self) -> Vec<UserEvent> {
        if self.verified || self.phase == Phase::New { vec![] } else { vec![UserEvent::EmailVerified] }
    }

    /// Whoever gets its mails takes it, with a password of theirs. As long as nobody had shown to get them it may have been anybody's:
    /// what a stranger has added in somebody's name opens nothing any more. Said of a verified account, it changes nothing.
    pub fn claim(&self) -> Vec<UserEvent> {
        if self.verified || self.phase == Phase::New {
            return vec![];
        }
        let mut events = self.factors.remove_all();
        events.push(UserEvent::EmailVerified);
        events
    }

    /// Closes it to signing in; one that is closed or not registered stays so.
    pub fn deactivate(&self) -> Vec<UserEvent> {
        if self.phase == Phase::Active { vec![UserEvent::UserDeactivated] } else { vec![] }
    }

    /// Opens one that was deactivated.
    pub fn reactivate(&self) -> Vec<UserEvent> {
        if self.phase == Phase::Inactive { vec![UserEvent::UserReactivated] } else { vec![] }
    }

    /// A change of the further factors of an account that may be used; `None` where the rule refuses or it may not.
    pub fn change_factors(&self, rule: impl FnOnce(&Factors) -> Option<Vec<UserEvent>>) -> Option<Vec<UserEvent>> {
        if self.is_active() { rule(&self.factors) } else { None }
    }

    /// What it can show beside its password.
    pub fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Whether it is there at all.
    pub fn is_registered(&self) -> bool {
        self.phase != Phase::New
    }

    /// Whether it may sign in.
    pub fn is_active(&self) -> bool {
        self.phase == Phase::Active
    }

    /// Whether its mails are known to arrive.
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    /// Address and name; `None` when they were erased.
    pub fn about(&self) -> Option<(&str, &str)> {
        Some((self.email.as_ref()?.open()?, self.name.as_ref()?.open()?))
    }
}

impl Aggregate for User {
    const STREAM: &'static str = "identity.user";
    type Id = UserId;
    type Event = UserEvent;
    type Published = IdentityFact;

    fn apply(&mut self, event: &UserEvent) {
        match event {
            UserEvent::UserRegistered { user, email, name } => {
                (self.phase, self.id) = (Phase::Active, Some(*user));
                (self.email, self.name) = (Some(email.clone()), Some(name.clone()));
            }
            UserEvent::PasswordSet { .. } => {}
            UserEvent::EmailVerified => self.verified = true,
            UserEvent::UserDeactivated => self.phase = Phase::Inactive,
            UserEvent::UserReactivated => self.phase = Phase::Active,
            _ => self.factors.apply(event),
        }
    }

    fn publish(&self, event: &UserEvent) -> Option<IdentityFact> {
        match event {
            UserEvent::UserDeactivated => Some(IdentityFact::UserDeactivated { user: self.id? }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::SubjectId;

    use super::*;

    fn id() -> UserId {
        UserId(kernel::uuid::Uuid::from_u128(7))
    }

    fn about(text: &str) -> Personal<String> {
        Personal::of(SubjectId(id().0), text.to_owned())
    }

    fn after(events: &[UserEvent]) -> User {
        let mut user = User::default();
        for event in events {
            user.apply(event);
        }
        user
    }

    fn registered() -> UserEvent {
        UserEvent::UserRegistered { user: id(), email: about("ann@example.com"), name: about("Ann") }
    }

    #[test]
    fn an_account_is_registered_once_and_what_changes_nothing_is_no_event() {
        let new = User::default();
        assert_eq!(new.register(id(), about("ann@example.com"), about("Ann")), [registered()]);
        assert_eq!((new.set_password(about("h")), new.verify_email(), new.deactivate()), (vec![], vec![], vec![]));
        let user = after(&[registered()]);
        assert_eq!(user.register(id(), about("eve@example.com"), about("Eve")), []);
        assert_eq!((user.verify_email(), user.reactivate()), (vec![UserEvent::EmailVerified], vec![]));
        let user = after(&[registered(), UserEvent::EmailVerified, UserEvent::UserDeactivated]);
        assert_eq!((user.verify_email(), user.deactivate(), user.is_active()), (vec![], vec![], false));
        assert_eq!(user.reactivate(), [UserEvent::UserReactivated]);
        assert_eq!(user.about(), Some(("ann@example.com", "Ann")));
    }

    #[test]
    fn who_gets_the_mails_takes_an_unverified_account_without_what_others_have_added() {
        let key = UserEvent::PasskeyAdded { passkey: PasskeyId(id().0), name: about("phone"), key: about("{}") };
        let totp = UserEvent::TotpAdded { totp: TotpId(id().0), secret: about("JBSWY3DPEHPK3PXP") };
        let codes = UserEvent::RecoveryCodesMade { hashes: vec!["00ff".to_owned()] };
        let planted = [registered(), totp, codes, key];
        let mut user = after(&planted);
        let claimed = user.claim();
        for event in &claimed {
            user.apply(event);
        }
        assert!(user.is_verified() && !user.factors().any() && user.factors().codes.is_empty(), "{claimed:?}");
        assert_eq!((user.claim(), User::default().claim()), (vec![], vec![]));
        let own = after(&[&planted[..1], &[UserEvent::EmailVerified], &planted[1..]].concat());
        assert_eq!(own.claim(), [], "what the owner has added stays");
    }

    #[test]
    fn events_keep_to_their_published_schemas() {
        let examples = [
            registered(),
            UserEvent::PasswordSet { hash: about("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA") },
            UserEvent::EmailVerified,
            UserEvent::UserDeactivated,
            UserEvent::UserReactivated,
            UserEvent::TotpAdded { totp: TotpId(id().0), secret: about("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP") },
            UserEvent::TotpRemoved,
            UserEvent::PasskeyAdded { passkey: PasskeyId(id().0), name: about("phone"), key: about("{}") },
            UserEvent::PasskeyRenamed { passkey: PasskeyId(id().0), name: about("watch") },
            UserEvent::PasskeyRemoved { passkey: PasskeyId(id().0) },
            UserEvent::RecoveryCodesMade { hashes: vec!["00ff".to_owned()] },
            UserEvent::RecoveryCodeUsed { hash: "00ff".to_owned() },
        ];
        testkit::schemas::check::<User>(env!("CARGO_MANIFEST_DIR"), &examples);
    }
}
