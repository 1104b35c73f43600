//! What the verbs share that act as the operator of an installation: whoever can read the project's folder.

use clap::Args;

use super::flags::BesideFlags;
use crate::{accounts::Accounts, failure::Failure, session::Session, settings};

/// Where the accounts are, and which workspace is meant.
#[derive(Debug, Args)]
pub(crate) struct Operator {
    #[command(flatten)]
    flags: BesideFlags,
    /// Act in the workspace of this name; the project's own is `default`.
    #[arg(long, global = true, value_name = "NAME")]
    workspace: Option<String>,
}

impl Operator {
    /// Opens the databases, beside a running server or without one.
    pub(crate) fn open(&self, session: &Session) -> Result<Accounts, Failure> {
        let config = settings::load(&session.project, self.flags.0.clone())?.config;
        session.wait(Accounts::open(&config, &session.project, self.workspace.as_deref()))
    }
}
