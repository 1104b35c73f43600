//! Who asks, from where, and in which trace: what an operation is told of the request around a document.
//!
//! Invariant: it comes from the gateway's extensions and a credential that was checked, never from other headers.

use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use http_edge::{
    Access, Authenticated, Caller, Correlation, Credential, From as CameFrom, HttpError, Payer, Problem, Recognised,
};
use kernel::Actor;

/// The caller of a document.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) known: Option<Known>,
    pub(crate) from: CameFrom,
    pub(crate) correlation: Correlation,
    pub(crate) agent: Option<HeaderValue>,
}

/// Somebody who showed a credential.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) actor: Actor,
    pub(crate) recognised: Recognised,
}

impl Asker {
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        let known = extensions.get::<Caller>().zip(extensions.get::<Recognised>());
        Self {
            known: known
                .map(|(Caller(actor), recognised)| Known { actor: actor.clone(), recognised: recognised.clone() }),
            from: extensions.get::<CameFrom>().copied().unwrap_or(CameFrom(None)),
            correlation: extensions.get::<Correlation>().cloned().unwrap_or_default(),
            agent: headers.get(header::USER_AGENT).cloned(),
        }
    }

    /// The same caller, as whom a credential belongs to.
    pub(crate) fn as_known(&self, who: Authenticated, credential: Credential) -> Self {
        let recognised = Recognised { credential, limit_key: who.limit_key };
        Self { known: Some(Known { actor: who.actor, recognised }), ..self.clone() }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.correlation.request_id.as_deref()
    }

    /// Whose budget an operation draws on: as over REST, of what is public the address's.
    pub(crate) fn payer(&self, access: Access) -> Payer {
        match &self.known {
            Some(known) if access != Access::Public => Payer::Caller(known.recognised.limit_key.clone()),
            _ => Payer::Address(self.from.0),
        }
    }

    /// The actor that an operation is told of: none where it is public, as over REST.
    ///
    /// # Errors
    /// The refusal of the gateway, when nobody is known and somebody must be.
    pub(crate) fn actor(&self, access: Access) -> Result<Option<&Actor>, Problem> {
        match (access, &self.known) {
            (Access::Public, _) => Ok(None),
            (_, Some(known)) => Ok(Some(&known.actor)),
            (_, None) => Err(HttpError::NobodyKnown.into()),
        }
    }
}
