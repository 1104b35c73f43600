//! Who stands above whom in a column, so that few lines cross: the barycentre method, best of some sweeps.

use super::layout::Item;

/// Sweeps to and fro; more find nothing better on the projects tried.
const SWEEPS: usize = 24;

/// For each column from left to right: its items from top to bottom.
pub(super) type Order = Vec<Vec<usize>>;

/// Finds an order. The same input gives the same order.
pub(super) fn order(items: &[Item], links: &[(usize, usize)]) -> Order {
    let columns = items.iter().map(|item| item.column + 1).max().unwrap_or_default();
    let mut order: Order = vec![Vec::new(); columns];
    for (index, item) in items.iter().enumerate() {
        order[item.column].push(index);
    }
    let mut best = order.clone();
    let mut fewest = crossings(&best, items.len(), links);
    for sweep in 0..SWEEPS {
        let rightwards = sweep % 2 == 0;
        let path: Vec<usize> = if rightwards { (0..columns).collect() } else { (0..columns).rev().collect() };
        for column in path {
            sort_column(&mut order, column, items.len(), links, rightwards);
        }
        let found = crossings(&order, items.len(), links);
        if found < fewest {
            (best, fewest) = (order.clone(), found);
        }
    }
    best
}

/// Place of each item in its column.
fn places(order: &Order, items: usize) -> Vec<f64> {
    let mut places = vec![0.0; items];
    for column in order {
        let mut place = 0.0;
        for item in column {
            places[*item] = place;
            place += 1.0;
        }
    }
    places
}

/// Puts a column in the order of the mean places of its neighbours on one side; who has none stays where it is.
fn sort_column(order: &mut Order, column: usize, items: usize, links: &[(usize, usize)], rightwards: bool) {
    let places = places(order, items);
    let wish = |item: usize| {
        let (mut sum, mut found) = (0.0, 0.0);
        for (left, right) in links {
            let (mine, other) = if rightwards { (right, left) } else { (left, right) };
            if *mine == item {
                sum += places[*other];
                found += 1.0;
            }
        }
        if found > 0.0 { sum / found } else { places[item] }
    };
    let mut wishes: Vec<(f64, usize)> = order[column].iter().map(|item| (wish(*item), *item)).collect();
    wishes.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    order[column] = wishes.into_iter().map(|(_, item)| item).collect();
}

/// Pairs of links between the same two columns that cross.
fn crossings(order: &Order, items: usize, links: &[(usize, usize)]) -> usize {
    let places = places(order, items);
    let mut column_of = vec![0; items];
    for (index, column) in order.iter().enumerate() {
        for item in column {
            column_of[*item] = index;
        }
    }
    let mut found = 0;
    for (index, (left, right)) in links.iter().enumerate() {
        for (other_left, other_right) in &links[index + 1..] {
            let same = column_of[*left] == column_of[*other_left];
            let turned = (places[*left] - places[*other_left]) * (places[*right] - places[*other_right]) < 0.0;
            found += usize::from(same && turned);
        }
    }
    found
}
