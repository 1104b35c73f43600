//! One name in three spellings: `database.url` = `--database-url` = `GRAYGHOST_DATABASE_URL`.
//!
//! Invariant: spellings are made from names and looked up in this table. Nothing is ever split at `_` or `-`, because
//! `crypto.master_key_file` could not be found again.

use crate::{Section, Setting};

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "GRAYGHOST_";

/// A setting and how it is written outside of the file.
#[derive(Debug, Clone)]
pub struct Spelling {
    /// The setting.
    pub setting: &'static Setting,
    /// With its dashes: `--database-url`.
    pub flag: String,
    /// A shorter one with its dashes, where there is one: `--listen`.
    pub short_flag: Option<String>,
    /// The environment variable.
    pub variable: String,
}

impl Spelling {
    /// The spellings of all settings of a table, in its order.
    #[must_use]
    pub fn all(sections: &'static [Section]) -> Vec<Self> {
        sections.iter().flat_map(|section| section.settings).map(Self::of).collect()
    }

    fn of(setting: &'static Setting) -> Self {
        Self {
            setting,
            flag: format!("--{}", setting.name.replace(['.', '_'], "-")),
            short_flag: setting.short_flag.map(|flag| format!("--{flag}")),
            variable: format!("{PREFIX}{}", setting.name.replace('.', "_").to_ascii_uppercase()),
        }
    }

    /// Whether `flag`, with its dashes, names the setting.
    #[must_use]
    pub fn is_flag(&self, flag: &str) -> bool {
        self.flag == flag || self.short_flag.as_deref() == Some(flag)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Kind, SECTIONS, variables};

    /// Every spelling that stands for more than one setting.
    fn collisions(sections: &'static [Section]) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for spelling in Spelling::all(sections) {
            let all = [Some(spelling.flag), spelling.short_flag, Some(spelling.variable)];
            all.into_iter().flatten().for_each(|name| *seen.entry(name).or_default() += 1);
        }
        seen.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
    }

    #[test]
    fn names_have_three_spellings() {
        let all = Spelling::all(SECTIONS);
        let of = |name| {
            let found = all.iter().find(|spelling| spelling.setting.name == name).expect(name);
            (found.flag.as_str(), found.variable.as_str(), found.short_flag.as_deref())
        };
        assert_eq!(of("database.url"), ("--database-url", "GRAYGHOST_DATABASE_URL", None));
        let crypto = ("--crypto-master-key-file", "GRAYGHOST_CRYPTO_MASTER_KEY_FILE", None);
        assert_eq!(of("crypto.master_key_file"), crypto);
        assert_eq!(of("server.listen"), ("--server-listen", "GRAYGHOST_SERVER_LISTEN", Some("--listen")));
    }

    #[test]
    fn no_two_settings_share_a_spelling() {
        const ROWS: [Setting; 2] = [
            Setting { name: "a.b_c", ..Setting::of(Kind::Bool) },
            Setting { name: "a_b.c", ..Setting::of(Kind::Bool) },
        ];
        const PLANTED: &[Section] = &[Section { name: "a", doc: "", settings: &ROWS }];
        assert_eq!(collisions(SECTIONS), Vec::<String>::new());
        assert_eq!(collisions(PLANTED), ["--a-b-c", "GRAYGHOST_A_B_C"]);
    }

    #[test]
    fn no_variable_looks_like_one_that_a_cluster_sets() {
        for spelling in Spelling::all(SECTIONS) {
            assert!(!variables::is_service_link(&spelling.variable), "{}", spelling.variable);
        }
    }
}
