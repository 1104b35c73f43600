//! Time and chance together: what a component needs to make an id.

use std::sync::Arc;

use uuid::Uuid;

use crate::{Chance, Clock, SystemChance, SystemClock, Timestamp};

/// Where a component takes time and chance from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
}

impl Source {
    /// The machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), chance: Arc::new(SystemChance) }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh UUID of version 7: milliseconds, then chance. Source: RFC 9562, section 5.7.
    pub fn uuid(&self) -> Uuid {
        let mut random = [0; 10];
        self.chance.fill(&mut random);
        let millis = u64::try_from(self.now().millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A number between 0 and 1, 1 excluded.
    pub fn share(&self) -> f64 {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes);
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let share = (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64;
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ManualClock, SeededChance};

    fn source(seed: u64) -> Source {
        Source {
            clock: Arc::new(ManualClock::at(Timestamp(1_700_000_000_000_000))),
            chance: Arc::new(SeededChance::new(seed)),
        }
    }

    #[test]
    fn an_id_is_made_of_the_time_and_of_chance_and_of_nothing_else() {
        let (a, b) = (source(7), source(7));
        let first = a.uuid();
        assert_eq!((first, first.get_version_num()), (b.uuid(), 7));
        assert_ne!(first, a.uuid());
        assert_ne!(first, source(8).uuid());
        assert_eq!(first.get_timestamp().map(|at| at.to_unix()), Some((1_700_000_000, 0)));
    }

    #[test]
    fn a_share_lies_between_zero_and_one() {
        let source = source(1);
        let shares: Vec<f64> = (0..1_000).map(|_| source.share()).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        let mean = shares.iter().sum::<f64>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
