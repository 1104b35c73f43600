//! Columns of texts, each distinct text kept once. What is costly is done once a distinct text, not once a record.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Stands for a missing value; the first distinct text of every column, empty.
pub const NULL: u32 = 0;

/// The distinct texts of a column and how many records have each.
#[derive(Debug, Clone)]
pub struct Values {
    text: String,
    ends: Vec<usize>,
    counts: Vec<u32>,
}

impl Default for Values {
    fn default() -> Self {
        Self { text: String::new(), ends: vec![0], counts: vec![0] }
    }
}

impl Values {
    /// Number of distinct texts, the missing one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no record has a text.
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// A text; empty for [`NULL`].
    pub fn text(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start..self.ends[id]]
    }

    /// How many records have it.
    pub fn count(&self, id: u32) -> u32 {
        self.counts[id as usize]
    }

    /// All ids, [`NULL`] first.
    pub fn ids(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// All texts in the order of their ids, that of [`NULL`] first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.ids().map(|id| self.text(id))
    }

    /// How many records have a text.
    pub fn filled(&self) -> u64 {
        self.counts.iter().skip(1).map(|count| u64::from(*count)).sum()
    }

    fn push(&mut self, text: &str) -> u32 {
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.counts.push(0);
        id
    }
}

/// One entry a record: the id of its text.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// The distinct texts.
    pub values: Values,
    /// Ids, one a record.
    pub ids: Vec<u32>,
}

/// Makes a column text by text.
#[derive(Debug, Default)]
pub struct ColumnBuilder {
    column: Column,
    known: HashTable<(u64, u32)>,
}

impl ColumnBuilder {
    /// Adds the text of the next record; an empty one is missing.
    pub fn push(&mut self, text: &str) {
        let id = if text.is_empty() { NULL } else { self.id_of(text) };
        self.column.values.counts[id as usize] += 1;
        self.column.ids.push(id);
    }

    fn id_of(&mut self, text: &str) -> u32 {
        let hash = xxh3_64(text.as_bytes());
        let values = &mut self.column.values;
        if let Some((_, id)) = self.known.find(hash, |(known, id)| *known == hash && values.text(*id) == text) {
            return *id;
        }
        let id = values.push(text);
        self.known.insert_unique(hash, (hash, id), |(known, _)| *known);
        id
    }

    /// The id of a text, whether or not a record has it.
    pub fn intern(&mut self, text: &str) -> u32 {
        if text.is_empty() { NULL } else { self.id_of(text) }
    }

    /// The column of the records with these ids of another column, `known` giving the id here for each id there.
    pub fn remap(mut self, ids: &[u32], known: &[u32]) -> Column {
        for id in ids {
            let id = known[*id as usize];
            self.column.values.counts[id as usize] += 1;
            self.column.ids.push(id);
        }
        self.column
    }

    /// The column.
    pub fn finish(self) -> Column {
        self.column
    }
}

impl Column {
    /// The records of several columns, one after the other.
    pub fn concat(columns: &[&Self]) -> Self {
        let mut builder = ColumnBuilder::default();
        for column in columns {
            let known: Vec<u32> = column.values.texts().map(|text| builder.intern(text)).collect();
            for id in &column.ids {
                let id = known[*id as usize];
                builder.column.values.counts[id as usize] += 1;
                builder.column.ids.push(id);
            }
        }
        builder.finish()
    }

    /// The same records in another order; ids are given anew by first occurrence, so that they depend on that order alone.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        let mut known = vec![NULL; self.values.len()];
        let mut column = Self::default();
        column.ids.reserve(order.len());
        for record in order {
            let old = self.ids[*record as usize];
            if old != NULL && known[old as usize] == NULL {
                known[old as usize] = column.values.push(self.values.text(old));
            }
            let id = known[old as usize];
            column.values.counts[id as usize] += 1;
            column.ids.push(id);
        }
        column
    }
}

impl<'a> FromIterator<&'a str> for Column {
    fn from_iter<T: IntoIterator<Item = &'a str>>(texts: T) -> Self {
        let mut builder = ColumnBuilder::default();
        texts.into_iter().for_each(|text| builder.push(text));
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_an_id_and_missing_ones_are_null() {
        let column: Column = ["ann", "", "bob", "ann"].into_iter().collect();
        assert_eq!(column.ids, [1, NULL, 2, 1]);
        assert_eq!(column.values.texts().collect::<Vec<_>>(), ["", "ann", "bob"]);
        assert_eq!((column.values.count(1), column.values.count(NULL), column.values.filled()), (2, 1, 3));
    }
}
