//! One provider: where it sends people, and what it says of them.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    time::{Duration, UNIX_EPOCH},
};

use kernel::Timestamp;
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthType, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdTokenClaims,
        CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
    },
};
use outbound::{Call, Outbound, OutboundError};
use telemetry::Secret;
use tokio::sync::Mutex;
use url::Url;

use super::{Attempt, OidcSettings, SsoError};

/// For so long a description is taken again to begin attempts; one is finished with a fresh one, since keys rotate.
const KNOWN_MICROS: i64 = 10 * 60 * 1_000_000;
/// What clocks may differ by.
const SKEW_S: i64 = 300;
/// What is believed: signatures that only the provider can make. None, and no shared secret.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

type Ready =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;
type Said = StandardErrorResponse<CoreErrorResponseType>;

/// What a provider says of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Who says so.
    pub issuer: String,
    /// The person, as this issuer knows them; never another's.
    pub subject: String,
    /// `None` where the provider tells none.
    pub email: Option<VouchedEmail>,
    /// `None` where the provider tells none.
    pub name: Option<String>,
}

/// An address.
#[derive(Clone, PartialEq, Eq)]
pub struct VouchedEmail {
    /// As the provider writes it.
    pub address: String,
    /// Whether the provider says that it is the person's.
    pub verified: bool,
}

/// It is about a person.
impl fmt::Debug for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vouched(by {}, ***)", self.issuer)
    }
}

impl fmt::Debug for VouchedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VouchedEmail(***)")
    }
}

/// How the library reaches out: through the guard.
struct Calls(Outbound);

impl<'c> AsyncHttpClient<'c> for Calls {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let bad = OutboundError::BadUrl { host: "it".to_owned(), why: "it is no URL" };
            let url = parts.uri.to_string().parse().map_err(|_| bad)?;
            let call = Call { method: parts.method, url, headers: parts.headers, body: body.into() };
            let answer = self.0.send(call).await?;
            let mut response = HttpResponse::new(answer.body.to_vec());
            (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
            Ok(response)
        })
    }
}

/// A provider, ready to be asked.
pub struct Provider {
    settings: OidcSettings,
    calls: Calls,
    redirect: RedirectUrl,
    issuer: IssuerUrl,
    known: Mutex<Option<(Timestamp, CoreProviderMetadata)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Provider {
    pub(super) fn new(settings: OidcSettings, outbound: Outbound, public_url: &str) -> Result<Self, SsoError> {
        let back = format!("{}/sso/{}", public_url.trim_end_matches('/'), settings.name);
        let redirect = RedirectUrl::new(back).map_err(|_| settings.bad("the public URL is no URL"))?;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| settings.bad("its issuer is no URL"))?;
        Ok(Self { settings, calls: Calls(outbound), redirect, issuer, known: Mutex::new(None) })
    }

    /// Its name in paths.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What the operator says of it.
    #[must_use]
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where a browser goes to sign in by this attempt.
    ///
    /// # Errors
    /// [`SsoError::Provider`].
    pub async fn authorization_url(&self, attempt: &Attempt, now: Timestamp) -> Result<Url, SsoError> {
        let client = self.client(self.description(now).await?);
        let (state, nonce) = (attempt.state.expose().clone(), attempt.nonce.expose().clone());
        let flow: CoreAuthenticationFlow = AuthenticationFlow::AuthorizationCode;
        let pkce = PkceCodeVerifier::new(attempt.pkce.expose().clone());
        let (url, _, _) = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&pkce))
            .url();
        // A browser follows it: no `javascript:`, no scheme but those that are called.
        self.calls.0.judge(&url).map_err(|error| self.failed(error))?;
        Ok(url)
    }

    /// Whom the provider has sent back with this code, for this attempt.
    ///
    /// # Errors
    /// [`SsoError::Provider`], [`SsoError::CodeRefused`], [`SsoError::BadIdToken`].
    pub async fn vouch(&self, code: Secret<String>, attempt: &Attempt, now: Timestamp) -> Result<Vouched, SsoError> {
        let client = self.client(self.discover().await?);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.into_exposed()))
            .map_err(|error| self.failed(error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce.expose().clone()))
            .request_async(&self.calls)
            .await
            .map_err(|error| self.no_tokens(error))?;
        let claims = believed(&client, &answer, attempt, now)?;
        let mut vouched = Vouched {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: email(claims.email().map(|text| text.as_str()), claims.email_verified()),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        };
        if vouched.email.is_none() && client.user_info_url().is_some() {
            self.ask_for_more(&client, &answer, &mut vouched).await?;
        }
        Ok(vouched)
    }

    /// Some providers keep addresses out of id tokens (`OpenID` Connect Core 1.0, 5.4).
    async fn ask_for_more(
        &self,
        client: &Ready,
        answer: &CoreTokenResponse,
        vouched: &mut Vouched,
    ) -> Result<(), SsoError> {
        let subject = openidconnect::SubjectIdentifier::new(vouched.subject.clone());
        let info: CoreUserInfoClaims = client
            .user_info(answer.access_token().clone(), Some(subject))
            .map_err(|error| self.failed(error))?
            .request_async(&self.calls)
            .await
            .map_err(|error| self.failed(plain(&error)))?;
        vouched.email = email(info.email().map(|text| text.as_str()), info.email_verified());
        vouched.name = vouched.name.take().or_else(|| info.name()?.get(None).map(|name| name.to_string()));
        Ok(())
    }

    /// Its description, not older than some minutes.
    async fn description(&self, now: Timestamp) -> Result<CoreProviderMetadata, SsoError> {
        // Held while it is asked: who comes meanwhile waits for the one answer.
        let mut known = self.known.lock().await;
        if let Some((at, description)) = known.as_ref()
            && now.0.abs_diff(at.0) < KNOWN_MICROS.unsigned_abs()
        {
            return Ok(description.clone());
        }
        let description = self.discover().await?;
        *known = Some((now, description.clone()));
        Ok(description)
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, SsoError> {
        CoreProviderMetadata::discover_async(self.issuer.clone(), &self.calls).await.map_err(|error| match error {
            DiscoveryError::Request(error) => self.failed(error),
            error => self.failed(plain(&error)),
        })
    }

    fn client(&self, description: CoreProviderMetadata) -> Ready {
        let methods = description.token_endpoint_auth_methods_supported();
        let by_body = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let secret = self.settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().clone()));
        let id = ClientId::new(self.settings.client_id.clone());
        CoreClient::from_provider_metadata(description, id, secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    fn failed(&self, source: impl Into<Box<dyn Error + Send + Sync>>) -> SsoError {
        SsoError::Provider { provider: self.settings.name.clone(), source: source.into() }
    }

    fn no_tokens(&self, error: RequestTokenError<OutboundError, Said>) -> SsoError {
        match error {
            RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
                SsoError::CodeRefused
            }
            RequestTokenError::ServerResponse(said) => {
                let word: String = said.error().to_string().chars().take(60).collect();
                self.failed(format!("it says {word}"))
            }
            RequestTokenError::Request(error) => self.failed(error),
            // The answer itself may hold tokens.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => self.failed("its answer is not understood"),
        }
    }
}

/// The library's errors hold whole answers in their `Debug` form; their text is kept.
fn plain(error: &impl Error) -> String {
    error.to_string()
}

fn email(address: Option<&str>, verified: Option<bool>) -> Option<VouchedEmail> {
    // A provider that does not say so has not verified it.
    Some(VouchedEmail { address: address?.to_owned(), verified: verified == Some(true) })
}

/// The claims of an id token in which everything is right.
fn believed<'a>(
    client: &Ready,
    answer: &'a CoreTokenResponse,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<&'a CoreIdTokenClaims, SsoError> {
    use openidconnect::ClaimsVerificationError as E;
    let bad = |why| SsoError::BadIdToken { why };
    let token = answer.id_token().ok_or_else(|| bad("there is none"))?;
    let seconds = now.0.div_euclid(1_000_000);
    let since_epoch = Duration::from_micros(now.0.unsigned_abs());
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || (UNIX_EPOCH + since_epoch).into())
        .set_issue_time_verifier_fn(move |at| {
            if at.timestamp() > seconds + SKEW_S { Err("it is of the future".to_owned()) } else { Ok(()) }
        });
    let nonce = Nonce::new(attempt.nonce.expose().clone());
    let claims = token.claims(&verifier, &nonce).map_err(|error| {
        bad(match error {
            E::Expired(_) => "its time is over or has not come",
            E::InvalidAudience(_) => "it is for somebody else",
            E::InvalidIssuer(_) => "it is of another issuer",
            E::InvalidNonce(_) => "it is of another attempt",
            E::SignatureVerification(_) => "its signature is not the provider's",
            _ => "it is not understood",
        })
    })?;
    if claims.authorized_party().is_some_and(|party| party != client.client_id()) {
        return Err(bad("it is for somebody else"));
    }
    // Not every algorithm has a hash of its own (EdDSA has none that all agree on): then there is nothing to compare.
    if let (Some(expected), Ok(alg), Ok(key)) =
        (claims.access_token_hash(), token.signing_alg(), token.signing_key(&verifier))
        && let Ok(actual) = AccessTokenHash::from_token(answer.access_token(), alg, key)
        && actual != *expected
    {
        return Err(bad("the access token is not its own"));
    }
    Ok(claims)
}
