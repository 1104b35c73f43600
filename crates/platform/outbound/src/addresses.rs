//! Which addresses are public. What is not known to be is not.
//!
//! Source of the tables: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), and the documentation of the clouds
//! for the addresses of their metadata services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Network, bits of its prefix, and what it is.
const V4: [(Ipv4Addr, u32, &str); 17] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this machine's own"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    // The metadata service of Alibaba's cloud is in it.
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's own"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    // Where most clouds have their metadata service.
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    // Oracle's metadata service is in it.
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documents"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documents"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documents"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
    // Azure's services for its guests, on a public address.
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's metadata service"),
    (Ipv4Addr::BROADCAST, 32, "broadcast"),
];

/// Inside of what is given out as public, `2000::/3`.
const V6: [(Ipv6Addr, u32, &str); 3] = [
    // Teredo, which holds an IPv4 address, ORCHID, benchmarks.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documents"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documents"),
];

/// What an address is that is not public; `None` for a public one.
pub(crate) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |&&(network, prefix, _): &&(Ipv4Addr, u32, _)| (bits ^ network.to_bits()) >> (32 - prefix) == 0;
    V4.iter().find(within).map(|(_, _, kind)| *kind)
}

fn v6(address: Ipv6Addr) -> Option<&'static str> {
    let parts = address.segments();
    let embedded = |high: u16, low: u16| v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match parts {
        // NAT64 (RFC 6052): a gateway calls the IPv4 address for us.
        // 6to4 (RFC 3056) the same.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => return embedded(high, low),
        [0, 0, 0, 0, 0, 0, 0, 1] => return Some("loopback"),
        [0, 0, 0, 0, 0, 0, 0, 0] => return Some("this machine's own"),
        _ => {}
    }
    match parts[0] {
        0xfe80..=0xfebf => return Some("link-local"),
        0xfc00..=0xfdff | 0xfec0..=0xfeff => return Some("private"),
        0xff00.. => return Some("multicast"),
        0x2000..=0x3fff => {}
        _ => return Some("reserved"),
    }
    let bits = address.to_bits();
    let within = |&&(network, prefix, _): &&(Ipv6Addr, u32, _)| (bits ^ network.to_bits()) >> (128 - prefix) == 0;
    V6.iter().find(within).map(|(_, _, kind)| *kind)
}

#[cfg(test)]
mod tests;
