//! The keys that sign access tokens, of all processes of this installation.
//!
//! Invariants: a private key is stored sealed with a key of its own, which the master key wraps; a new key is made when the newest
//! has signed for `rotate_after`; an old one verifies until the last token that it can have signed is over. Another process'
//! new key is found when a token names it; strangers who name none of ours cannot make us ask more often than every
//! `recheck_after`.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use eventlog::EventLog;
use identity_engine::{self as jwt, Claims, Expected, Jwk, Jwks};
use kernel::{Personal, SubjectId, Timestamp};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sql::args;
use uuid::Uuid;

use crate::{INSTALLATION, IdentityError, Settings, config::micros};

const SEED_BYTES: usize = 32;
/// Keys that are looked at, the newest first: far more than overlap.
const MOST_KEYS: i64 = 16;

struct SigningKey {
    kid: Uuid,
    created_at: Timestamp,
    pair: Ed25519KeyPair,
}

#[derive(Default)]
struct Set {
    loaded_at: Option<Timestamp>,
    /// The newest first.
    keys: Vec<SigningKey>,
}

/// The keys, as this process knows them.
pub(crate) struct SigningKeys {
    log: EventLog,
    issuer: String,
    audience: String,
    rotate_after: i64,
    overlap: i64,
    recheck_after: i64,
    set: RwLock<Arc<Set>>,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys(***)")
    }
}

impl SigningKeys {
    pub(crate) fn new(log: EventLog, settings: &Settings) -> Self {
        Self {
            log,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            rotate_after: micros(settings.rotate_after),
            // A minute for tokens that were signed while the new key came.
            overlap: micros(settings.access_ttl) + 60_000_000,
            recheck_after: micros(settings.recheck_after),
            set: RwLock::default(),
        }
    }

    /// Signs claims with the newest key; makes one where there is none or the newest is too old.
    pub(crate) async fn sign(&self, claims: &Claims) -> Result<String, IdentityError> {
        let now = self.log.source().now();
        let mut set = self.set();
        if !self.signs(&set, now) {
            set = self.load().await?;
        }
        if !self.signs(&set, now) {
            self.rotate().await?;
            set = self.set();
        }
        let key = set.keys.first().ok_or(IdentityError::Fault { what: "find a key that signs" })?;
        jwt::sign(claims, key.kid, &key.pair).ok_or(IdentityError::Fault { what: "sign a token" })
    }

    /// The claims of a good token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Claims, IdentityError> {
        let unknown = IdentityError::BadToken { why: "it is none of ours" };
        let Some(kid) = jwt::kid(token) else { return Err(unknown) };
        let now = self.log.source().now();
        let mut set = self.set();
        if self.find(&set, kid, now).is_none() && set.loaded_at.is_none_or(|at| at.0 + self.recheck_after <= now.0) {
            set = self.load().await?;
        }
        let key = self.find(&set, kid, now).ok_or(unknown)?;
        let expected = Expected { issuer: &self.issuer, audience: &self.audience, now };
        jwt::verify(token, key.pair.public_key().as_ref(), &expected).map_err(|why| IdentityError::BadToken { why })
    }

    /// The public keys.
    pub(crate) async fn jwks(&self) -> Result<Jwks, IdentityError> {
        let now = self.log.source().now();
        let mut set = self.set();
        if set.loaded_at.is_none_or(|at| at.0 + self.recheck_after <= now.0) {
            set = self.load().await?;
        }
        let good = |index: &usize| self.is_good(&set, *index, now);
        let keys = (0..set.keys.len()).filter(good).map(|index| &set.keys[index]);
        Ok(Jwks { keys: keys.map(|key| Jwk::of(key.kid, key.pair.public_key().as_ref())).collect() })
    }

    /// Makes a new key, which signs from now on.
    pub(crate) async fn rotate(&self) -> Result<(), IdentityError> {
        let source = self.log.source();
        let (kid, now) = (source.uuid(), source.now());
        let mut seed = vec![0; SEED_BYTES];
        source.chance.fill(&mut seed);
        let sealed = self.log.seal_json(INSTALLATION, &Personal::of(SubjectId(kid), seed)).await?;
        let insert =
            "INSERT INTO identity_signing_keys (workspace_id, kid, sealed, created_at) VALUES ($1, $2, $3, $4)";
        self.log
            .database()
            .tenant(INSTALLATION)
            .write(move |tx| Box::pin(async move { tx.execute(insert, args![kid, sealed, now]).await.map(|_| ()) }))
            .await
            .map_err(|error: sql::SqlError| IdentityError::from(error))?;
        self.load().await.map(|_| ())
    }

    async fn load(&self) -> Result<Arc<Set>, IdentityError> {
        let now = self.log.source().now();
        let select = "SELECT kid, sealed, created_at FROM identity_signing_keys WHERE workspace_id = $1
             ORDER BY created_at DESC, kid DESC LIMIT $2";
        let rows = self.log.database().tenant(INSTALLATION).all(select, args![MOST_KEYS]).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let sealed: Vec<u8> = row.get(1)?;
            let seed: Personal<Vec<u8>> = self.log.open_json(INSTALLATION, &sealed).await?;
            let pair = seed.open().and_then(|seed| Ed25519KeyPair::from_seed_unchecked(seed).ok());
            let pair = pair.ok_or(IdentityError::Fault { what: "open a key that signs" })?;
            keys.push(SigningKey { kid: row.get(0)?, created_at: row.get(2)?, pair });
        }
        let set = Arc::new(Set { loaded_at: Some(now), keys });
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&set);
        Ok(set)
    }

    fn set(&self) -> Arc<Set> {
        Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn signs(&self, set: &Set, now: Timestamp) -> bool {
        set.keys.first().is_some_and(|key| key.created_at.0 + self.rotate_after > now.0)
    }

    fn find<'a>(&self, set: &'a Set, kid: Uuid, now: Timestamp) -> Option<&'a SigningKey> {
        let index = set.keys.iter().position(|key| key.kid == kid)?;
        self.is_good(set, index, now).then(|| &set.keys[index])
    }

    /// The newest, or one whose last tokens may still live.
    fn is_good(&self, set: &Set, index: usize, now: Timestamp) -> bool {
        index == 0 || set.keys[index - 1].created_at.0 + self.overlap > now.0
    }
}
