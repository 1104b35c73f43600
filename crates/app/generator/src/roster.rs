//! Which records are about which entity, and in which order they are written, without holding any of them.
//!
//! *Invariant*: neither an id nor a row's place says anything about the entity: both are permutations with keys of
//! their own.

use crate::{
    dice::{Dice, Subject},
    permutation::Permutation,
};

/// Ids are eight signs of base 32: so many different ones.
const ID_SPACE: u64 = 1 << 40;

/// How entities and records come in groups: (weight, size) tables.
pub(crate) struct Shape {
    /// Entities that have to do with each other: a household, a group of companies.
    pub(crate) groups: &'static [(u32, u8)],
    /// Records of one entity.
    pub(crate) copies: &'static [(u32, u8)],
}

/// One record: which entity it is about, and the how-manieth of that entity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) entity: u32,
    /// 0 is the entity's first record.
    pub(crate) number: u32,
    /// Number of the record among all.
    pub(crate) record: u32,
}

/// The plan of one file.
pub(crate) struct Roster {
    /// Number of the first record of each entity, and the number of records at the end.
    first: Vec<u32>,
    /// Place of each entity in its group, from 0.
    position: Vec<u8>,
    order: Permutation,
    record_ids: Permutation,
    entity_ids: Permutation,
}

impl Roster {
    pub(crate) fn plan(entities: u32, seed: u64, subject: Subject, shape: &Shape) -> Self {
        let mut dice = Dice::new(seed, subject, 0);
        let mut first = Vec::with_capacity(entities as usize + 1);
        let mut position = Vec::with_capacity(entities as usize);
        let mut records = 0_u32;
        let (mut place, mut group) = (0, 0);
        for _ in 0..entities {
            if place == group {
                (place, group) = (0, dice.weighted(shape.groups));
            }
            position.push(place);
            place += 1;
            first.push(records);
            records += u32::from(dice.weighted(shape.copies));
        }
        first.push(records);
        Self {
            first,
            position,
            order: Permutation::new(u64::from(records), &mut dice),
            record_ids: Permutation::new(ID_SPACE, &mut dice),
            entity_ids: Permutation::new(ID_SPACE, &mut dice),
        }
    }

    pub(crate) fn entities(&self) -> u32 {
        u32::try_from(self.position.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn records(&self) -> u32 {
        self.first[self.position.len()]
    }

    /// Pairs of records that are about the same entity.
    pub(crate) fn pairs(&self) -> u64 {
        self.first.windows(2).map(|pair| u64::from(pair[1] - pair[0])).map(|copies| copies * (copies - 1) / 2).sum()
    }

    /// The record that is written in a row, counting from 0.
    pub(crate) fn at_row(&self, row: u32) -> Slot {
        let record = u32::try_from(self.order.at(u64::from(row))).unwrap_or(u32::MAX);
        let after = self.first.partition_point(|first| *first <= record);
        let entity = u32::try_from(after - 1).unwrap_or(u32::MAX);
        Slot { entity, number: record - self.first[after - 1], record }
    }

    /// All records of an entity.
    pub(crate) fn records_of(&self, entity: u32) -> std::ops::Range<u32> {
        self.first[entity as usize]..self.first[entity as usize + 1]
    }

    /// The first entity of the group, and the place of this one in it.
    pub(crate) fn group_of(&self, entity: u32) -> (u32, u8) {
        let position = self.position[entity as usize];
        (entity - u32::from(position), position)
    }

    pub(crate) fn record_id(&self, record: u32) -> Id {
        Id(b'r', self.record_ids.at(u64::from(record)))
    }

    pub(crate) fn entity_id(&self, entity: u32) -> Id {
        Id(b'e', self.entity_ids.at(u64::from(entity)))
    }
}

/// An id that says nothing: a letter and eight signs of D. Crockford's base 32, in small letters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(u8, u64);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut text = [self.0; 9];
        for (place, sign) in text.iter_mut().skip(1).enumerate() {
            *sign = SIGNS[(self.1 >> (35 - 5 * place) & 31) as usize];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SHAPE: Shape = Shape { groups: &[(1, 1), (1, 3)], copies: &[(3, 1), (1, 2), (1, 6)] };

    #[test]
    fn every_record_is_written_once() {
        let roster = Roster::plan(200, 5, Subject::PeoplePlan, &SHAPE);
        let rows: Vec<Slot> = (0..roster.records()).map(|row| roster.at_row(row)).collect();
        let records: BTreeSet<u32> = rows.iter().map(|copy| copy.record).collect();
        assert_eq!(records.len(), rows.len());
        for copy in &rows {
            assert_eq!(roster.records_of(copy.entity).start + copy.number, copy.record);
            assert!(roster.records_of(copy.entity).contains(&copy.record));
        }
        let ids: BTreeSet<String> = rows.iter().map(|copy| roster.record_id(copy.record).to_string()).collect();
        assert_eq!(ids.len(), rows.len());
        assert!(ids.iter().all(|id| id.len() == 9), "{ids:?}");
    }
}
