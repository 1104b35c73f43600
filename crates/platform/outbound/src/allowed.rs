//! What the operator allows beyond what is public.

use std::net::IpAddr;

use crate::{OutboundError, addresses::not_public};

/// Networks and hosts by name.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    networks: Vec<Network>,
    hosts: Vec<String>,
}

/// IPv4 ones stand where IPv6 maps them, `::ffff:0:0/96`.
#[derive(Debug, Clone, Copy)]
struct Network {
    bits: u128,
    prefix: u32,
}

impl Allowed {
    pub(crate) fn read(entries: &[String]) -> Result<Self, OutboundError> {
        let mut allowed = Self::default();
        for entry in entries {
            let text = entry.trim();
            let bad = || OutboundError::BadAllow { entry: entry.clone() };
            if text.contains('/') || text.parse::<IpAddr>().is_ok() {
                allowed.networks.push(Network::read(text).ok_or_else(bad)?);
            } else {
                // As the URL standard has it, so that both sides of the comparison are written alike.
                let host = url::Host::parse(text).map_err(|_| bad())?;
                let url::Host::Domain(host) = host else { return Err(bad()) };
                allowed.hosts.push(host);
            }
        }
        Ok(allowed)
    }

    /// What an address is that may not be called; `None` for one that may. `host` is the name that led to it.
    pub(crate) fn refuses(&self, host: Option<&str>, address: IpAddr) -> Option<&'static str> {
        let kind = not_public(address)?;
        let by_name = host.is_some_and(|host| self.hosts.iter().any(|each| each.eq_ignore_ascii_case(host)));
        let by_address = self.networks.iter().any(|network| network.holds(address));
        (!by_name && !by_address).then_some(kind)
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u32 = prefix.map_or(Some(longest), |prefix| prefix.parse().ok())?;
        let network = Self { bits: bits(address), prefix: prefix.checked_add(128 - longest)? };
        // A bit beyond the prefix is a mistake of whoever wrote it.
        let is_whole = network.prefix <= 128 && (network.prefix == 128 || network.bits << network.prefix == 0);
        is_whole.then_some(network)
    }

    fn holds(self, address: IpAddr) -> bool {
        let unlike = self.bits ^ bits(address);
        self.prefix == 0 || unlike >> (128 - self.prefix) == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &[&str]) -> Result<Allowed, OutboundError> {
        Allowed::read(&entries.iter().map(|each| (*each).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn networks_hold_what_is_in_them_and_nothing_beside() {
        let cases = [
            ("127.0.0.1/32", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1/32", "::ffff:127.0.0.1", true),
            ("127.0.0.1/32", "127.0.0.2", false),
            ("10.1.0.0/16", "10.1.255.255", true),
            ("10.1.0.0/16", "10.2.0.0", false),
            ("0.0.0.0/0", "10.2.0.0", true),
            ("0.0.0.0/0", "fd00::1", false),
            ("::/0", "fd00::1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::1", "::1", true),
            // Allowing an address is not allowing every way around to it.
            ("10.0.0.1/32", "64:ff9b::10.0.0.1", false),
        ];
        for (entry, address, is_allowed) in cases {
            let allowed = read(&[entry]).unwrap();
            assert_eq!(allowed.refuses(None, address.parse().unwrap()).is_none(), is_allowed, "{entry} {address}");
        }
    }

    #[test]
    fn a_host_is_allowed_by_its_whole_name() {
        let allowed = read(&["IdP.Internal"]).unwrap();
        let private = "10.0.0.1".parse().unwrap();
        for (host, is_allowed) in [
            ("idp.internal", true),
            ("IDP.internal", true),
            ("x.idp.internal", false),
            ("idp.internal.evil.com", false),
        ] {
            assert_eq!(allowed.refuses(Some(host), private).is_none(), is_allowed, "{host}");
        }
        assert!(allowed.refuses(None, private).is_some());
    }

    #[test]
    fn what_is_no_network_is_told() {
        for entry in ["10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0/8", "a b", "", "127.1"]
        {
            assert!(matches!(read(&[entry]), Err(OutboundError::BadAllow { .. })), "{entry}");
        }
    }
}
