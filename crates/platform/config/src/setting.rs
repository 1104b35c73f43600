//! One row of the table of settings.

use crate::{Kind, Value};

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It may; passwords inside of addresses are masked all the same.
    Open,
    /// It is shown as `***` and never repeated in a message.
    Secret,
}

/// Settings of one section of the file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The TOML table.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// In the order of the reference.
    pub settings: &'static [Setting],
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// `section.key`.
    pub name: &'static str,
    /// What it does, in one paragraph.
    pub doc: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// As a flag would spell it; `None`: without a value it is off.
    pub default: Option<&'static str>,
    /// A value for the reference where there is no default.
    pub example: Option<&'static str>,
    /// A second, shorter flag without its dashes.
    pub short_flag: Option<&'static str>,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
}

impl Setting {
    pub(crate) const fn of(kind: Kind) -> Self {
        Self { name: "", doc: "", kind, default: None, example: None, short_flag: None, secrecy: Secrecy::Open }
    }

    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }

    pub(crate) const fn such_as(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }

    pub(crate) const fn short(self, flag: &'static str) -> Self {
        Self { short_flag: Some(flag), ..self }
    }

    #[cfg(test)]
    pub(crate) const fn secret(self) -> Self {
        Self { secrecy: Secrecy::Secret, ..self }
    }

    /// The name inside of its section.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, key)| key)
    }

    /// The default after its check; `None` where there is none.
    #[must_use]
    pub fn default_value(&self) -> Option<Value> {
        self.default.and_then(|text| self.kind.parse(text).ok())
    }

    /// `value` as it may be seen by anybody.
    pub(crate) fn shown(&self, value: &Value) -> String {
        match self.secrecy {
            Secrecy::Open => value.to_string(),
            Secrecy::Secret => "***".to_owned(),
        }
    }
}
