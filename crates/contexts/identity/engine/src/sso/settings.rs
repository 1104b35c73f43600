//! What an operator says of one provider.

use outbound::Outbound;
use serde::Deserialize;
use telemetry::Secret;
use url::Url;

use super::SsoError;

/// One of `[[identity.oidc]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Stands in paths: small letters, digits and `-`, 1 to 40.
    pub name: String,
    /// What people read; the name where it is left out.
    pub title: Option<String>,
    /// Exactly as the provider writes it; `/.well-known/openid-configuration` below it is its description.
    pub issuer: String,
    /// As the provider has registered us.
    pub client_id: String,
    /// As the provider gave it; `None` for a public client, which has PKCE alone.
    #[serde(default, deserialize_with = "crate::secret::optional")]
    pub client_secret: Option<Secret<String>>,
    /// Asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Role of people who have no account yet: one is made for them. `None`: nobody comes in without an account.
    pub create_members_as: Option<String>,
    /// Domains of the addresses for which accounts are made.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Name of the workspace that they become members of.
    #[serde(default = "workspace")]
    pub workspace: String,
}

fn scopes() -> Vec<String> {
    vec!["email".to_owned(), "profile".to_owned()]
}

fn workspace() -> String {
    "default".to_owned()
}

impl OidcSettings {
    /// A provider that makes no accounts.
    #[must_use]
    pub fn new(name: &str, issuer: &str, client_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: None,
            scopes: scopes(),
            create_members_as: None,
            domains: vec![],
            workspace: workspace(),
        }
    }

    pub(super) fn bad(&self, why: &'static str) -> SsoError {
        SsoError::BadSettings { provider: self.name.chars().take(60).collect(), why }
    }

    pub(super) fn check(&self, outbound: &Outbound) -> Result<(), SsoError> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&self.name.len()) || !self.name.bytes().all(is_word) {
            return Err(self.bad("its name is not of 1 to 40 small letters, digits and `-`"));
        }
        let issuer = Url::parse(&self.issuer).map_err(|_| self.bad("its issuer is no URL"))?;
        // What the guard refuses is told now, and not when the first person signs in.
        outbound.judge(&issuer).map_err(|_| self.bad("its issuer is nothing that outbound calls may reach"))?;
        if self.client_id.is_empty() {
            return Err(self.bad("it has no client_id"));
        }
        match (&self.create_members_as, self.domains.is_empty()) {
            (Some(role), _) if role == "owner" => Err(self.bad("no owners are made by signing in")),
            (Some(_), true) => Err(self.bad("it makes accounts for no domain; name some in `domains`")),
            (None, false) => Err(self.bad("`domains` is for `create_members_as`")),
            _ => Ok(()),
        }
    }

    /// The role of a new account with this address, in small letters; `None` where none is made.
    #[must_use]
    pub fn role_for(&self, address: &str) -> Option<&str> {
        let (_, domain) = address.rsplit_once('@')?;
        let is_one = self.domains.iter().any(|each| each.eq_ignore_ascii_case(domain));
        self.create_members_as.as_deref().filter(|_| is_one)
    }
}

#[cfg(test)]
mod tests {
    use outbound::OutboundSettings;

    use super::*;

    fn good() -> OidcSettings {
        OidcSettings::new("idp", "https://idp.example.com", "us")
    }

    #[test]
    fn settings_that_cannot_work_or_open_too_much_are_refused() {
        let outbound = Outbound::new(OutboundSettings::default()).unwrap();
        let texts = |all: &[&str]| all.iter().map(|each| (*each).to_owned()).collect::<Vec<_>>();
        let makes = |role: &str| OidcSettings {
            create_members_as: Some(role.to_owned()),
            domains: texts(&["example.com"]),
            ..good()
        };
        assert!(good().check(&outbound).is_ok() && makes("viewer").check(&outbound).is_ok());
        let bad = [
            OidcSettings { name: String::new(), ..good() },
            OidcSettings { name: "a/b".to_owned(), ..good() },
            OidcSettings { issuer: "idp".to_owned(), ..good() },
            OidcSettings { issuer: "http://idp.example.com".to_owned(), ..good() },
            OidcSettings { issuer: "https://10.0.0.1".to_owned(), ..good() },
            OidcSettings { client_id: String::new(), ..good() },
            OidcSettings { domains: vec![], ..makes("viewer") },
            OidcSettings { create_members_as: None, ..makes("viewer") },
            makes("owner"),
        ];
        for settings in bad {
            assert!(matches!(settings.check(&outbound), Err(SsoError::BadSettings { .. })), "{settings:?}");
        }
        assert!(Sso::new(&[good(), good()], &outbound, "https://gg.example.com").is_err(), "one name twice");
    }

    use super::super::Sso;

    #[test]
    fn accounts_are_made_for_whole_domains_alone() {
        let settings = OidcSettings {
            create_members_as: Some("viewer".to_owned()),
            domains: vec!["Example.com".to_owned()],
            ..good()
        };
        for (address, is_made) in [
            ("a@example.com", true),
            ("a@sub.example.com", false),
            ("a@notexample.com", false),
            ("a@example.com.evil.org", false),
            ("a@example.org", false),
            ("example.com", false),
        ] {
            assert_eq!(settings.role_for(address).is_some(), is_made, "{address}");
        }
        assert_eq!(good().role_for("a@example.com"), None);
    }

    #[test]
    fn settings_are_read_and_their_secret_is_not_shown() {
        let json =
            r#"{"name": "idp", "issuer": "https://idp.example.com", "client_id": "us", "client_secret": "hidden"}"#;
        let settings: OidcSettings = serde_json::from_str(json).unwrap();
        assert_eq!(settings.client_secret.as_ref().unwrap().expose(), "hidden");
        assert!(!format!("{settings:?}").contains("hidden"));
        assert_eq!((settings.scopes, settings.workspace), (scopes(), workspace()));
        assert!(serde_json::from_str::<OidcSettings>(&json.replace("client_id", "client")).is_err());
    }
}
