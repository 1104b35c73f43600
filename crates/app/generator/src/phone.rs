//! Telephone numbers and the many ways of writing one.
//!
//! The digits behind the area are random: a number may be assigned to somebody, so do not dial it.

use crate::{
    dice::Dice,
    geography::{Address, Country},
};

/// One number.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    country: &'static Country,
    /// Without the trunk digit.
    national: String,
}

impl Phone {
    /// A mobile number of the country.
    pub(crate) fn mobile(country: &'static Country, dice: &mut Dice) -> Self {
        Self { country, national: dice.fill(country.mobile) }
    }

    /// A land line where the address is.
    pub(crate) fn fixed(home: &Address, dice: &mut Dice) -> Self {
        let mut national = home.town.area.to_owned();
        while national.len() < home.country.digits {
            national.push(dice.digit());
        }
        Self { country: home.country, national }
    }

    /// As it is kept by a tidy system: `+447700900123`.
    pub(crate) fn international(&self) -> String {
        format!("+{}{}", self.country.calling_code, self.national)
    }

    /// As somebody types it.
    pub(crate) fn as_typed(&self, dice: &mut Dice) -> String {
        let (code, trunk, digits) = (self.country.calling_code, self.country.trunk, &self.national);
        let (head, tail) = digits.split_at(digits.len().min(4));
        let (middle, end) = tail.split_at(tail.len() / 2);
        match dice.below(9) {
            0 => format!("+{code} {head} {tail}"),
            1 => format!("+{code} ({trunk}){head} {tail}"),
            2 => format!("00{code}{digits}"),
            3 => format!("{trunk}{digits}"),
            4 => format!("{trunk}{head} {middle} {end}"),
            5 => format!("{trunk}{head}-{tail}"),
            6 => format!("({trunk}{head}) {tail}"),
            7 => format!("{trunk}{head}/{tail}"),
            _ => format!("{code}{digits}"),
        }
    }
}
