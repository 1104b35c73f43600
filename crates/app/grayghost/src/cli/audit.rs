//! `grayghost audit`: who did what, and whether it is still what was written.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Format, operator::Operator};
use crate::{exit::Ending, failure::Failure, figures::plural, session::Session};

/// Verify the audit.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    operator: Operator,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(Verify),
}

/// Compare every link of the log's chains, and the audit's list with its entries in the log.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with 1 when the audit is not what was written.
Whoever can rewrite the whole database can rewrite the chains too: keep the head where they cannot.")]
struct Verify {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Audit {
    pub(crate) fn answer(&self, session: &mut Session) -> Result<Ending, Failure> {
        let What::Verify(verify) = &self.what;
        let accounts = self.operator.open(session)?;
        let report = session.wait(async {
            let (identity, actor) = (accounts.identity.clone(), accounts.actor.clone());
            let report = identity.verify_audit(&actor, actor.workspace).await;
            accounts.close().await;
            report
        })?;
        let head = report.head.as_ref().map(|(events, hash)| json!({ "events": events, "hash": hash }));
        if verify.format == Format::Json {
            session.screen.json(&json!({
                "entries": report.entries, "events": report.events, "pending": report.pending, "head": head,
                "troubles": report.troubles,
            }))?;
        } else {
            let (entries, paint) = (report.entries, session.screen.paint);
            if report.troubles.is_empty() {
                session.screen.line(format_args!("{entries} entries, every one as it was written"))?;
            } else {
                session.screen.line(paint.bad("NOT WHAT WAS WRITTEN"))?;
            }
            for trouble in &report.troubles {
                session.screen.line(trouble)?;
            }
            if let Some((events, hash)) = &report.head {
                session.screen.line(format_args!("head {hash} of {}", plural(*events, "event")))?;
            }
        }
        Ok(if report.troubles.is_empty() { Ending::Done } else { Ending::Failed })
    }
}
