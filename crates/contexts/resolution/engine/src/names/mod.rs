//! Short forms of given names.

use std::sync::OnceLock;

use hashbrown::HashMap;

/// A name a line, then its short forms; the head of the file says where it comes from.
const NICKNAMES: &str = include_str!("nicknames.txt");

/// The full names that a text is, or is a short form of; each by the number of its line. Empty for an unknown name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups(Box<[u16]>);

impl Groups {
    /// Whether both can be forms of one name.
    #[must_use]
    pub fn share(&self, other: &Self) -> bool {
        self.0.iter().any(|group| other.0.contains(group))
    }
}

/// The full names that `name`, in lower case, may stand for.
#[must_use]
pub fn groups(name: &str) -> Groups {
    static KNOWN: OnceLock<HashMap<&'static str, Groups>> = OnceLock::new();
    KNOWN.get_or_init(read).get(name).cloned().unwrap_or_default()
}

fn read() -> HashMap<&'static str, Groups> {
    let mut known: HashMap<&str, Vec<u16>> = HashMap::new();
    let lines = NICKNAMES.lines().filter(|line| !line.starts_with('#'));
    for (group, line) in (0_u16..).zip(lines) {
        for name in line.split(' ') {
            known.entry(name).or_default().push(group);
        }
    }
    known.into_iter().map(|(name, groups)| (name, Groups(groups.into_boxed_slice()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_name_share_a_group() {
        assert!(groups("bill").share(&groups("william")) && groups("william").share(&groups("will")));
        assert!(!groups("bill").share(&groups("margaret")) && !groups("xqz").share(&groups("xqz")));
    }
}
