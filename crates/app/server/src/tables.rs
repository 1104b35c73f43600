//! The tables of `grayghost.toml` that are no flags: lists, and what belongs together. Each is read by the type that it is for.

use std::path::Path;

use config::{ConfigError, Mistake, Mistakes, Place, Sources};
use graphql::GraphqlSettings;
use identity::{OidcSettings, SmtpSettings};
use outbound::OutboundSettings;
use serde::Deserialize;

use crate::failure::Failure;

/// What is in the file beside the settings; neighbours are checked by `config`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tables {
    pub(crate) graphql: GraphqlSettings,
    pub(crate) outbound: OutboundSettings,
    pub(crate) identity: OfIdentity,
}

/// The tables inside of `identity`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OfIdentity {
    pub(crate) oidc: Vec<OidcSettings>,
    pub(crate) smtp: Option<SmtpSettings>,
}

impl Tables {
    /// Those of a project; a folder without the file has defaults.
    ///
    /// # Errors
    /// The first mistake, with its line.
    pub(crate) fn read(project: &Path) -> Result<Self, Failure> {
        let Some((path, text)) = Sources::read(project)?.file else { return Ok(Self::default()) };
        toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start).min(text.len());
            let line = 1 + text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count();
            // Not the error itself, which quotes the line: it may hold a secret.
            let wrong = error.message().trim_end_matches('.').to_owned();
            let remedy = "compare it with the guides to signing on and to the API".to_owned();
            ConfigError::Invalid {
                source: Mistakes(vec![Mistake { place: Place::File { path, line }, wrong, remedy }]),
            }
            .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use config::FILE;

    use super::*;

    fn read(text: &str) -> Result<Tables, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), text).expect("written");
        Tables::read(folder.path())
            .map_err(|error| format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string)))
    }

    #[test]
    fn tables_are_read_and_a_mistake_names_its_line_and_no_secret() {
        let tables =
            read("[server]\nlisten = 'x'\n[[identity.oidc]]\nname = 'a'\nissuer = 'https://i'\nclient_id = 'c'\n")
                .expect("read");
        assert_eq!(tables.identity.oidc.len(), 1);
        assert!(tables.identity.smtp.is_none() && tables.graphql.introspection);
        let refused = read("[identity.smtp]\nhost = 'h'\npasword = 'geheim'\n").expect_err("misspelt");
        assert!(refused.contains(":3") && refused.contains("pasword") && !refused.contains("geheim"), "{refused}");
    }
}
