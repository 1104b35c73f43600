//! Attacks on tokens, by table. What is left (other workspaces, revoked sessions) is tested through the front door.

use kernel::uuid::Uuid;
use ring::{hmac, signature::KeyPair as _};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_767_323_045;

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn key_id() -> Uuid {
    Uuid::from_u128(1)
}

fn claims() -> Value {
    let id = |number| Uuid::from_u128(number).to_string();
    json!({ "iss": "grayghost", "aud": "grayghost", "sub": id(2), "wid": id(3), "sid": id(4),
        "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 840, "jti": id(5) })
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key_id() })
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
}

fn signed(header: &Value, claims: &Value, with: &Ed25519KeyPair) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(with.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

/// As the product does it: the key by its id, then all else. `None` where it is refused.
fn good(token: &str) -> Option<Claims> {
    let key = pair(1);
    let expected = Expected { issuer: "grayghost", audience: "grayghost", now: Timestamp(NOW * 1_000_000) };
    let public = key.public_key().as_ref();
    (kid(token)? == key_id()).then(|| verify(token, public, &expected).ok()).flatten()
}

fn with(base: &Value, name: &str, value: Value) -> Value {
    let mut changed = base.clone();
    changed[name] = value;
    changed
}

#[test]
fn what_we_sign_is_good() {
    let read: Claims = serde_json::from_value(claims()).unwrap();
    let token = sign(&read, key_id(), &pair(1)).unwrap();
    assert_eq!(good(&token), Some(read));
    assert!(good(&signed(&header(), &claims(), &pair(1))).is_some());
}

#[test]
fn headers_that_would_choose_the_algorithm_or_the_key_are_refused() {
    let attacks = [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("alg", Value::Null),
        ("typ", json!("JWT")),
        ("kid", json!(Uuid::from_u128(99))),
        ("kid", json!("../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", Value::Null),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair(2).public_key()) })),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ];
    for (name, value) in attacks {
        for key in [pair(1), pair(2)] {
            assert_eq!(good(&signed(&with(&header(), name, value.clone()), &claims(), &key)), None, "{name}: {value}");
        }
    }
}

#[test]
fn no_signature_and_an_hmac_with_the_public_key_are_refused() {
    let unsigned = format!("{}.{}.", encode(&with(&header(), "alg", json!("none"))), encode(&claims()));
    assert_eq!(good(&unsigned), None);
    let still_ours = format!("{}.{}.", encode(&header()), encode(&claims()));
    assert_eq!(good(&still_ours), None);
    for alg in ["HS256", "EdDSA"] {
        let text = format!("{}.{}", encode(&with(&header(), "alg", json!(alg))), encode(&claims()));
        let confused = hmac::Key::new(hmac::HMAC_SHA256, pair(1).public_key().as_ref());
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&confused, text.as_bytes()));
        assert_eq!(good(&format!("{text}.{tag}")), None, "{alg}");
    }
}

#[test]
fn claims_that_do_not_hold_here_and_now_are_refused() {
    let attacks = [
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 3_600)),
        ("exp", json!("9999999999")),
        ("exp", Value::Null),
        ("nbf", json!(NOW + 60)),
        ("iat", json!(NOW + 60)),
        ("aud", json!("another")),
        ("aud", json!(["grayghost", "another"])),
        ("iss", json!("another")),
        ("wid", json!("default")),
        ("sid", Value::Null),
        ("admin", json!(true)),
    ];
    for (name, value) in attacks {
        let token = signed(&header(), &with(&claims(), name, value.clone()), &pair(1));
        assert_eq!(good(&token), None, "{name}: {value}");
    }
    for name in ["iss", "aud", "sub", "wid", "sid", "iat", "nbf", "exp", "jti"] {
        let mut lacking = claims();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(good(&signed(&header(), &lacking, &pair(1))), None, "without {name}");
    }
}

#[test]
fn whatever_was_changed_after_signing_is_refused() {
    let token = signed(&header(), &claims(), &pair(1));
    let parts: Vec<&str> = token.split('.').collect();
    let other = encode(&with(&claims(), "sub", json!(Uuid::from_u128(77))));
    assert_eq!(good(&format!("{}.{other}.{}", parts[0], parts[2])), None, "another user");
    assert_eq!(good(&signed(&header(), &claims(), &pair(2))), None, "another key");
    for at in (0..token.len()).filter(|at| token.as_bytes()[*at] != b'.') {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(good(&String::from_utf8(bytes).unwrap()), None, "byte {at}");
    }
    let forms = [
        "",
        ".",
        "..",
        "...",
        "a.b",
        &format!("{token}."),
        &format!(" {token}"),
        &format!("{token}="),
        &"a".repeat(10_000),
    ];
    for text in forms {
        assert_eq!(good(text), None, "{text:.40}");
    }
}
