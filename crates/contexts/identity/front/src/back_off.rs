//! Guesses are slowed down: at an account, at an account from one address, from one address, and at codes.
//!
//! Invariants: an attempt is counted before it is looked at, also at accounts that do not exist; only what was right in the end
//! fills a bucket again, so that a right password does not buy guesses at codes. Names of buckets are keyed hashes or
//! ids, for limits may be kept outside of this process.

use std::{fmt::Write as _, time::Duration};

use cache::Limit;
use kernel::UserId;

use crate::{EmailAddress, INSTALLATION, Identity, IdentityError};

/// Guesses at one account, from anywhere: 20 at once, then one every 30 seconds.
const BY_ACCOUNT: (u32, Duration, u32) = (1, Duration::from_secs(30), 20);
/// At one account from one address: 6 at once, then one every 30 seconds.
const BY_BOTH: (u32, Duration, u32) = (1, Duration::from_secs(30), 6);
/// From one address: 60 at once, then one every 2 seconds; offices share an address.
const BY_ADDRESS: (u32, Duration, u32) = (1, Duration::from_secs(2), 60);
/// At the codes of one account, by who has passed its password: 10 at once, then one every 5 minutes. Three codes of a million
/// are good at a time, so that half a chance of a hit takes two years.
const BY_CODE: (u32, Duration, u32) = (1, Duration::from_mins(5), 10);

/// A bucket, by its name.
pub(crate) type Bucket = (String, Limit);

impl Identity {
    /// What an attempt to sign in draws on, the address' own first.
    pub(crate) async fn buckets(&self, email: &EmailAddress) -> Result<Vec<Bucket>, IdentityError> {
        let tag = self.inner.log.keys().hmac(INSTALLATION, "identity.limits", email.as_str().as_bytes()).await?;
        let account = tag.iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let address = self.address();
        Ok(vec![
            (format!("sign_in:{address}"), limit(BY_ADDRESS)?),
            // Before the account's: one address alone may not use that up, and lock its owner out.
            (format!("sign_in:{account}:{address}"), limit(BY_BOTH)?),
            (format!("sign_in:{account}"), limit(BY_ACCOUNT)?),
        ])
    }

    /// What a guess at the codes of an account draws on.
    pub(crate) fn code_bucket(user: UserId) -> Result<Bucket, IdentityError> {
        Ok((format!("code:{user}"), limit(BY_CODE)?))
    }

    /// What somebody draws on who is signed in and shows once more who they are.
    pub(crate) fn proof_bucket(user: UserId) -> Result<Bucket, IdentityError> {
        Ok((format!("prove:{user}"), limit(BY_BOTH)?))
    }

    pub(crate) async fn slow_down(&self, buckets: &[Bucket]) -> Result<(), IdentityError> {
        for (name, limit) in buckets {
            let decision = self.inner.limits.take(name, *limit, 1).await?;
            if !decision.allowed {
                let wait = decision.retry_after.unwrap_or(decision.reset_after);
                return Err(IdentityError::TooManyAttempts { retry_after_s: wait.as_secs().max(1) });
            }
        }
        Ok(())
    }

    /// Draws on the budget of guesses of this address, for commands that anybody may ask.
    pub(crate) async fn slow_down_address(&self) -> Result<(), IdentityError> {
        self.slow_down(&[(format!("guess:{}", self.address()), limit(BY_ADDRESS)?)]).await
    }

    /// It was right: what it drew on is full again.
    pub(crate) async fn refill(&self, buckets: &[Bucket]) -> Result<(), IdentityError> {
        for (name, _) in buckets {
            self.inner.limits.refill(name).await?;
        }
        Ok(())
    }

    fn address(&self) -> String {
        self.from.address.map_or_else(|| "nowhere".to_owned(), |address| address.to_string())
    }
}

fn limit((count, period, burst): (u32, Duration, u32)) -> Result<Limit, IdentityError> {
    Ok(Limit::new(count, period, burst)?)
}
