//! Recovery codes: for who has lost their authenticator. Each is 80 bits of chance, so that a keyed hash without a salt is enough.
//!
//! Invariant: a code is read however people write it down: in capitals, without the dashes, with `O` for `0` and `I` or `L` for `1`.

use kernel::Chance;
use telemetry::Secret;

/// Thirty-two letters, none of which looks like another: Crockford, "Base 32".
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CODE_BYTES: usize = 10;
const CODE_LETTERS: usize = 16;

/// One recovery code, read.
pub struct RecoveryCode([u8; CODE_BYTES]);

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

impl RecoveryCode {
    /// How many an account is given.
    pub const COUNT: usize = 10;

    /// A new one.
    #[must_use]
    pub fn make(chance: &dyn Chance) -> Self {
        let mut bytes = [0; CODE_BYTES];
        chance.fill(&mut bytes);
        Self(bytes)
    }

    /// As it is shown once: `xxxx-xxxx-xxxx-xxxx`.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        let mut text = String::with_capacity(CODE_LETTERS + 3);
        let bits = self.0.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        for at in 0..CODE_LETTERS {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            let letter = (bits >> (5 * (CODE_LETTERS - 1 - at))) & 31;
            text.push(char::from(LETTERS[usize::try_from(letter).unwrap_or(0)]));
        }
        Secret::new(text)
    }

    /// What a text says; `None` for a text of another form.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut bits = 0_u128;
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let letter = match byte.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                other => other,
            };
            let value = LETTERS.iter().position(|each| *each == letter)?;
            count += 1;
            if count > CODE_LETTERS {
                return None;
            }
            bits = bits << 5 | u128::try_from(value).ok()?;
        }
        let bytes: [u8; CODE_BYTES] = bits.to_be_bytes()[16 - CODE_BYTES..].try_into().ok()?;
        (count == CODE_LETTERS).then_some(Self(bytes))
    }

    /// What is hashed, with a key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;

    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_written_down() {
        let chance = SeededChance::new(1);
        for _ in 0..200 {
            let code = RecoveryCode::make(&chance);
            let text = code.to_text().into_exposed();
            assert_eq!(text.len(), 19);
            let spoken = text.to_uppercase().replace('-', " ").replace('0', "O").replace('1', "L");
            for written in [&text, &text.replace('-', ""), &spoken] {
                assert_eq!(RecoveryCode::read(written).unwrap().0, code.0, "{written}");
            }
        }
        assert_eq!(RecoveryCode([0xff; 10]).to_text().expose(), "zzzz-zzzz-zzzz-zzzz");
        assert_eq!(RecoveryCode::read("0000-0000-0000-0001").unwrap().0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn nothing_else_is_one() {
        for text in ["", "0", "287082", "zzzz-zzzz-zzzz-zzz", "zzzz-zzzz-zzzz-zzzzz", "zzzz-zzzz-zzzz-zzzu", "é"] {
            assert!(RecoveryCode::read(text).is_none(), "{text}");
        }
    }
}
