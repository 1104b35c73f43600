//! What the tests of a ladder need of a column, computed once a distinct text.

use hashbrown::HashMap;

use super::{Day, Test};
use crate::{
    column::{Column, NULL},
    names,
    text::{Unit, Vectors},
};

/// Only what the tests at hand need is filled.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// The id that a text has in the partner column; [`NULL`] where it has none.
    pub(super) in_partner: Vec<u32>,
    pub(super) words: Vectors,
    pub(super) trigrams: Vectors,
    names: Vec<names::Groups>,
    days: Vec<Option<Day>>,
    numbers: Vec<Option<f64>>,
    places: Vec<Option<(f64, f64)>>,
    sketches: Vec<Sketch>,
    /// Hashes of the parts before the `@`; 0 where there is none.
    pub(super) locals: Vec<u64>,
    /// Hashes of the distinct words of each text, ascending, and where those of the next text begin.
    bags: (Vec<usize>, Vec<u64>),
}

/// Bytes of a text that a [`Sketch`] holds.
const SKETCHED: usize = 22;

/// A text in half a cache line: what most tests need without going to the text, and what tells that two cannot be similar.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sketch {
    /// Which characters occur: one bit each, several characters share one.
    letters: u64,
    /// Characters, at most 255.
    length: u8,
    /// Whether `bytes` holds all of it, one byte a character.
    is_whole: bool,
    bytes: [u8; SKETCHED],
}

impl Prepared {
    pub(super) fn of(tests: &[Test], column: &Column, partner: Option<&Column>) -> Self {
        let mut prepared = Self::default();
        let all = || column.values.texts();
        for test in tests {
            match test {
                Test::Swapped if prepared.in_partner.is_empty() => {
                    prepared.in_partner = translate(column, partner);
                }
                Test::Words(_) if prepared.words.is_empty() => prepared.words = Vectors::of(all(), Unit::Word),
                Test::Trigrams(_) if prepared.trigrams.is_empty() => {
                    prepared.trigrams = Vectors::of(all(), Unit::Trigram);
                }
                Test::Nickname => prepared.names = all().map(names::groups).collect(),
                Test::DayMonthSwapped | Test::TwoOfThree | Test::Days(_) if prepared.days.is_empty() => {
                    prepared.days = all().map(Day::parse).collect();
                }
                Test::Ratio(_) if prepared.numbers.is_empty() => {
                    prepared.numbers = all().map(|text| text.parse().ok().filter(|n: &f64| n.is_finite())).collect();
                }
                Test::LocalPart => {
                    prepared.locals =
                        all().map(|text| text.split_once('@').map_or(0, |(local, _)| hash(local))).collect();
                }
                Test::WordOverlap(_) | Test::SharedWords(_) if prepared.bags.0.is_empty() => {
                    prepared.bags = bags(all());
                }
                Test::Kilometres(_) if prepared.places.is_empty() => prepared.places = all().map(place).collect(),
                Test::JaroWinkler(_)
                | Test::DamerauLevenshtein(_)
                | Test::Prefix(_)
                | Test::Suffix(_)
                | Test::Truncated
                | Test::Initial
                    if prepared.sketches.is_empty() =>
                {
                    prepared.sketches = all().map(Sketch::of).collect();
                }
                _ => {}
            }
        }
        prepared
    }

    pub(super) fn share_name(&self, a: u32, b: u32) -> bool {
        self.names[a as usize].share(&self.names[b as usize])
    }

    /// The words of a text, as hashes.
    fn bag(&self, id: u32) -> &[u64] {
        let (starts, words) = &self.bags;
        &words[starts[id as usize]..starts[id as usize + 1]]
    }

    /// How many words both have.
    pub(super) fn shared_words(&self, a: u32, b: u32) -> u16 {
        let (left, right) = (self.bag(a), self.bag(b));
        let (mut at_left, mut at_right, mut shared) = (0, 0, 0_u16);
        while let (Some(word), Some(other)) = (left.get(at_left), right.get(at_right)) {
            shared += u16::from(word == other);
            at_left += usize::from(word <= other);
            at_right += usize::from(other <= word);
        }
        shared
    }

    /// Share of the words of the smaller set that the other has.
    pub(super) fn overlap(&self, a: u32, b: u32) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "words of one text")]
        let fewer = self.bag(a).len().min(self.bag(b).len()).max(1) as f32;
        f32::from(self.shared_words(a, b)) / fewer
    }

    pub(super) fn days(&self, a: u32, b: u32) -> Option<(Day, Day)> {
        self.days[a as usize].zip(self.days[b as usize])
    }

    pub(super) fn numbers(&self, a: u32, b: u32) -> Option<(f64, f64)> {
        self.numbers[a as usize].zip(self.numbers[b as usize])
    }

    pub(super) fn kilometres(&self, a: u32, b: u32) -> Option<f32> {
        self.places[a as usize].zip(self.places[b as usize]).map(|(x, y)| great_circle(x, y))
    }

    /// Both texts as bytes where each is short and of one byte a character.
    #[inline]
    pub(super) fn short(&self, a: u32, b: u32) -> Option<(&[u8], &[u8])> {
        let (x, y) = (&self.sketches[a as usize], &self.sketches[b as usize]);
        (x.is_whole && y.is_whole).then(|| (&x.bytes[..usize::from(x.length)], &y.bytes[..usize::from(y.length)]))
    }

    /// Jaro–Winkler is at most this: characters that occur on one side only cannot match.
    #[inline]
    pub(super) fn most_similar(&self, a: u32, b: u32) -> f32 {
        let (x, y) = (&self.sketches[a as usize], &self.sketches[b as usize]);
        if x.length == u8::MAX || y.length == u8::MAX {
            return 1.0;
        }
        let (length, other) = (f32::from(x.length), f32::from(y.length));
        let (lone_x, lone_y) = x.lone(y);
        #[expect(clippy::cast_precision_loss, reason = "at most 64")]
        let most = (length - lone_x as f32).min(other - lone_y as f32).max(0.0);
        let jaro = (most / length + most / other + 1.0) / 3.0;
        // Equal first characters can add at most 4 × 0.1 of what is missing, if the first are equal at all.
        let most = if x.bytes[0] == y.bytes[0] { jaro + 0.4 * (1.0 - jaro) } else { jaro };
        // What this bound loses by rounding must not keep a pair from a bound that it reaches.
        most + 1e-5
    }

    /// Whether more edits than `most` are needed for certain.
    #[inline]
    pub(super) fn too_far(&self, a: u32, b: u32, most: u8) -> bool {
        let (x, y) = (&self.sketches[a as usize], &self.sketches[b as usize]);
        let (lone_x, lone_y) = x.lone(y);
        lone_x.max(lone_y) > u32::from(most)
            || x.length != u8::MAX && y.length != u8::MAX && x.length.abs_diff(y.length) > most
    }
}

impl Sketch {
    fn of(text: &str) -> Self {
        let mut sketch = Self { is_whole: text.is_ascii() && text.len() <= SKETCHED, ..Self::default() };
        for letter in text.chars() {
            sketch.length = sketch.length.saturating_add(1);
            sketch.letters |= 1 << (u32::from(letter) % 64);
        }
        for (kept, byte) in sketch.bytes.iter_mut().zip(text.bytes()) {
            *kept = byte;
        }
        sketch
    }

    /// How many characters occur on either side only, at least.
    #[inline]
    fn lone(&self, other: &Self) -> (u32, u32) {
        ((self.letters & !other.letters).count_ones(), (other.letters & !self.letters).count_ones())
    }
}

fn translate(column: &Column, partner: Option<&Column>) -> Vec<u32> {
    let Some(partner) = partner else { return vec![NULL; column.values.len()] };
    let known: HashMap<&str, u32> = partner.values.texts().zip(partner.values.ids()).collect();
    column.values.texts().map(|text| known.get(text).copied().unwrap_or(NULL)).collect()
}

fn hash(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes()).max(1)
}

fn bags<'a>(texts: impl Iterator<Item = &'a str>) -> (Vec<usize>, Vec<u64>) {
    let (mut starts, mut words) = (vec![0], Vec::new());
    let mut bag: Vec<u64> = Vec::new();
    for text in texts {
        bag.clear();
        bag.extend(text.split(' ').filter(|word| !word.is_empty()).map(hash));
        bag.sort_unstable();
        bag.dedup();
        words.extend_from_slice(&bag);
        starts.push(words.len());
    }
    (starts, words)
}

/// Smaller divided by greater; 0 where the signs differ.
#[expect(clippy::cast_possible_truncation, reason = "a share")]
pub(super) fn ratio(a: f64, b: f64) -> f32 {
    let (low, high) = if a.abs() < b.abs() { (a, b) } else { (b, a) };
    if high == 0.0 { 1.0 } else { (low / high).max(0.0) as f32 }
}

fn place(text: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = text.split_once(',')?;
    let (latitude, longitude): (f64, f64) = (latitude.trim().parse().ok()?, longitude.trim().parse().ok()?);
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some((latitude, longitude))
}

/// Haversine formula on a sphere of the Earth's mean radius (IUGG: 6371.0088 km).
#[expect(clippy::cast_possible_truncation, reason = "a distance in kilometres")]
fn great_circle((lat_a, lon_a): (f64, f64), (lat_b, lon_b): (f64, f64)) -> f32 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let chord = half(lat_a, lat_b) + lat_a.to_radians().cos() * lat_b.to_radians().cos() * half(lon_a, lon_b);
    (2.0 * 6371.0088 * chord.sqrt().asin()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_ratios() {
        let (london, paris) = (place("51.5074,-0.1278").expect("a place"), place("48.8566, 2.3522").expect("a place"));
        assert!((great_circle(london, paris) - 343.6).abs() < 1.0);
        assert!(place("91,0").is_none());
        assert!((ratio(9.0, 10.0) - 0.9).abs() < 1e-6 && ratio(-1.0, 1.0).abs() < 1e-6);
        let column: Column = ["the golden house", "golden house ltd", "golden"].into_iter().collect();
        let prepared = Prepared::of(&[Test::WordOverlap(1.0)], &column, None);
        assert!((prepared.overlap(1, 2) - 2.0 / 3.0).abs() < 1e-6 && (prepared.overlap(3, 1) - 1.0).abs() < 1e-6);
    }
}
