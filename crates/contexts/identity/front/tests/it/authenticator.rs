//! An authenticator in software: keys of P-256 in the test's own hands, which can lie about everything they sign.
//!
//! Source: W3C, "Web Authentication", level 3: 5.8.1 (client data), 6.1 (authenticator data), 6.5.2 (attestation, format `none`).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

pub(crate) const ORIGIN: &str = "http://localhost:8080";
const PRESENT: u8 = 1;
pub(crate) const VERIFIED: u8 = 4;
const ATTESTED: u8 = 64;

/// One passkey.
pub(crate) struct Authenticator {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    pub(crate) counter: u32,
}

/// What it says, before it is signed.
pub(crate) struct Said {
    pub(crate) origin: String,
    pub(crate) challenge: String,
    pub(crate) kind: &'static str,
    pub(crate) party: String,
    pub(crate) flags: u8,
    pub(crate) counter: u32,
    pub(crate) user: Vec<u8>,
}

impl Said {
    fn client_data(&self) -> Vec<u8> {
        let said =
            json!({ "type": self.kind, "challenge": self.challenge, "origin": self.origin, "crossOrigin": false });
        said.to_string().into_bytes()
    }

    fn data(&self) -> Vec<u8> {
        let party = digest(&SHA256, self.party.as_bytes());
        [party.as_ref(), &[self.flags], &self.counter.to_be_bytes()].concat()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A text of CBOR (RFC 8949), of fewer than 24 bytes.
fn cbor_text(text: &str) -> Vec<u8> {
    [&[0x60 + u8::try_from(text.len()).expect("short")], text.as_bytes()].concat()
}

/// Bytes of CBOR, of fewer than 65,536.
fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    [&[0x59][..], &u16::try_from(bytes.len()).expect("short").to_be_bytes(), bytes].concat()
}

impl Authenticator {
    /// Makes a key for what a browser passes on, and what it answers.
    pub(crate) fn make(options: &Value) -> (Self, Value) {
        Self::make_with(options, |_| {})
    }

    pub(crate) fn make_with(options: &Value, lie: impl FnOnce(&mut Said)) -> (Self, Value) {
        let (asked, random) = (&options["publicKey"], SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a key");
        let id = digest(&SHA256, pair.public_key().as_ref()).as_ref()[..16].to_vec();
        let user = URL_SAFE_NO_PAD.decode(text(&asked["user"]["id"])).expect("base64");
        let mut said = Said {
            origin: ORIGIN.to_owned(),
            challenge: text(&asked["challenge"]),
            kind: "webauthn.create",
            party: text(&asked["rp"]["id"]),
            flags: PRESENT | VERIFIED | ATTESTED,
            counter: 0,
            user: user.clone(),
        };
        lie(&mut said);
        let client = said.client_data();
        let point = pair.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}: a key of P-256 for ES256 (RFC 9053, 2.1 and 7.1).
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &point[1..33], &[0x22, 0x58, 32], &point[33..]]
            .concat();
        let length = u16::try_from(id.len()).expect("short").to_be_bytes();
        let data = [&said.data()[..], &[0; 16], &length, &id, &key].concat();
        let attested = [
            &[0xa3][..],
            &cbor_text("fmt"),
            &cbor_text("none"),
            &cbor_text("attStmt"),
            &[0xa0],
            &cbor_text("authData"),
            &cbor_bytes(&data),
        ];
        let response = json!({ "attestationObject": encoded(&attested.concat()), "clientDataJSON": encoded(&client) });
        let answer = json!({ "id": encoded(&id), "rawId": encoded(&id), "type": "public-key", "response": response,
            "clientExtensionResults": {} });
        (Self { pair, id, user, counter: 0 }, answer)
    }

    /// Signs what a browser passes on.
    pub(crate) fn sign(&mut self, options: &Value) -> Value {
        self.sign_with(options, |_| {})
    }

    pub(crate) fn sign_with(&mut self, options: &Value, lie: impl FnOnce(&mut Said)) -> Value {
        let asked = &options["publicKey"];
        self.counter += 1;
        let mut said = Said {
            origin: ORIGIN.to_owned(),
            challenge: text(&asked["challenge"]),
            kind: "webauthn.get",
            party: text(&asked["rpId"]),
            flags: PRESENT | VERIFIED,
            counter: self.counter,
            user: self.user.clone(),
        };
        lie(&mut said);
        let (client, data) = (said.client_data(), said.data());
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("signed");
        let response = json!({ "authenticatorData": encoded(&data), "clientDataJSON": encoded(&client),
            "signature": encoded(signature.as_ref()), "userHandle": encoded(&said.user) });
        json!({ "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "response": response,
            "clientExtensionResults": {} })
    }
}
