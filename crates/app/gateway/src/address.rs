//! Where a request comes from.
//!
//! Invariant: nobody chooses the address that he is counted under. `X-Forwarded-For` is read only when the peer is a balancer
//! of ours, from the right, where each balancer has added what it saw itself.

use std::{fmt::Write as _, net::IpAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::GatewayError;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The balancers in front of us.
#[derive(Debug, Default)]
pub(crate) struct Proxies(Vec<Network>);

#[derive(Debug)]
struct Network {
    bits: u128,
    prefix: u32,
}

impl Proxies {
    pub(crate) fn parse(networks: &[String]) -> Result<Self, GatewayError> {
        let one = |text: &String| {
            Network::parse(text).ok_or_else(|| GatewayError::BadSetting {
                setting: "trusted_proxies",
                why: format!("holds `{text}`, which is no address and no network"),
            })
        };
        networks.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0.iter().any(|network| network.holds(bits))
    }

    /// The caller's address: the peer's, or what the right-most balancer that is not ours or the caller itself was seen as.
    pub(crate) fn caller(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut caller = peer?.to_canonical();
        if self.0.is_empty() {
            return Some(caller);
        }
        let hops: Vec<&str> = headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("?").split(','))
            .collect();
        for hop in hops.iter().rev() {
            if !self.trusts(caller) {
                break;
            }
            // What no address was seen at stands behind a balancer of ours: that one is the last that we know.
            let Some(seen) = read(hop.trim()) else { break };
            caller = seen;
        }
        Some(caller)
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn read(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok();
    plain
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|with_port| with_port.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u32 = prefix.map_or(Some(most), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= most))?;
        Some(Self { bits: bits(address), prefix: prefix + 128 - most })
    }

    fn holds(&self, bits: u128) -> bool {
        (self.bits ^ bits).checked_shr(128 - self.prefix).unwrap_or(0) == 0
    }
}

/// The name under which an address is counted. Whoever has one address of IPv6 has a /64 of them.
pub(crate) fn counted(name: &mut String, address: Option<IpAddr>) {
    // Writing to a text does not fail.
    let _ = match address {
        // In hexadecimal, which is quicker to write than four numbers: every request does.
        Some(IpAddr::V4(v4)) => write!(name, "{:x}", v4.to_bits()),
        Some(IpAddr::V6(v6)) => write!(name, "{:x}/64", v6.to_bits() >> 64),
        None => write!(name, "unknown"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::parse(&trusted.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().unwrap());
        }
        proxies.caller(peer.parse().ok(), &headers).unwrap().to_string()
    }

    type Case<'a> = (&'a [&'a str], &'a str, &'a [&'a str], &'a str);

    #[test]
    fn only_balancers_of_ours_are_believed() {
        let ours = &["10.0.0.0/8", "2001:db8:1::/48"];
        // Trusted, peer, headers, caller.
        let cases: [Case<'_>; 11] = [
            (&[], "203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            (ours, "203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            (ours, "10.1.1.1", &["198.51.100.1"], "198.51.100.1"),
            (ours, "10.1.1.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            (ours, "10.1.1.1", &["1.2.3.4", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
            (ours, "10.1.1.1", &["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            (ours, "10.1.1.1", &["1.2.3.4, unknown"], "10.1.1.1"),
            (ours, "10.1.1.1", &[], "10.1.1.1"),
            (ours, "::ffff:10.1.1.1", &["198.51.100.1:4711"], "198.51.100.1"),
            (ours, "2001:db8:1::5", &["[2001:db8:2::7]:443"], "2001:db8:2::7"),
            (ours, "2001:db8:2::5", &["198.51.100.1"], "2001:db8:2::5"),
        ];
        for (trusted, peer, forwarded, expected) in cases {
            assert_eq!(caller(trusted, peer, forwarded), expected, "{trusted:?} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_told() {
        for text in ["10.0.0.0/33", "10.0.0", "::/129", "", "balancer", "10.0.0.0/"] {
            assert!(Network::parse(text).is_none(), "{text}");
        }
        assert!(Network::parse("0.0.0.0/0").unwrap().holds(bits("8.8.8.8".parse().unwrap())));
        assert!(!Network::parse("0.0.0.0/0").unwrap().holds(bits("2001::1".parse().unwrap())));
        assert!(Network::parse("::/0").unwrap().holds(bits("2001::1".parse().unwrap())));
    }

    #[test]
    fn an_ipv6_network_is_counted_as_one() {
        let name = |text: &str| {
            let mut name = String::new();
            counted(&mut name, text.parse().ok());
            name
        };
        assert_eq!(name("2001:db8::1"), name("2001:db8::ffff:1"));
        assert_ne!(name("2001:db8::1"), name("2001:db8:0:1::1"));
        assert_eq!(name("192.0.2.1"), "c0000201");
        assert_ne!(name("192.0.2.1"), name("192.0.2.2"));
    }
}
