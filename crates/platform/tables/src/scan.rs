//! Finds the characters that give a delimited file its structure, 64 bytes at a time.
//!
//! Safe code that the compiler turns into vector instructions on every target. The gathering multiplication is the
//! well-known one that moves the lowest bit of eight bytes into one byte.

/// Bytes looked at together.
const LANES: usize = 64;
/// The same as the type of places.
const STEP: u32 = 64;
/// Moves bit 0 of byte k to bit 56 + k.
const GATHER: u64 = 0x0102_0408_1020_4080;
/// Most kinds of structural characters: delimiter, quote, escape, two line ends.
pub(crate) const MAX_NEEDLES: usize = 5;

/// Writes the places of all `needles` in `text` to `places`, which is emptied first. A needle may be repeated.
pub(crate) fn find_all(text: &[u8], needles: [u8; MAX_NEEDLES], places: &mut Vec<u32>) {
    places.clear();
    let [first, second, third, fourth, fifth] = needles;
    // Three comparisons are enough for most files, and a third faster.
    if fourth == first && fifth == first {
        scan(text, &[first, second, third], places);
    } else {
        scan(text, &needles, places);
    }
}

fn scan<const N: usize>(text: &[u8], needles: &[u8; N], places: &mut Vec<u32>) {
    let (blocks, rest) = text.as_chunks::<LANES>();
    let mut base = 0_u32;
    for block in blocks {
        push_bits(mask(block, needles), base, places);
        base += STEP;
    }
    let mut tail = [0_u8; LANES];
    tail[..rest.len()].copy_from_slice(rest);
    let present = (1_u64 << rest.len()) - 1;
    push_bits(mask(&tail, needles) & present, base, places);
}

#[inline]
fn mask<const N: usize>(block: &[u8; LANES], needles: &[u8; N]) -> u64 {
    let mut hits = [0_u8; LANES];
    for (hit, byte) in hits.iter_mut().zip(block) {
        let mut found = false;
        for needle in needles {
            found |= byte == needle;
        }
        *hit = u8::from(found);
    }
    let mut bits = 0_u64;
    for (index, word) in hits.as_chunks::<8>().0.iter().enumerate() {
        bits |= (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    bits
}

#[inline]
fn push_bits(mut bits: u64, base: u32, places: &mut Vec<u32>) {
    places.reserve(LANES);
    while bits != 0 {
        places.push(base + bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_needle_is_found_and_nothing_else(
            text in proptest::collection::vec(prop::sample::select(b"ab,\"\n\r\\;".to_vec()), 0..300),
            five in any::<bool>(),
        ) {
            let needles = if five { *b",\"\n\r\\" } else { *b",\"\n,," };
            let mut places = vec![7];
            find_all(&text, needles, &mut places);
            let plain: Vec<u32> =
                (0_u32..).zip(&text).filter(|(_, byte)| needles.contains(byte)).map(|(at, _)| at).collect();
            prop_assert_eq!(places, plain);
        }
    }
}
