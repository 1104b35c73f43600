//! From a name to the addresses that may be connected to. reqwest connects to these and to no others, so that nothing is between
//! the judgement and the connection.

use std::{error::Error, io, net::SocketAddr, pin::Pin, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{OutboundError, allowed::Allowed};

/// How a name is looked up; a parameter, so that tests can play a name server that lies.
pub(crate) type LookUp =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// As the system does it.
pub(crate) fn of_the_system() -> LookUp {
    Arc::new(|host| {
        Box::pin(async move {
            // The port is put in by whoever connects.
            Ok(tokio::net::lookup_host((host, 0)).await?.collect())
        })
    })
}

/// Looks up and judges.
pub(crate) struct Names {
    pub(crate) allowed: Arc<Allowed>,
    pub(crate) look_up: LookUp,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, found) = (Arc::clone(&self.allowed), (self.look_up)(name.as_str().to_owned()));
        Box::pin(async move {
            let host = name.as_str();
            let mut refused = None;
            let mut good = found.await?;
            good.retain(|address| match allowed.refuses(Some(host), address.ip()) {
                None => true,
                Some(kind) => {
                    refused = Some(kind);
                    false
                }
            });
            match refused {
                Some(kind) if good.is_empty() => {
                    let refused = OutboundError::Refused { host: host.to_owned(), kind };
                    Err(Box::new(refused) as Box<dyn Error + Send + Sync>)
                }
                _ => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}
