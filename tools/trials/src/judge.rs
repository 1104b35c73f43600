//! Reads the database at the end of a trial and compares it with what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use kernel::uuid::Uuid;
use sql::{SqlError, args};

use crate::{LedgerEvent, World, table_rows};

/// What was acknowledged: ledger and version by command.
pub type Acknowledged = BTreeMap<Uuid, (String, u64)>;

/// What was broken; all zero for a spine that keeps its promises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Acknowledged and not there, or not where it was said to be.
    pub lost: usize,
    /// Commands that happened more than once.
    pub doubled: usize,
    /// Rows of read models that are not what the events say; one more for a broken chain.
    pub projections_wrong: usize,
    /// Jobs that had not exactly one effect.
    pub jobs_wrong: usize,
    /// What else is to be told.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Whether anything is wrong.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.lost + self.doubled + self.projections_wrong + self.jobs_wrong > 0
    }
}

/// Compares all that is there, once nothing moves any more.
///
/// # Errors
/// What the database says.
pub async fn judge(world: &World, acknowledged: &Acknowledged) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let (mut found, mut balances) =
        (BTreeMap::<Uuid, Vec<(String, u64)>>::new(), BTreeMap::<String, (i64, i64)>::new());
    let mut at = 0;
    loop {
        let events = world.log.after(at, 5_000).await?;
        let Some(last) = events.last() else { break };
        at = last.position;
        for event in &events {
            let LedgerEvent::Paid { command, cents } = serde_json::from_slice(&event.payload)?;
            found.entry(command).or_default().push((event.instance().to_owned(), event.version));
            let balance = balances.entry(event.instance().to_owned()).or_default();
            *balance = (balance.0 + cents, balance.1 + 1);
        }
    }
    let stored = |(command, place): (&Uuid, &(String, u64))| found.get(command).is_some_and(|all| all.contains(place));
    outcome.lost = acknowledged.iter().filter(|each| !stored(*each)).count();
    outcome.doubled = found.values().filter(|places| places.len() > 1).count();
    for table in ["trial_inline", "trial_follower"] {
        let rows = table_rows(&world.database, table).await?;
        let ledgers: BTreeSet<&String> = rows.keys().chain(balances.keys()).collect();
        outcome.projections_wrong +=
            ledgers.iter().filter(|ledger| rows.get(**ledger) != balances.get(**ledger)).count();
    }
    if let Some(broken) = world.log.verify().await?.broken {
        outcome.notes.push(format!("the chain is broken: {broken:?}"));
        outcome.projections_wrong += 1;
    }
    let effects = world.database.all("SELECT command, times FROM trial_effects", args![]).await?;
    let effects: BTreeMap<Uuid, i64> =
        effects.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, SqlError>>()?;
    outcome.jobs_wrong = found.keys().filter(|command| effects.get(*command) != Some(&1)).count();
    outcome.jobs_wrong += effects.keys().filter(|command| !found.contains_key(*command)).count();
    Ok(outcome)
}

/// Whether everything has come to its end: all sealed, all projected, no job open.
///
/// # Errors
/// What the database says.
pub async fn is_quiet(world: &World) -> anyhow::Result<bool> {
    let lag: u64 = world.projector.lag().await?.iter().map(|lag| lag.events).sum();
    let jobs = "SELECT count(*) FROM jobs WHERE state NOT IN ('succeeded', 'dead', 'cancelled')";
    let jobs: i64 = world.database.all(jobs, args![]).await?[0].get(0)?;
    Ok(lag == 0 && world.log.pending().await? == 0 && jobs == 0)
}
