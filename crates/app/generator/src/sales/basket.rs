//! What happens at the till: who buys how much of what, who brings it back, what is written off.
//!
//! Sizes, quantities and the mix of events are those of the Online Retail data set (Chen 2015, doi 10.24432/C5BW33,
//! CC BY 4.0), counted and rounded, with one difference: baskets are about half as long, so that twenty lines a customer
//! are several invoices.

use crate::{
    civil::Day,
    dice::{Dice, Subject},
    geography::UNITED_KINGDOM,
    people::Population,
    permutation::Permutation,
    sales::{
        catalogue::{Catalogue, Wording, remarks},
        invoice::{Flaw, Invoice, Kind, Line, Sale},
    },
};

#[derive(Debug, Clone, Copy)]
enum Event {
    /// By a known customer.
    Purchase,
    /// By somebody unknown: one thing, or a whole day of small sales in one invoice.
    Anonymous,
    Return,
    /// Stock that is gone or found, at no price.
    StockCorrection,
    BadDebt,
}

/// Of 10,000 invoices.
const EVENTS: [(u32, Event); 5] = [
    (7_100, Event::Purchase),
    (1_320, Event::Anonymous),
    (1_300, Event::Return),
    (273, Event::StockCorrection),
    (7, Event::BadDebt),
];
const PURCHASE_LINES: [(u32, u32); 9] =
    [(0, 1), (120, 1), (250, 2), (500, 6), (750, 12), (900, 22), (950, 30), (990, 53), (1_000, 110)];
const ANONYMOUS_LINES: [(u32, u32); 8] =
    [(0, 1), (550, 1), (700, 5), (800, 20), (900, 60), (960, 90), (990, 160), (1_000, 400)];
const RETURN_LINES: [(u32, u32); 6] = [(0, 1), (550, 1), (750, 2), (900, 4), (980, 10), (1_000, 30)];
const QUANTITIES: [(u32, i32); 22] = [
    (1_480, 1),
    (818, 2),
    (371, 3),
    (385, 4),
    (118, 5),
    (409, 6),
    (29, 7),
    (131, 8),
    (20, 9),
    (223, 10),
    (611, 12),
    (43, 16),
    (18, 18),
    (50, 20),
    (240, 24),
    (51, 25),
    (12, 30),
    (38, 36),
    (61, 48),
    (19, 72),
    (18, 96),
    (18, 144),
];
const ANONYMOUS_QUANTITIES: [(u32, i32); 6] = [(62, 1), (18, 2), (8, 3), (6, 4), (4, 6), (2, 12)];
const ANONYMOUS_COUNTRIES: [(u32, &str); 8] = [
    (940, "United Kingdom"),
    (20, "EIRE"),
    (12, "Unspecified"),
    (8, "Hong Kong"),
    (8, "Channel Islands"),
    (6, "Portugal"),
    (3, "RSA"),
    (3, "European Community"),
];
/// From so many pieces the price is lower.
const BULK_QUANTITY: i32 = 24;
/// Lines that can be brought back are remembered for so long.
const MEMORY: usize = 4_096;
/// Per mille of lines that are written twice.
const DOUBLED: u32 = 10;

/// A line that a customer may bring back.
#[derive(Clone, Copy)]
struct Bought {
    number: u32,
    customer: u64,
    country: &'static str,
    sale: Sale,
}

/// The till.
pub(crate) struct Till<'a> {
    dice: Dice,
    catalogue: &'a Catalogue,
    population: &'a Population,
    /// Rank in eagerness to person.
    buyers: Permutation,
    next_number: u32,
    bought: Vec<Bought>,
    bought_at: usize,
    /// The last invoice with a product, so that a basket seldom holds one twice.
    last_in: Vec<u32>,
}

impl<'a> Till<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, population: &'a Population, seed: u64) -> Self {
        let people = u64::from(population.roster.entities());
        Self {
            dice: Dice::new(seed, Subject::Sales, 0),
            catalogue,
            population,
            buyers: Permutation::new(people, &mut Dice::new(seed, Subject::Buyers, 0)),
            next_number: 510_001,
            bought: Vec::with_capacity(MEMORY),
            bought_at: 0,
            last_in: vec![0; catalogue.merchandise() as usize],
        }
    }

    /// The minutes of a day's invoices, in order.
    pub(crate) fn minutes(&mut self, count: u64) -> Vec<u32> {
        let mut minutes: Vec<u32> = (0..count).map(|_| super::calendar::minute(&mut self.dice)).collect();
        minutes.sort_unstable();
        minutes
    }

    /// The next invoice.
    pub(crate) fn ring_up(&mut self, day: Day, minute: u32) -> Invoice {
        let event = self.dice.weighted(&EVENTS);
        let mut invoice = self.blank(day, minute);
        match event {
            Event::Return if !self.bought.is_empty() => self.take_back(&mut invoice),
            Event::Purchase | Event::Return => self.sell(&mut invoice),
            Event::Anonymous => self.sell_unknown(&mut invoice),
            Event::StockCorrection => self.correct_stock(&mut invoice),
            Event::BadDebt => self.adjust(&mut invoice),
        }
        self.spoil(&mut invoice);
        invoice
    }

    /// An invoice that writes off a debt; one ends every file, so that small ones have one too.
    pub(crate) fn write_off(&mut self, day: Day) -> Invoice {
        let mut invoice = self.blank(day, 20 * 60 + 30);
        self.adjust(&mut invoice);
        invoice
    }

    fn blank(&mut self, day: Day, minute: u32) -> Invoice {
        let number = self.next_number;
        self.next_number += 1;
        let country = UNITED_KINGDOM.sales_name;
        Invoice { number, kind: Kind::Sale, day, minute, customer: None, country, lines: Vec::new() }
    }

    fn sell(&mut self, invoice: &mut Invoice) {
        let rank = self.dice.skewed(self.population.roster.entities());
        let person = u32::try_from(self.buyers.at(u64::from(rank))).unwrap_or(0);
        let customer = self.population.account_of(person, &mut self.dice);
        let country = self.population.country_of(person).sales_name;
        (invoice.customer, invoice.country) = (Some(customer), country);
        for _ in 0..self.dice.quantile(&PURCHASE_LINES).min(self.catalogue.merchandise() / 4) {
            let product = self.product(invoice.number);
            let quantity = self.dice.weighted(&QUANTITIES);
            let price = self.catalogue.product(product).price;
            // To the penny, but never to nothing.
            let price = if quantity >= BULK_QUANTITY { (price * 85 / 100 / 10 * 10).max(10) } else { price };
            let sale = Sale { product, wording: self.wording(product, invoice.day), quantity, price };
            self.remember(Bought { number: invoice.number, customer, country, sale });
            invoice.lines.push(Line { sale, flaw: Flaw::None });
        }
        if country != UNITED_KINGDOM.sales_name && self.dice.per_mille(400) {
            let postage = self.catalogue.postage();
            let quantity = self.dice.weighted(&[(6, 1), (2, 2), (1, 3), (1, 4)]);
            let price = self.catalogue.product(postage).price;
            invoice.lines.push(Line::plain(Sale { product: postage, wording: Wording::First, quantity, price }));
        }
        if self.dice.per_mille(8) {
            let price = i64::from(self.dice.between(50, 9_000)) * 10;
            let product = self.catalogue.manual();
            invoice.lines.push(Line::plain(Sale { product, wording: Wording::First, quantity: 1, price }));
        }
    }

    fn sell_unknown(&mut self, invoice: &mut Invoice) {
        invoice.country = self.dice.weighted(&ANONYMOUS_COUNTRIES);
        for _ in 0..self.dice.quantile(&ANONYMOUS_LINES).min(self.catalogue.merchandise() / 4) {
            let product = self.product(invoice.number);
            let quantity = self.dice.weighted(&ANONYMOUS_QUANTITIES);
            // Single pieces cost about twice the trade price.
            let price = self.catalogue.product(product).price * 196 / 100 / 10 * 10;
            let wording = self.wording(product, invoice.day);
            invoice.lines.push(Line::plain(Sale { product, wording, quantity, price }));
        }
    }

    fn take_back(&mut self, invoice: &mut Invoice) {
        let start = self.dice.below(u32::try_from(self.bought.len()).unwrap_or(u32::MAX)) as usize;
        let first = self.bought[start];
        invoice.kind = Kind::Return;
        (invoice.customer, invoice.country) = (Some(first.customer), first.country);
        if self.dice.per_mille(20) {
            let price = i64::from(self.dice.between(100, 6_000)) * 10;
            let product = self.catalogue.discount();
            invoice.lines.push(Line::plain(Sale { product, wording: Wording::First, quantity: -1, price }));
            return;
        }
        let count = self.dice.quantile(&RETURN_LINES) as usize;
        for bought in self.bought[start..].iter().take(count).take_while(|bought| bought.number == first.number) {
            let whole = u32::try_from(bought.sale.quantity).unwrap_or(1);
            let back = if self.dice.per_mille(600) { whole } else { self.dice.between(1, whole) };
            let quantity = -i32::try_from(back).unwrap_or(1);
            invoice.lines.push(Line::plain(Sale { quantity, ..bought.sale }));
        }
    }

    fn correct_stock(&mut self, invoice: &mut Invoice) {
        let product = self.product(invoice.number);
        let wording = match self.dice.below(3) {
            0 => Wording::Missing,
            1 => Wording::Remark(self.dice.below(remarks())),
            _ => Wording::First,
        };
        let pieces = i32::try_from(self.dice.between(1, 400)).unwrap_or(1);
        let quantity = if self.dice.per_mille(700) { -pieces } else { pieces };
        let price = if self.dice.per_mille(60) { -10 } else { 0 };
        invoice.lines.push(Line::plain(Sale { product, wording, quantity, price }));
    }

    fn adjust(&mut self, invoice: &mut Invoice) {
        invoice.kind = Kind::BadDebt;
        let amount = i64::from(self.dice.between(50_000, 1_500_000)) * 10;
        let price = if self.dice.per_mille(600) { -amount } else { amount };
        let product = self.catalogue.bad_debt();
        invoice.lines.push(Line::plain(Sale { product, wording: Wording::First, quantity: 1, price }));
    }

    /// Draws what is wrong with each line, and writes some lines twice, the second time not always as tidily.
    fn spoil(&mut self, invoice: &mut Invoice) {
        let mut doubled = Vec::new();
        for line in &mut invoice.lines {
            line.flaw = Flaw::draw(&mut self.dice);
            if self.dice.per_mille(DOUBLED) {
                let flaw = if self.dice.per_mille(250) { Flaw::untidy(&mut self.dice) } else { line.flaw };
                doubled.push(Line { sale: line.sale, flaw });
            }
        }
        invoice.lines.append(&mut doubled);
    }

    /// A product by popularity, if possible one that is not on the invoice yet.
    fn product(&mut self, number: u32) -> u32 {
        let mut product = 0;
        for _ in 0..6 {
            product = self.dice.skewed(self.catalogue.merchandise());
            if self.last_in[product as usize] != number {
                break;
            }
        }
        self.last_in[product as usize] = number;
        product
    }

    fn wording(&mut self, product: u32, day: Day) -> Wording {
        if self.dice.per_mille(2) {
            return Wording::Missing;
        }
        match self.catalogue.product(product).reworded {
            Some(from) if day >= from => Wording::Second,
            _ => Wording::First,
        }
    }

    fn remember(&mut self, bought: Bought) {
        if self.bought.len() < MEMORY {
            self.bought.push(bought);
        } else {
            self.bought[self.bought_at] = bought;
            self.bought_at = (self.bought_at + 1) % MEMORY;
        }
    }
}

impl Line {
    fn plain(sale: Sale) -> Self {
        Self { sale, flaw: Flaw::None }
    }
}
