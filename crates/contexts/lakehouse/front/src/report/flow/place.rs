//! How far down each item lies: as near to its neighbours' mean as the room in its column allows.

use super::{layout::Item, order::Order};

/// Between two boxes.
const BETWEEN_BOXES: f64 = 14.0;
/// Between a lane and a box.
const BESIDE_LANE: f64 = 10.0;
/// Between two lanes.
const BETWEEN_LANES: f64 = 8.0;
/// Rounds of moving towards the neighbours; positions hardly move after that.
const ROUNDS: usize = 40;

/// The middle of each item, pixels below the top of the highest.
pub(super) fn middles(items: &[Item], order: &Order, links: &[(usize, usize)]) -> Vec<f64> {
    let mut middles = vec![0.0; items.len()];
    for column in order {
        let wishes = vec![0.0; column.len()];
        settle(items, column, &wishes, &mut middles);
    }
    for round in 0..ROUNDS {
        for step in 0..order.len() {
            let column = &order[if round % 2 == 0 { step } else { order.len() - 1 - step }];
            let wishes: Vec<f64> = column.iter().map(|item| wish(*item, items, links, &middles)).collect();
            settle(items, column, &wishes, &mut middles);
        }
    }
    let top = items.iter().zip(&middles).map(|(item, y)| y - item.height / 2.0).fold(f64::INFINITY, f64::min);
    middles.iter().map(|y| if top.is_finite() { y - top } else { *y }).collect()
}

/// The mean of an item's neighbours on both sides. A lane listens to other lanes most, so that lines lie straight.
fn wish(item: usize, items: &[Item], links: &[(usize, usize)], middles: &[f64]) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (left, right) in links {
        let other = match item {
            mine if mine == *left => *right,
            mine if mine == *right => *left,
            _ => continue,
        };
        let weight = if items[item].is_lane() && items[other].is_lane() { 4.0 } else { 1.0 };
        sum += weight * middles[other];
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { middles[item] }
}

fn distance(above: Item, below: Item) -> f64 {
    let gap = match (above.is_lane(), below.is_lane()) {
        (true, true) => BETWEEN_LANES,
        (false, false) => BETWEEN_BOXES,
        _ => BESIDE_LANE,
    };
    f64::midpoint(above.height, below.height) + gap
}

/// A run of items that touch each other: the sum of their wishes relative to the first, how many, and where they begin.
struct Block {
    sum: f64,
    items: f64,
    first: usize,
}

impl Block {
    fn at(&self) -> f64 {
        self.sum / self.items
    }
}

/// Places a column's items as near to their wishes as their order and distances allow, by least squares: isotonic
/// regression, pool adjacent violators (Barlow et al., 1972).
fn settle(items: &[Item], column: &[usize], wishes: &[f64], middles: &mut [f64]) {
    let mut offsets = Vec::with_capacity(column.len());
    let mut offset = 0.0;
    for (index, item) in column.iter().enumerate() {
        if index > 0 {
            offset += distance(items[column[index - 1]], items[*item]);
        }
        offsets.push(offset);
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (index, (wish, offset)) in wishes.iter().zip(&offsets).enumerate() {
        let mut block = Block { sum: wish - offset, items: 1.0, first: index };
        while let Some(above) = blocks.pop_if(|above| above.at() > block.at()) {
            block = Block { sum: above.sum + block.sum, items: above.items + block.items, first: above.first };
        }
        blocks.push(block);
    }
    for (index, block) in blocks.iter().enumerate() {
        let end = blocks.get(index + 1).map_or(column.len(), |next| next.first);
        for place in block.first..end {
            middles[column[place]] = block.at() + offsets[place];
        }
    }
}
