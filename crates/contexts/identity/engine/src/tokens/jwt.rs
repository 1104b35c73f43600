//! Access tokens: JWT (RFC 7519) in the profile of RFC 9068, signed with Ed25519 (RFC 8037) and nothing else.
//!
//! Invariants (RFC 8725): the algorithm is that of the key, never the token's choice; a key is found by `kid` in our own set
//! alone; a header with any other member (`jwk`, `jku`, `x5u`, `crit`, …) is refused; the signature is checked before the claims
//! are read; every claim is required.
//!
//! Written by hand, some forty lines over `ring`: a library's generality (algorithms by name, optional claims) is what JWT attacks
//! live on.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity_model::SessionId;
use kernel::{Timestamp, UserId, WorkspaceId};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "at+jwt";
/// Longer texts are not looked at; ours have some 500 bytes.
const MAX_BYTES: usize = 2_048;
/// How far the clocks of two of our machines may differ, in seconds.
const LEEWAY_S: i64 = 5;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: Uuid,
}

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The installation.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// Who.
    pub sub: UserId,
    /// The workspace that the token is bound to.
    pub wid: WorkspaceId,
    /// The session that it belongs to.
    pub sid: SessionId,
    /// When it was made, in seconds since the epoch.
    pub iat: i64,
    /// From when it is good.
    pub nbf: i64,
    /// When it ends.
    pub exp: i64,
    /// Its own id.
    pub jti: Uuid,
}

/// What a token must say to be good here and now.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have made it.
    pub issuer: &'a str,
    /// For whom it must be meant.
    pub audience: &'a str,
    /// The present moment.
    pub now: Timestamp,
}

/// The id of the key that a token names; `None` where it is none of ours by its form.
#[must_use]
pub fn kid(token: &str) -> Option<Uuid> {
    if token.len() > MAX_BYTES {
        return None;
    }
    let header: Header = part(token.split('.').next()?)?;
    (header.alg == ALGORITHM && header.typ == TYPE).then_some(header.kid)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Signs claims; `None` where they cannot be written, which no claims of ours do.
#[must_use]
pub fn sign(claims: &Claims, kid: Uuid, key: &Ed25519KeyPair) -> Option<String> {
    let header = Header { alg: ALGORITHM.to_owned(), typ: TYPE.to_owned(), kid };
    let encode = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(serde_json::to_vec(&header).ok()?), encode(serde_json::to_vec(claims).ok()?));
    let signature = encode(key.sign(signed.as_bytes()).as_ref().to_vec());
    Some(format!("{signed}.{signature}"))
}

/// The claims of a token that this public key has signed and that is good here and now.
///
/// # Errors
/// Why it is not, in words that tell its bearer nothing new.
pub fn verify(token: &str, public: &[u8], expected: &Expected<'_>) -> Result<Claims, &'static str> {
    const NOT_OURS: &str = "it is none of ours";
    let (signed, signature) = token.rsplit_once('.').ok_or(NOT_OURS)?;
    let (_, payload) = signed.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or(NOT_OURS)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| NOT_OURS)?;
    UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).map_err(|_| NOT_OURS)?;
    let claims: Claims = part(payload).ok_or(NOT_OURS)?;
    let now = expected.now.0.div_euclid(1_000_000);
    if claims.iss != expected.issuer || claims.aud != expected.audience {
        return Err("it is meant for another installation");
    }
    if claims.exp <= now {
        return Err("it has expired");
    }
    if claims.nbf > now + LEEWAY_S || claims.iat > now + LEEWAY_S {
        return Err("it is not good yet");
    }
    Ok(claims)
}

/// One public key (RFC 8037, 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Jwk {
    /// `OKP`.
    kty: &'static str,
    /// `Ed25519`.
    crv: &'static str,
    /// `EdDSA`.
    alg: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    purpose: &'static str,
    /// Which key.
    kid: String,
    /// The key, base64url.
    x: String,
}

impl Jwk {
    /// As others read it.
    #[must_use]
    pub fn of(kid: Uuid, public: &[u8]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public);
        Self { kty: "OKP", crv: "Ed25519", alg: ALGORITHM, purpose: "sig", kid: kid.to_string(), x }
    }
}

/// The keys that verify access tokens (RFC 7517, 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Jwks {
    /// The newest first.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests;
