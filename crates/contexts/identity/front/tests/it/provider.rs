//! An `OpenID` provider that lies on demand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{FinishSso, OidcSettings, Sso, StartedSso};
use outbound::{Outbound, OutboundSettings};
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

pub(crate) const CLIENT: &str = "grayghost";
pub(crate) const SECRET: &str = "a secret that both know";
const ACCESS: &str = "an access token";

/// How an id token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Signed {
    #[default]
    Well,
    /// `alg: none`, without a signature.
    Not,
    /// HMAC with the secret of the client.
    BySecret,
    /// HMAC with the public key, as if it were a secret.
    ByPublicKey,
    /// By a key that is not in the key set, under the name of one that is.
    ByStranger,
    /// Well, and then changed.
    Changed,
}

/// What the provider says of whom it sends back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Says {
    pub(crate) signed: Signed,
    /// Members of the id token that are otherwise than they should be; `null` leaves one out.
    pub(crate) claims: Value,
    /// What the endpoint for more says; `None` where there is none.
    pub(crate) info: Option<Value>,
}

#[derive(Default)]
struct Book {
    /// Code, to the query of its authorization URL and what is said.
    codes: HashMap<String, (HashMap<String, String>, Says)>,
    info: Option<Value>,
    /// Members of the description that are otherwise.
    description: Value,
    asked: Vec<&'static str>,
}

#[derive(Clone)]
pub(crate) struct FakeProvider {
    pub(crate) issuer: String,
    now_s: i64,
    key: Arc<EcdsaKeyPair>,
    stranger: Arc<EcdsaKeyPair>,
    book: Arc<Mutex<Book>>,
}

fn key() -> Arc<EcdsaKeyPair> {
    let (kind, chance) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(kind, &chance).expect("a key");
    Arc::new(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &chance).expect("a key"))
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Changes and leaves out members.
fn otherwise(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            object.as_object_mut().expect("an object").remove(name);
        } else {
            object[name] = value.clone();
        }
    }
    object
}

/// The query of a URL.
pub(crate) fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').expect("a query");
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl FakeProvider {
    /// One that lives at this time, in seconds since the epoch.
    pub(crate) async fn start(now_s: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Self { issuer, now_s, key: key(), stranger: key(), book: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/info", get(info))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub(crate) fn settings(&self, name: &str) -> OidcSettings {
        OidcSettings { client_secret: Some(SECRET.to_owned().into()), ..OidcSettings::new(name, &self.issuer, CLIENT) }
    }

    /// The endpoints that were asked, in their order.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.book().asked.clone()
    }

    /// From now on its description differs in this.
    pub(crate) fn describe(&self, changes: Value) {
        self.book().description = changes;
    }

    /// Sends the browser back that came by this attempt.
    pub(crate) fn send_back(&self, provider: &str, started: &StartedSso, says: Says) -> FinishSso {
        let url = started.authorization_url.expose();
        let code = base64(digest(&SHA256, url.as_bytes()));
        let query = query(url);
        let state = query["state"].clone().into();
        self.book().codes.insert(code.clone(), (query, says));
        let (provider, verifier) = (provider.to_owned(), started.verifier.clone());
        FinishSso { provider, state, code: code.into(), verifier, issuer: None }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id_token(&self, query: &HashMap<String, String>, says: &Says) -> String {
        let at_hash = base64(&digest(&SHA256, ACCESS.as_bytes()).as_ref()[..16]);
        let good = json!({
            "iss": self.issuer, "sub": "248289761001", "aud": CLIENT, "exp": self.now_s + 300, "iat": self.now_s,
            "nonce": query["nonce"], "at_hash": at_hash, "email": "ann@example.com", "email_verified": true, "name": "Ann Lee",
        });
        let claims = otherwise(good, &says.claims);
        let alg = match says.signed {
            Signed::Not => "none",
            Signed::BySecret | Signed::ByPublicKey => "HS256",
            Signed::Well | Signed::ByStranger | Signed::Changed => "ES256",
        };
        let head = json!({ "alg": alg, "kid": "1", "typ": "JWT" });
        let text = format!("{}.{}", base64(head.to_string()), base64(claims.to_string()));
        let by_hmac = |secret: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            base64(hmac::sign(&key, text.as_bytes()))
        };
        let by_key = |key: &EcdsaKeyPair| base64(key.sign(&SystemRandom::new(), text.as_bytes()).expect("signed"));
        let signature = match says.signed {
            Signed::Well | Signed::Changed => by_key(&self.key),
            Signed::ByStranger => by_key(&self.stranger),
            Signed::BySecret => by_hmac(SECRET.as_bytes()),
            Signed::ByPublicKey => by_hmac(self.key.public_key().as_ref()),
            Signed::Not => String::new(),
        };
        if says.signed == Signed::Changed {
            let other = otherwise(claims, &json!({ "email": "eve@example.com" }));
            return format!("{}.{}.{signature}", base64(head.to_string()), base64(other.to_string()));
        }
        format!("{text}.{signature}")
    }
}

async fn description(State(fake): State<FakeProvider>) -> Json<Value> {
    let mut book = fake.book();
    book.asked.push("description");
    let issuer = &fake.issuer;
    let good = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/info"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    });
    Json(otherwise(good, &book.description))
}

async fn keys(State(fake): State<FakeProvider>) -> Json<Value> {
    fake.book().asked.push("keys");
    let public = fake.key.public_key().as_ref();
    let (x, y) = (base64(&public[1..33]), base64(&public[33..]));
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "alg": "ES256", "x": x, "y": y }] }))
}

async fn token(State(fake): State<FakeProvider>, body: String) -> (StatusCode, Json<Value>) {
    let given: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut book = fake.book();
    book.asked.push("token");
    let no = |word: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": word })));
    let Some((query, says)) = book.codes.remove(&given["code"]) else { return no("invalid_grant") };
    let challenge = base64(digest(&SHA256, given["code_verifier"].as_bytes()));
    if query["code_challenge_method"] != "S256" || query["code_challenge"] != challenge {
        return no("invalid_grant");
    }
    if given["redirect_uri"] != query["redirect_uri"] {
        return no("invalid_request");
    }
    book.info.clone_from(&says.info);
    let id_token = fake.id_token(&query, &says);
    let answer = json!({ "access_token": ACCESS, "token_type": "Bearer", "expires_in": 60, "id_token": id_token });
    (StatusCode::OK, Json(answer))
}

async fn info(State(fake): State<FakeProvider>) -> Result<Json<Value>, StatusCode> {
    let mut book = fake.book();
    book.asked.push("info");
    book.info.clone().map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// Calls that may reach providers on this machine.
pub(crate) fn local() -> Outbound {
    let allow = vec!["127.0.0.1/32".to_owned()];
    Outbound::new(OutboundSettings { allow, allow_http: true, ..OutboundSettings::default() }).expect("made")
}

pub(crate) fn sso(settings: &[OidcSettings]) -> Sso {
    Sso::new(settings, &local(), "https://gg.example.com/").expect("made")
}
