//! What identity gives to the server.

use std::sync::Arc;

use identity_model::projections;
use modules::Module;
use sql::Migration;

use crate::{
    Mailer, Settings,
    jobs::{Purge, SendMail, StartReset, StartSignUp},
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        context: "identity",
        number: 1,
        sql: include_str!("../migrations/0001_identity.sql"),
        postgres: "",
        tenant_tables: &["identity_sessions", "identity_links", "identity_signing_keys", "identity_key_uses"],
    },
    Migration {
        context: "identity",
        number: 2,
        sql: include_str!("../migrations/0002_factors.sql"),
        postgres: "",
        tenant_tables: &["identity_challenges", "identity_factor_uses"],
    },
    Migration {
        context: "identity",
        number: 3,
        sql: include_str!("../migrations/0003_sso.sql"),
        postgres: "",
        tenant_tables: &["identity_sso_attempts"],
    },
];

/// Identity, ready to mount; mails leave through `mailer`.
#[must_use]
pub fn module(settings: &Settings, mailer: Arc<dyn Mailer>) -> Module {
    Module {
        name: "identity",
        migrations: MIGRATIONS,
        inline: projections(),
        handlers: vec![
            Arc::new(SendMail { mailer, settings: settings.clone() }),
            Arc::new(StartReset { link_ttl: settings.link_ttl }),
            Arc::new(StartSignUp { link_ttl: settings.link_ttl }),
            Arc::new(Purge { session_idle: settings.session_idle }),
        ],
        ..Module::default()
    }
}
