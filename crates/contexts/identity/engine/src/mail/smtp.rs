//! The mailer by SMTP.
//!
//! Invariants: nothing is said in the clear but to this machine: where the server offers no STARTTLS, or shows a certificate that
//! is not believed, neither password nor mail is sent; a mail that can never be taken is told from one that may be taken later.
//!
//! Absent on purpose: the guard of outbound calls, since the host is the operator's own word and mostly in their own network;
//! connections that are kept, since mails of accounts are few.

use std::{fmt, fs, path::PathBuf, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
    },
};
use serde::Deserialize;
use telemetry::Secret;

use super::{Mail, MailError, Mailer};

/// How the connection is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// Begins in the clear and must turn to TLS before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Never sealed; to a server on this machine only.
    None,
}

impl SmtpTls {
    const fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// The section `identity.smtp`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// Name of the server, as its certificate has it.
    pub host: String,
    /// 587 for `starttls`, 465 for `implicit`, 25 for `none` where it is left out.
    pub port: Option<u16>,
    /// With `password`; without both nobody is named.
    pub user: Option<String>,
    /// With `user`.
    #[serde(default, deserialize_with = "crate::secret::optional")]
    pub password: Option<Secret<String>>,
    /// How the connection is sealed.
    #[serde(default)]
    pub tls: SmtpTls,
    /// PEM: a certificate that is believed beside those of browsers.
    pub ca_file: Option<PathBuf>,
    /// For one mail, from the connection to the server's last word.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u32,
}

const fn timeout_ms() -> u32 {
    30_000
}

/// What says that we may not send, and nothing about the mail (RFC 4954, 6).
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// Sends each mail by a connection of its own.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp")
    }
}

impl Smtp {
    /// A mailer by these settings. Nobody is called yet.
    ///
    /// # Errors
    /// [`MailError::BadSettings`].
    pub fn new(settings: &SmtpSettings) -> Result<Self, MailError> {
        let timeout = Duration::from_millis(settings.timeout_ms.into());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port.unwrap_or(settings.tls.port()))
            .timeout(Some(timeout))
            .tls(sealed(settings)?);
        match (&settings.user, &settings.password) {
            (None, None) => {}
            (Some(user), Some(password)) => {
                builder = builder
                    .credentials(Credentials::new(user.clone(), password.expose().clone()))
                    .authentication(vec![Mechanism::Plain, Mechanism::Login]);
            }
            _ => return Err(bad("`user` and `password` come together")),
        }
        Ok(Self { transport: builder.build(), timeout })
    }
}

fn bad(why: &'static str) -> MailError {
    MailError::BadSettings { why, source: None }
}

fn sealed(settings: &SmtpSettings) -> Result<Tls, MailError> {
    let failed =
        |why, error: Box<dyn std::error::Error + Send + Sync>| MailError::BadSettings { why, source: Some(error) };
    if settings.tls == SmtpTls::None {
        let is_here = ["localhost", "127.0.0.1", "::1"].contains(&settings.host.as_str());
        return if is_here { Ok(Tls::None) } else { Err(bad("`tls = \"none\"` is for a server on this machine only")) };
    }
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = fs::read(path).map_err(|error| failed("`ca_file` cannot be read", Box::new(error)))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| failed("`ca_file` holds no certificate", Box::new(error)))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters.build().map_err(|error| failed("TLS cannot be made ready", Box::new(error)))?;
    Ok(if settings.tls == SmtpTls::Implicit { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

#[async_trait::async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        // Both were parsed before; an address that this library does not take is one that no server gets to see.
        let address = |text: &str| text.parse::<Address>().map_err(|_| MailError::Refused { status: 553 });
        let envelope = Envelope::new(Some(address(&mail.from)?), vec![address(&mail.to)?])
            .map_err(|_| MailError::Refused { status: 553 })?;
        let eml = mail.to_eml();
        let sent = self.transport.send_raw(&envelope, eml.as_bytes());
        match tokio::time::timeout(self.timeout, sent).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(error)),
            Err(_) => Err(MailError::Later { why: format!("no word within {:?}", self.timeout), source: None }),
        }
    }
}

fn told(error: lettre::transport::smtp::Error) -> MailError {
    match error.status().map(u16::from) {
        Some(status) if ABOUT_US.contains(&status) => {
            MailError::Later { why: format!("the server refuses our user and password with {status}"), source: None }
        }
        Some(status @ 500..) => MailError::Refused { status },
        Some(status) => MailError::Later { why: format!("the server says {status}"), source: None },
        None => MailError::Later {
            why: "the server was not reached, or not understood".to_owned(),
            source: Some(Box::new(error)),
        },
    }
}
