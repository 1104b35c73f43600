//! The tables, cell by cell: the first and last address of each block, and their neighbours outside.

use super::not_public;

fn refused(text: &str) -> bool {
    not_public(text.parse().unwrap()).is_some()
}

#[test]
fn blocks_end_where_the_registries_say() {
    let blocks = [
        ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
        ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
        ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
        ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
        ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
        ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
        ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
        ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
        ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
        ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
        ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
        ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
        ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
        ("168.63.129.16", "168.63.129.16", Some("168.63.129.15"), Some("168.63.129.17")),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2001:200::")),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7::"), Some("2001:db9::")),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe::"), Some("3fff:1000::")),
        ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2000::")),
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), None),
    ];
    for (first, last, before, after) in blocks {
        assert!(refused(first) && refused(last), "{first} to {last}");
        for outside in [before, after].into_iter().flatten() {
            assert!(!refused(outside), "{outside} beside {first}");
        }
    }
}

#[test]
fn an_address_inside_of_another_is_judged_as_itself() {
    let cases = [
        // Mapped and compatible.
        ("::ffff:127.0.0.1", true),
        ("::ffff:169.254.169.254", true),
        ("::ffff:8.8.8.8", false),
        ("::127.0.0.1", true),
        ("::8.8.8.8", true),
        // NAT64: the well-known prefix, and the one for local use.
        ("64:ff9b::10.0.0.1", true),
        ("64:ff9b::169.254.169.254", true),
        ("64:ff9b::8.8.8.8", false),
        ("64:ff9b:1::8.8.8.8", true),
        // 6to4: 2002:a.b.c.d::
        ("2002:7f00:1::", true),
        ("2002:c0a8:101::1", true),
        ("2002:808:808::1", false),
        // Teredo.
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", true),
    ];
    for (address, is_refused) in cases {
        assert_eq!(refused(address), is_refused, "{address}");
    }
}

#[test]
fn kinds_have_names_and_metadata_services_are_not_public() {
    let kinds = [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::", "this machine's own"),
        ("10.1.2.3", "private"),
        ("fd00:ec2::254", "private"),
        ("fd20:ce::254", "private"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("100.100.100.200", "a carrier's own"),
        ("192.0.0.192", "reserved"),
        ("168.63.129.16", "a cloud's metadata service"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
    ];
    for (address, kind) in kinds {
        assert_eq!(not_public(address.parse().unwrap()), Some(kind), "{address}");
    }
    for public in ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"] {
        assert!(!refused(public), "{public}");
    }
}
