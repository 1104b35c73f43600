//! What the shop sells: invented products with codes and prices.
//!
//! *Invariant*: two products never share a code, and the two wordings of a product differ.

use std::sync::LazyLock;

use crate::{
    civil::Day,
    dice::{Dice, Subject},
    permutation::Permutation,
    wordlist,
};

struct Words {
    qualities: Vec<&'static str>,
    colours: Vec<&'static str>,
    materials: Vec<&'static str>,
    nouns: Vec<&'static str>,
    packs: Vec<&'static str>,
    tails: Vec<&'static str>,
    remarks: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let section = |name| wordlist::section(include_str!("../data/products.txt"), name);
    Words {
        qualities: section("quality"),
        colours: section("colour"),
        materials: section("material"),
        nouns: section("noun"),
        packs: section("pack"),
        tails: section("tail"),
        remarks: section("remark"),
    }
});

/// Price points in thousandths of a pound with their weights, after those of the Online Retail data set.
const PRICES: [(u32, i64); 27] = [
    (1, 125),
    (3, 290),
    (5, 390),
    (9, 420),
    (4, 550),
    (5, 650),
    (14, 850),
    (20, 1_250),
    (8, 1_450),
    (17, 1_650),
    (6, 1_950),
    (11, 2_100),
    (6, 2_550),
    (13, 2_950),
    (6, 3_250),
    (9, 3_750),
    (6, 4_250),
    (9, 4_950),
    (6, 5_950),
    (5, 7_950),
    (3, 8_500),
    (3, 9_950),
    (2, 12_750),
    (2, 14_950),
    (1, 16_950),
    (1, 24_950),
    (1, 39_950),
];

const FEWEST: u32 = 200;
const MOST: u32 = 4_000;
const CUSTOMERS_PER_PRODUCT: u32 = 5;
/// Products come in families of three that share five digits.
const FAMILY: u32 = 3;
const FAMILY_LETTERS: [[&str; 3]; 4] = [["A", "B", "C"], ["", "B", "BL"], ["", "W", "P"], ["L", "S", "M"]];
const FIRST_NUMBER: u64 = 20_000;
const NUMBERS: u64 = 70_000;

/// One thing with a stock code.
pub(crate) struct Product {
    pub(crate) code: String,
    /// The description, and what it is changed to.
    wordings: [String; 2],
    /// The day from which the second wording is used; `None` where it never is.
    pub(crate) reworded: Option<Day>,
    /// In thousandths of a pound.
    pub(crate) price: i64,
}

/// What an invoice line says about its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wording {
    Missing,
    First,
    Second,
    /// A note of the warehouse instead of a description.
    Remark(u32),
}

/// Products by number: merchandise first, then what is no merchandise.
pub(crate) struct Catalogue {
    products: Vec<Product>,
    merchandise: u32,
}

/// Stock codes of what is no merchandise, in the order in which they follow it.
const SPECIAL: [(&str, &str, i64); 4] =
    [("POST", "POSTAGE", 18_000), ("D", "Discount", 0), ("M", "Manual", 0), ("B", "Adjust bad debt", 0)];

impl Catalogue {
    pub(crate) fn draw(customers: u32, seed: u64) -> Self {
        let mut dice = Dice::new(seed, Subject::Catalogue, 0);
        let merchandise = (customers / CUSTOMERS_PER_PRODUCT).clamp(FEWEST, MOST);
        let numbers = Permutation::new(NUMBERS, &mut dice);
        // Numbers say nothing about popularity, which falls with the product's place in this list.
        let places = Permutation::new(u64::from(merchandise), &mut dice);
        let mut products: Vec<Product> = (0..merchandise)
            .map(|rank| {
                let place = u32::try_from(places.at(u64::from(rank))).unwrap_or(0);
                let number = FIRST_NUMBER + numbers.at(u64::from(place / FAMILY));
                let letters = FAMILY_LETTERS[(number % 4) as usize][(place % FAMILY) as usize];
                Product::draw(format!("{number}{letters}"), &mut dice)
            })
            .collect();
        products.extend(SPECIAL.iter().map(|(code, name, price)| Product::special(code, name, *price)));
        Self { products, merchandise }
    }

    /// How many products are merchandise; they have the numbers below.
    pub(crate) fn merchandise(&self) -> u32 {
        self.merchandise
    }

    pub(crate) fn postage(&self) -> u32 {
        self.merchandise
    }

    pub(crate) fn discount(&self) -> u32 {
        self.merchandise + 1
    }

    pub(crate) fn manual(&self) -> u32 {
        self.merchandise + 2
    }

    pub(crate) fn bad_debt(&self) -> u32 {
        self.merchandise + 3
    }

    pub(crate) fn product(&self, number: u32) -> &Product {
        &self.products[number as usize]
    }

    /// The text of a line's description.
    pub(crate) fn wording(&self, number: u32, wording: Wording) -> &str {
        match wording {
            Wording::Missing => "",
            Wording::First => &self.product(number).wordings[0],
            Wording::Second => &self.product(number).wordings[1],
            Wording::Remark(remark) => WORDS.remarks[remark as usize % WORDS.remarks.len()],
        }
    }
}

impl Product {
    fn draw(code: String, dice: &mut Dice) -> Self {
        let words = &*WORDS;
        let noun = dice.pick(&words.nouns);
        let colour = dice.pick_common(&words.colours);
        let mut text = match dice.below(4) {
            0 => format!("{} {} {noun}", dice.pick_common(&words.qualities), dice.pick(&words.materials)),
            1 => format!("{colour} {} {noun}", dice.pick(&words.materials)),
            2 => format!("{} {colour} {noun}", dice.pick_common(&words.qualities)),
            _ => format!("{} {noun} {}", dice.pick_common(&words.qualities), dice.pick(&words.tails)),
        };
        if dice.per_mille(150) {
            text = format!("{} {text}", dice.pick_common(&words.packs));
        }
        if dice.per_mille(60) {
            text = format!("{text}, {}", dice.pick(&words.tails));
        }
        let second = if dice.per_mille(500) { format!("{text} {colour}") } else { format!("{text} NEW") };
        let reworded = dice.per_mille(120).then(|| Day::of(2011, 1, 4).plus(dice.steps(300)));
        Self { code, wordings: [text, second], reworded, price: dice.weighted(&PRICES) }
    }

    fn special(code: &str, name: &str, price: i64) -> Self {
        Self { code: code.to_owned(), wordings: [name.to_owned(), format!("{name} NEW")], reworded: None, price }
    }
}

/// How many warehouse notes there are.
pub(crate) fn remarks() -> u32 {
    u32::try_from(WORDS.remarks.len()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_look_like_merchandise() {
        let catalogue = Catalogue::draw(1_000_000, 3);
        assert_eq!(catalogue.merchandise(), MOST);
        let codes: BTreeSet<&str> = catalogue.products.iter().map(|product| product.code.as_str()).collect();
        assert_eq!(codes.len(), catalogue.products.len());
        for product in &catalogue.products[..MOST as usize] {
            let (digits, letters) = product.code.split_at(5);
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", product.code);
            assert!(letters.len() <= 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase()), "{}", product.code);
        }
        for product in &catalogue.products {
            assert_ne!(product.wordings[0], product.wordings[1]);
            assert_eq!(product.wordings[0].trim(), product.wordings[0]);
            assert!(product.wordings[1].chars().all(|sign| u32::from(sign) < 256), "{}", product.wordings[1]);
        }
        assert!(catalogue.products.iter().any(|product| !product.wordings[0].is_ascii()));
    }

    #[test]
    fn few_customers_still_have_a_shop() {
        assert_eq!(Catalogue::draw(1, 3).merchandise(), FEWEST);
        assert_eq!(Catalogue::draw(5_000, 3).merchandise(), 1_000);
    }
}
