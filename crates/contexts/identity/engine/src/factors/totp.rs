//! Codes by time: TOTP (RFC 6238) as every authenticator reads it, with SHA-1, six digits and steps of thirty seconds.
//!
//! Invariants: a code is good one step early and one late (RFC 6238, 5.2), and checking says for which step, so that its caller
//! takes each step once. Absent on purpose: other digests and lengths, which programs for phones ignore without a word.

use kernel::{Chance, Timestamp};
use telemetry::Secret;
use totp_rs::{Algorithm, Builder, Totp};

/// Seconds that a code is for.
pub const STEP_S: u64 = 30;
const DIGITS: u8 = 6;
/// Steps before and after the present one that are taken too.
const DRIFT: u16 = 1;
/// Bytes of a secret: as long as the digest (RFC 4226, 4, R6).
const SECRET_BYTES: usize = 20;

/// The secret that an account and an authenticator share.
pub struct TotpKey(Vec<u8>);

impl std::fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpKey(***)")
    }
}

impl TotpKey {
    /// A new one.
    #[must_use]
    pub fn make(chance: &dyn Chance) -> Self {
        let mut bytes = vec![0; SECRET_BYTES];
        chance.fill(&mut bytes);
        Self(bytes)
    }

    /// One that was stored as [`TotpKey::to_base32`]; `None` for what is no secret of ours.
    #[must_use]
    pub fn from_base32(text: &str) -> Option<Self> {
        let secret = totp_rs::Secret::try_from_base32(text).ok()?;
        let bytes = secret.as_bytes().to_vec();
        (bytes.len() == SECRET_BYTES).then_some(Self(bytes))
    }

    /// As people type it.
    #[must_use]
    pub fn to_base32(&self) -> Secret<String> {
        Secret::new(totp_rs::Secret::from(self.0.clone()).to_base32())
    }

    /// As a camera reads it: `otpauth://totp/…`. `None` where a name holds what the form cannot, such as `:`.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Option<Secret<String>> {
        let totp = self.builder().with_issuer(Some(issuer)).with_account_name(account).build().ok()?;
        totp.to_url().ok().map(Secret::new)
    }

    /// The step that this code is for, the present one or a neighbour; `None` where it is for none of them. Counts from the epoch.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let seconds = u64::try_from(now.0.div_euclid(1_000_000)).ok()?;
        self.totp()?.check(code, seconds)
    }

    /// Whether a text has the form of a code.
    #[must_use]
    pub fn is_code(text: &str) -> bool {
        text.len() == usize::from(DIGITS) && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    fn builder(&self) -> Builder {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(DRIFT)
            .with_step_duration(STEP_S)
            .with_secret(self.0.clone())
    }

    fn totp(&self) -> Option<Totp> {
        self.builder().build().ok()
    }
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    fn published() -> TotpKey {
        TotpKey(b"12345678901234567890".to_vec())
    }

    /// RFC 6238, appendix B, the rows of SHA-1; six digits are the last six of its eight.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn the_published_codes_are_good_at_their_times() {
        for (seconds, code) in VECTORS {
            let step = u64::try_from(seconds).unwrap() / STEP_S;
            assert_eq!(published().step_of(code, at(seconds)), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_late_and_names_its_step() {
        let (seconds, code) = VECTORS[3];
        let step = u64::try_from(seconds).unwrap() / STEP_S;
        let begin = i64::try_from(step * STEP_S).unwrap();
        for (seconds, is_good) in
            [(begin - 31, false), (begin - 30, true), (begin, true), (begin + 59, true), (begin + 60, false)]
        {
            assert_eq!(published().step_of(code, at(seconds)), is_good.then_some(step), "{seconds}");
        }
    }

    #[test]
    fn whatever_is_no_code_is_refused() {
        let (seconds, code) = VECTORS[0];
        for text in ["", "28708", "2870820", "+87082", " 287082", "287 082", "２８７０８２", "287083", "a87082"] {
            assert_eq!(published().step_of(text, at(seconds)), None, "{text}");
        }
        assert!(TotpKey::is_code(code) && !TotpKey::is_code("28708a") && !TotpKey::is_code("２８"));
        assert_eq!(published().step_of(code, Timestamp(-1)), None, "before the epoch there are no steps");
    }

    #[test]
    fn a_secret_reads_back_and_its_uri_names_house_and_account() {
        let key = TotpKey::make(&SeededChance::new(1));
        let text = key.to_base32();
        assert_eq!(TotpKey::from_base32(text.expose()).unwrap().0, key.0);
        assert!(TotpKey::from_base32("MZXW6").is_none() && TotpKey::from_base32("not base32!").is_none());
        let uri = key.uri("Gray Ghost", "ann@example.com").unwrap();
        let uri = uri.expose();
        assert!(uri.starts_with("otpauth://totp/Gray%20Ghost:ann%40example.com?"), "{uri}");
        assert!(uri.contains(&format!("secret={}", text.expose())) && uri.contains("issuer=Gray%20Ghost"), "{uri}");
        assert!(key.uri("Gray: Ghost", "ann").is_none());
    }
}
