//! Texts as vectors of weighted words or character n-grams, compared by cosine.
//!
//! Weights: `(1 + ln tf) · (1 + ln((1 + n) / (1 + df)))`, scaled to length 1, as scikit-learn's `TfidfVectorizer` with
//! `sublinear_tf`; n is the number of distinct texts, df in how many of them the unit occurs.

use hashbrown::HashMap;

/// What a text is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Words between spaces.
    Word,
    /// Three neighbouring characters of a word, a space before and after it; catches spelling and word forms.
    Trigram,
}

/// One sparse vector of length 1 per text.
#[derive(Debug, Default)]
pub struct Vectors {
    starts: Vec<usize>,
    units: Vec<u32>,
    weights: Vec<f32>,
    count: usize,
}

impl Vectors {
    /// Vectors of these texts.
    #[expect(clippy::cast_precision_loss, reason = "counts of texts and units are far below 2^24 where it matters")]
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>, unit: Unit) -> Self {
        let mut known: HashMap<u64, u32> = HashMap::new();
        let mut frequency: Vec<u32> = Vec::new();
        let mut vectors = Self { starts: vec![0], ..Self::default() };
        let mut here: Vec<u32> = Vec::new();
        for text in texts {
            here.clear();
            each_unit(text, unit, |hash| {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                here.push(*known.entry(hash).or_insert(next));
            });
            frequency.resize(known.len(), 0);
            here.sort_unstable();
            let mut rest = here.as_slice();
            while let Some(first) = rest.first() {
                let times = rest.iter().take_while(|unit| *unit == first).count();
                vectors.units.push(*first);
                vectors.weights.push(1.0 + (times as f32).ln());
                frequency[*first as usize] += 1;
                rest = &rest[times..];
            }
            vectors.starts.push(vectors.units.len());
        }
        vectors.count = known.len();
        vectors.weigh(&frequency);
        vectors
    }

    #[expect(clippy::cast_precision_loss, reason = "as above")]
    fn weigh(&mut self, frequency: &[u32]) {
        let count = self.starts.len() as f32;
        for pair in self.starts.windows(2) {
            let weights = &mut self.weights[pair[0]..pair[1]];
            let mut squares = 0.0;
            for (unit, weight) in self.units[pair[0]..pair[1]].iter().zip(weights.iter_mut()) {
                *weight *= 1.0 + (count / (1.0 + frequency[*unit as usize] as f32)).ln();
                squares += *weight * *weight;
            }
            let scale = if squares > 0.0 { 1.0 / squares.sqrt() } else { 0.0 };
            for weight in weights {
                *weight *= scale;
            }
        }
    }

    /// The units of a text and their weights.
    pub fn of_text(&self, text: usize) -> impl Iterator<Item = (u32, f32)> {
        let range = self.starts[text]..self.starts[text + 1];
        self.units[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }

    /// Number of distinct units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.count
    }

    /// Whether no text was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.len() <= 1
    }

    /// Cosine of two texts by their places, 0 to 1.
    #[must_use]
    pub fn cosine(&self, a: usize, b: usize) -> f32 {
        let (mut left, mut right) = (self.starts[a], self.starts[b]);
        let (end_left, end_right) = (self.starts[a + 1], self.starts[b + 1]);
        let mut sum = 0.0;
        while left < end_left && right < end_right {
            let (unit, other) = (self.units[left], self.units[right]);
            if unit == other {
                sum += self.weights[left] * self.weights[right];
            }
            left += usize::from(unit <= other);
            right += usize::from(other <= unit);
        }
        sum.min(1.0)
    }
}

fn each_unit(text: &str, unit: Unit, mut take: impl FnMut(u64)) {
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match unit {
            Unit::Word => take(xxhash_rust::xxh3::xxh3_64(word.as_bytes())),
            Unit::Trigram => {
                let (mut first, mut second) = ('\0', ' ');
                for next in word.chars().chain(std::iter::once(' ')) {
                    if first != '\0' {
                        take(
                            u64::from(u32::from(first)) << 42
                                | u64::from(u32::from(second)) << 21
                                | u64::from(u32::from(next)),
                        );
                    }
                    (first, second) = (second, next);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_units_weigh_more_and_equal_texts_are_one() {
        let texts = ["sony camera black", "sony camera dsc100", "canon camera black", "sony dsc100", ""];
        for unit in [Unit::Word, Unit::Trigram] {
            let vectors = Vectors::of(texts.into_iter(), unit);
            assert!((vectors.cosine(0, 0) - 1.0).abs() < 1e-6);
            assert!(vectors.cosine(1, 3) > vectors.cosine(0, 3), "{unit:?}");
            assert!((vectors.cosine(0, 4)).abs() < 1e-6);
            assert!((vectors.cosine(0, 2) - vectors.cosine(2, 0)).abs() < 1e-6);
        }
    }

    #[test]
    fn cosine_equals_that_of_scikit_learn() {
        // TfidfVectorizer(sublinear_tf=True, token_pattern=r"\S+") on these three texts.
        let vectors = Vectors::of(["a a b", "a b c", "c d"].into_iter(), Unit::Word);
        assert!((vectors.cosine(0, 1) - 0.790_727).abs() < 1e-4, "{}", vectors.cosine(0, 1));
    }
}
