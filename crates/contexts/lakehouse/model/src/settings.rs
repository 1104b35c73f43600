//! `grayghost.toml`: the one settings file of a project.

use std::collections::BTreeMap;

use kernel::ProjectId;
use serde::{Deserialize, Serialize};

/// Sections of the project; the others of the file are the server's ([`config::SECTIONS`]).
pub const PROJECT_SECTIONS: [&str; 4] = ["project", "vars", "lake", "quality"];

/// All sections that this version reads; another section is a mistake that is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who the project is.
    pub project: ProjectSettings,
    /// Values for `var()` in models.
    #[serde(default)]
    pub vars: BTreeMap<String, serde_json::Value>,
    /// How tables are written and kept.
    #[serde(default)]
    pub lake: LakeSettings,
    /// How rules are checked.
    #[serde(default)]
    pub quality: QualitySettings,
}

/// Section `project`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSettings {
    /// For people, and for the namespace of lineage events.
    pub name: String,
    /// Made by `grayghost init`.
    pub id: ProjectId,
}

/// Section `lake`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LakeSettings {
    /// Data files are closed at about this size, MiB.
    pub target_file_mib: u32,
    /// A table whose small files (below a quarter of the target) reach this number is compacted after the commit.
    pub compact_small_files: u32,
    /// A checkpoint is written after this many commits.
    pub checkpoint_commits: u32,
    /// Assets that run at once; 0 means one a core.
    pub parallel_assets: u32,
}

impl Default for LakeSettings {
    fn default() -> Self {
        Self { target_file_mib: 64, compact_small_files: 32, checkpoint_commits: 64, parallel_assets: 0 }
    }
}

/// Section `quality`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QualitySettings {
    /// Failing rows kept a rule.
    pub samples: u32,
}

impl Default for QualitySettings {
    fn default() -> Self {
        Self { samples: 5 }
    }
}
