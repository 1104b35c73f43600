//! Reads the environment.
//!
//! Hazard: a cluster (and Docker's links) sets variables named after each service, and ours is likely to be called
//! `grayghost`: `GRAYGHOST_SERVICE_HOST`, `GRAYGHOST_PORT_8080_TCP_ADDR`. Refusing these would keep the server from
//! starting there, so they are passed by. Source: Kubernetes documentation, "Discovering services", environment
//! variables.

use std::ffi::OsString;

use crate::{
    Mistake, Place, Spelling,
    load::{Given, Read},
    nearest::nearest,
    spelling::PREFIX,
};

/// Takes what is ours. `others` are names that belong to somebody else; one that ends in `*` stands for all that begin
/// so. An empty variable counts as not given, since that is what an unset one becomes in Compose files.
pub(crate) fn read(variables: &[(OsString, OsString)], spellings: &[Spelling], others: &[&str], read: &mut Read) {
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if is_service_link(name) || others.iter().any(|other| is_meant(other, name)) || value.is_empty() {
            continue;
        }
        let place = Place::Variable(name.to_owned());
        let Some(spelling) = spellings.iter().find(|spelling| spelling.variable == name) else {
            read.mistakes.push(unknown(place, name, spellings));
            continue;
        };
        let setting = spelling.setting;
        match value.to_str() {
            Some(text) => read.take(Given { setting, place }, setting.kind.parse(text)),
            None => read.mistakes.push(Mistake {
                place,
                wrong: format!("`{}` is not in UTF-8", setting.name),
                remedy: "write it in UTF-8".to_owned(),
            }),
        }
    }
}

fn is_meant(other: &str, name: &str) -> bool {
    other.strip_suffix('*').map_or(other == name, |start| name.starts_with(start))
}

fn unknown(place: Place, name: &str, spellings: &[Spelling]) -> Mistake {
    let known = spellings.iter().filter_map(|spelling| spelling.variable.strip_prefix(PREFIX));
    let meant = nearest(name.strip_prefix(PREFIX).unwrap_or(name), known);
    let remedy = match meant {
        Some(meant) => format!("did you mean `{PREFIX}{meant}`?"),
        None => "remove it".to_owned(),
    };
    Mistake { place, wrong: "there is no such setting".to_owned(), remedy }
}

/// Whether a cluster makes such a name for a service called `grayghost` or `grayghost-…`.
pub(crate) fn is_service_link(name: &str) -> bool {
    const ENDINGS: [&str; 3] = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) || name.contains("_SERVICE_PORT_") {
        return true;
    }
    let Some((_, rest)) = name.split_once("_PORT_") else { return false };
    let mut parts = rest.split('_');
    let is_number = parts.next().is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    is_number && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_services_are_told_from_ours() {
        let links = [
            "GRAYGHOST_SERVICE_HOST",
            "GRAYGHOST_SERVICE_PORT",
            "GRAYGHOST_SERVICE_PORT_HTTP",
            "GRAYGHOST_PORT",
            "GRAYGHOST_PORT_8080_TCP",
            "GRAYGHOST_API_PORT_53_UDP_ADDR",
        ];
        for name in links {
            assert!(is_service_link(name), "{name}");
        }
        for name in ["GRAYGHOST_SERVER_LISTEN", "GRAYGHOST_PORT_MAX", "GRAYGHOST_PORT__TCP", "GRAYGHOST_SERVICE"] {
            assert!(!is_service_link(name), "{name}");
        }
    }
}
