//! Passkeys: `WebAuthn` (W3C, "Web Authentication", level 3) by webauthn-rs, which checks challenge, origin, party, flags and
//! signature. Keys and states are texts here, for they are stored.
//!
//! Invariants: the person is verified by the authenticator each time, so that a passkey is two factors; a passkey can be found
//! without a name being typed; no attestation is asked for, since who may bring which device is not ours to say.
//!
//! The challenge is drawn by the library from the operating system: no parameter of ours reaches it.

use kernel::{UserId, uuid::Uuid};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, Url,
    },
};

/// The largest answer of an authenticator that is looked at, in bytes of JSON.
const MAX_ANSWER_BYTES: usize = 16 * 1_024;

/// What a browser is asked, and what is kept until it has answered.
#[derive(Debug)]
pub struct Asked {
    /// For `navigator.credentials.create` or `.get`.
    pub options: Value,
    /// Kept on our side, used once.
    pub state: String,
}

/// Whom an answer says to come from; not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The account.
    pub user: UserId,
    /// The id that the authenticator gave its key.
    pub credential: Vec<u8>,
}

/// The relying party.
#[derive(Debug, Clone)]
pub struct Passkeys(Webauthn);

impl Passkeys {
    /// Of this address; `None` where its host is no name, for passkeys are bound to names: `localhost` is one, `127.0.0.1` is not.
    #[must_use]
    pub fn at(public_url: &str, name: &str) -> Option<Self> {
        let url = Url::parse(public_url).ok()?;
        let host = url.domain()?.to_owned();
        Some(Self(WebauthnBuilder::new(&host, &url).ok()?.rp_name(name).build().ok()?))
    }

    /// Asks for a new key, unlike those that are `known`.
    ///
    /// # Errors
    /// In words, why not.
    pub fn ask_for_new(&self, user: UserId, email: &str, known: &[&str]) -> Result<Asked, String> {
        let known: Vec<CredentialID> =
            known.iter().filter_map(|key| read::<Passkey>(key).ok()).map(|key| key.cred_id().clone()).collect();
        let asked = self.0.start_passkey_registration(user.0, email, email, Some(known));
        let (options, state) = asked.map_err(|error| error.to_string())?;
        let mut options = value(&options)?;
        // A key that is found without a name being typed.
        if let Some(wanted) = options.pointer_mut("/publicKey/authenticatorSelection") {
            wanted["residentKey"] = json!("required");
            wanted["requireResidentKey"] = json!(true);
        }
        Ok(Asked { options, state: text(&state)? })
    }

    /// The new key, as it is stored.
    ///
    /// # Errors
    /// In words, why the answer is not taken.
    pub fn take_new(&self, answer: &Value, state: &str) -> Result<String, String> {
        let (answer, state): (RegisterPublicKeyCredential, PasskeyRegistration) = (answered(answer)?, read(state)?);
        let key = self.0.finish_passkey_registration(&answer, &state).map_err(|error| error.to_string())?;
        text(&key)
    }

    /// Asks for any key of any account.
    ///
    /// # Errors
    /// In words, why not.
    pub fn ask_for_known(&self) -> Result<Asked, String> {
        let (mut options, state) = self.0.start_discoverable_authentication().map_err(|error| error.to_string())?;
        // Whether it is offered in a field or in a dialogue is the page's choice.
        options.mediation = None;
        Ok(Asked { options: value(&options)?, state: text(&state)? })
    }

    /// Whom an answer says to come from.
    ///
    /// # Errors
    /// In words, why it says nothing.
    pub fn whose(answer: &Value) -> Result<Whose, String> {
        let answer: PublicKeyCredential = answered(answer)?;
        let handle = answer.get_user_unique_id().ok_or("the answer names no account")?;
        let user = Uuid::from_slice(handle).map_err(|_| "the answer names no account of ours")?;
        Ok(Whose { user: UserId(user), credential: answer.get_credential_id().to_vec() })
    }

    /// Whether this stored key is the one of that id.
    #[must_use]
    pub fn is_of(key: &str, credential: &[u8]) -> bool {
        read::<Passkey>(key).is_ok_and(|key| key.cred_id().as_slice() == credential)
    }

    /// How often the authenticator says that the key was used; 0 where it does not count. The counter at registration is
    /// compared here; the last one is the caller's to compare.
    ///
    /// # Errors
    /// In words, why the answer is not taken.
    pub fn take_known(&self, answer: &Value, state: &str, key: &str) -> Result<u32, String> {
        let (answer, state): (PublicKeyCredential, DiscoverableAuthentication) = (answered(answer)?, read(state)?);
        let key = read::<Passkey>(key)?;
        let taken = self.0.finish_discoverable_authentication_v2(&answer, state, &key);
        let taken = taken.map_err(|error| error.to_string())?;
        if taken.user_verified() { Ok(taken.counter()) } else { Err("the person was not verified".to_owned()) }
    }
}

fn answered<T: DeserializeOwned>(answer: &Value) -> Result<T, String> {
    if answer.to_string().len() > MAX_ANSWER_BYTES {
        return Err("the answer is too large".to_owned());
    }
    // What serde says may quote the answer.
    serde_json::from_value(answer.clone()).map_err(|_| "the answer is no credential".to_owned())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|_| "what was kept is not readable".to_owned())
}

fn text<T: Serialize>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

fn value<T: Serialize>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_bound_to_a_name() {
        for (url, is_good) in [
            ("https://ghost.example.com", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", false),
            ("https://[::1]", false),
            ("ghost", false),
        ] {
            assert_eq!(Passkeys::at(url, "Gray Ghost").is_some(), is_good, "{url}");
        }
    }

    #[test]
    fn options_ask_for_a_key_that_is_found_and_a_person_who_is_verified() {
        let party = Passkeys::at("https://ghost.example.com", "Gray Ghost").unwrap();
        let asked = party.ask_for_new(UserId(Uuid::from_u128(7)), "ann@example.com", &[]).unwrap();
        let wanted = &asked.options["publicKey"]["authenticatorSelection"];
        assert_eq!((&wanted["residentKey"], &wanted["userVerification"]), (&json!("required"), &json!("required")));
        assert_eq!(asked.options["publicKey"]["rp"], json!({ "id": "ghost.example.com", "name": "Gray Ghost" }));
        let asked = party.ask_for_known().unwrap();
        assert_eq!(asked.options["publicKey"]["userVerification"], json!("required"));
        assert_eq!(
            (asked.options.get("mediation"), asked.options["publicKey"]["rpId"].as_str()),
            (None, Some("ghost.example.com"))
        );
        let again = party.ask_for_known().unwrap();
        assert_ne!(asked.options["publicKey"]["challenge"], again.options["publicKey"]["challenge"]);
    }

    #[test]
    fn what_is_no_answer_is_refused_without_being_quoted() {
        let party = Passkeys::at("https://ghost.example.com", "Gray Ghost").unwrap();
        let asked = party.ask_for_known().unwrap();
        for answer in [json!(null), json!({}), json!({ "id": "secret" }), json!("x".repeat(20_000))] {
            let why = party.take_new(&answer, &asked.state).unwrap_err();
            assert!(!why.contains("secret") && Passkeys::whose(&answer).is_err(), "{why}");
        }
    }
}
