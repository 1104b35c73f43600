//! What a context gives to the server: one plain list of its parts, so that mounting a context is one line, in the binary and
//! in tests alike.

mod forgetting;

use std::{fmt, sync::Arc};

use bus::Subscriber;
use eventlog::{Projection, SqlKeyStore};
use jobs::Handler;
use sql::Migration;

/// The parts of one context. The default has none.
#[derive(Clone, Default)]
pub struct Module {
    /// Name of the context.
    pub name: &'static str,
    /// Its tables that are no read models.
    pub migrations: &'static [Migration],
    /// Read models that are written in the transaction of the fact.
    pub inline: Vec<Arc<dyn Projection>>,
    /// Read models that follow the log.
    pub followers: Vec<Arc<dyn Projection>>,
    /// Who reacts to facts.
    pub subscribers: Vec<Arc<dyn Subscriber>>,
    /// Who does its jobs.
    pub handlers: Vec<Arc<dyn Handler>>,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Module {
    /// What the spine itself does after an erasure, to the keys and to the read models that follow the log.
    #[must_use]
    pub fn forgetting(keys: SqlKeyStore, followers: Vec<Arc<dyn Projection>>) -> Self {
        Self {
            name: "eventlog",
            subscribers: vec![Arc::new(forgetting::AfterErasure)],
            handlers: vec![Arc::new(forgetting::ScrubKeys(keys)), Arc::new(forgetting::ScrubReadModels(followers))],
            ..Self::default()
        }
    }

    /// The parts of several contexts as those of one, in the order given.
    #[must_use]
    pub fn all(modules: &[Self]) -> Parts {
        let mut parts = Parts {
            migrations: [eventlog::MIGRATIONS, jobs::MIGRATIONS, bus::MIGRATIONS].concat(),
            ..Parts::default()
        };
        for module in modules {
            parts.add(module);
        }
        parts
    }
}

/// What a server is made of: the tables of the spine, then the parts of every context.
#[derive(Clone, Default)]
pub struct Parts {
    /// In the order in which they are made.
    pub migrations: Vec<Migration>,
    /// Read models that are written in the transaction of the fact.
    pub inline: Vec<Arc<dyn Projection>>,
    /// Read models that follow the log.
    pub followers: Vec<Arc<dyn Projection>>,
    /// Who reacts to facts.
    pub subscribers: Vec<Arc<dyn Subscriber>>,
    /// Who does jobs.
    pub handlers: Vec<Arc<dyn Handler>>,
}

impl Parts {
    /// Adds those of one more context.
    pub fn add(&mut self, module: &Module) {
        self.migrations.extend_from_slice(module.migrations);
        self.inline.extend(module.inline.iter().cloned());
        self.followers.extend(module.followers.iter().cloned());
        self.subscribers.extend(module.subscribers.iter().cloned());
        self.handlers.extend(module.handlers.iter().cloned());
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("migrations", &self.migrations.len()).finish_non_exhaustive()
    }
}
