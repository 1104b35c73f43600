//! TLS from files, by rustls with the provider `aws-lc-rs`.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};

use crate::HttpError;

/// The oldest version that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum OldestTls {
    /// For old clients.
    #[serde(rename = "1.2")]
    V1_2,
    /// The present version.
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}

/// What a server needs to speak TLS: a chain of certificates, its own first, and the key of that one, both PEM. HTTP/2 is
/// offered before HTTP/1.1.
///
/// # Errors
/// [`HttpError::Tls`] when a file cannot be read, holds none, or the key is of another certificate.
pub fn tls(chain: &Path, key: &Path, oldest: OldestTls) -> Result<Arc<ServerConfig>, HttpError> {
    let bad = |path: &Path, why: String| HttpError::Tls { path: path.to_owned(), why };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad(chain, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, error.to_string()))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    // For whoever else in the process speaks TLS and names no provider. Fails when there is one already, which is as good.
    let _ = aws_lc_rs::default_provider().install_default();
    let versions: &[_] = match oldest {
        OldestTls::V1_2 => &[&TLS13, &TLS12],
        OldestTls::V1_3 => &[&TLS13],
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|error| bad(chain, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
