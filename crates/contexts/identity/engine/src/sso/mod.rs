//! Single sign-on as a relying party of `OpenID` Connect: authorization code with PKCE (`OpenID` Connect Core 1.0, 3.1; RFC 7636).
//!
//! Invariants: everything that a provider says is asked for through [`outbound`]; an id token is believed only when its signature,
//! issuer, audience, time and nonce are right; an attempt is bound to who began it.
//!
//! Absent on purpose: which account a person has (`identity`), implicit and hybrid flows, tokens of providers beyond the moment of
//! signing in, logging out at the provider, SAML.

mod attempt;
mod error;
mod provider;
mod settings;

use std::{fmt, sync::Arc};

use outbound::Outbound;

pub use attempt::Attempt;
pub use error::SsoError;
pub use provider::{Provider, Vouched, VouchedEmail};
pub use settings::OidcSettings;

/// The providers of an installation. The default has none; clones share them.
#[derive(Clone, Default)]
pub struct Sso {
    providers: Arc<[Provider]>,
}

impl fmt::Debug for Sso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.providers.iter().map(Provider::name)).finish()
    }
}

impl Sso {
    /// Providers by these settings, asked through `outbound`. They send people back to `<public_url>/sso/<name>`. Nobody is called
    /// yet.
    ///
    /// # Errors
    /// [`SsoError::BadSettings`].
    pub fn new(settings: &[OidcSettings], outbound: &Outbound, public_url: &str) -> Result<Self, SsoError> {
        for (at, one) in settings.iter().enumerate() {
            one.check(outbound)?;
            if settings[..at].iter().any(|before| before.name == one.name) {
                return Err(one.bad("its name is another's too"));
            }
        }
        let make = |one: &OidcSettings| Provider::new(one.clone(), outbound.clone(), public_url);
        Ok(Self { providers: settings.iter().map(make).collect::<Result<_, _>>()? })
    }

    /// All of them, in the order of the settings.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter()
    }

    /// The one of this name.
    ///
    /// # Errors
    /// [`SsoError::NoSuchProvider`].
    pub fn provider(&self, name: &str) -> Result<&Provider, SsoError> {
        self.providers().find(|each| each.name() == name).ok_or(SsoError::NoSuchProvider)
    }
}
