//! Further factors: codes by time, recovery codes, passkeys. What they compute; who has which is a fact of the account.

mod passkeys;
mod recovery;
mod totp;

pub use passkeys::{Asked, Passkeys, Whose};
pub use recovery::RecoveryCode;
pub use totp::{STEP_S as TOTP_STEP_S, TotpKey};
