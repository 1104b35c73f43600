//! A scratch folder with made-up people, whose truth is known.

use std::{fmt::Write as _, fs, path::PathBuf};

use kernel::Cancel;
use resolution::{Clusters, DedupeRequest, Input, ResolutionError, Watch};
use tempfile::TempDir;

/// First name, last name, born, town, e-mail, phone: one line a person.
const PEOPLE: [[&str; 6]; 12] = [
    ["Margaret", "Holloway", "1951-03-09", "Leeds", "m.holloway@mail.test", "01132496000"],
    ["Tobias", "Grünwald", "1988-11-30", "Köln", "t.gruenwald@mail.test", "02214710000"],
    ["Aisha", "Rahman", "1992-07-21", "Bradford", "aisha.rahman@mail.test", "01274432000"],
    ["Peter", "Novak", "1976-01-15", "Praha", "novak76@mail.test", "02221611111"],
    ["Chiara", "Bianchi", "1983-05-02", "Torino", "c.bianchi@mail.test", "01151234567"],
    ["Desmond", "Okafor", "1969-12-24", "Leeds", "d.okafor@mail.test", "01132461111"],
    ["Ingrid", "Solberg", "1995-09-17", "Bergen", "isolberg@mail.test", "05555664400"],
    ["Walter", "Schneider", "1947-06-08", "Köln", "w.schneider@mail.test", "02219876543"],
    ["Fatima", "Elmasri", "1980-02-28", "Cairo", "f.elmasri@mail.test", "02279481000"],
    ["Hugh", "Pemberton", "1958-10-05", "York", "hugh.p@mail.test", "01904551550"],
    ["Lucia", "Fernandez", "1990-04-11", "Sevilla", "lucia.f@mail.test", "09544700000"],
    ["Oscar", "Lindqvist", "1973-08-19", "Malmo", "oscar.l@mail.test", "04034100000"],
];

/// A record of the made-up file: its id, the person it is of, its line.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) person: usize,
    pub(crate) line: String,
}

/// Sixty people with two or three records each: the twelve above and mixtures of them, with a typo or a gap in every copy.
pub(crate) fn people() -> Vec<Row> {
    let mut rows = Vec::new();
    for person in 0..60 {
        // Five families of mixtures: another first name, another day, another address.
        let (base, turn) = (person % 12, person / 12);
        let mut fields: Vec<String> = PEOPLE[base].iter().map(|&field| field.to_owned()).collect();
        if turn > 0 {
            PEOPLE[(base + turn) % 12][0].clone_into(&mut fields[0]);
            fields[2] = format!("{}-0{}-1{}", 1940 + person, 1 + base % 9, turn);
            fields[4] = format!("{}{}@mail.test", &fields[5][..3], 100 + person);
            fields[5] = format!("0{}", 700_000_000 + 7_919 * person);
        }
        for copy in 0..2 + person % 2 {
            let mut fields = fields.clone();
            match copy {
                1 => fields[(person + 1) % 2].truncate(4),
                2 => fields[4 + person % 2].clear(),
                _ => {}
            }
            rows.push(Row { id: format!("r{}", rows.len()), person, line: fields.join(",") });
        }
    }
    rows
}

/// The same in an order by chance.
pub(crate) fn shuffled<T: Clone>(given: &[T], seed: u64) -> Vec<T> {
    let mut other = given.to_vec();
    let mut state = seed;
    for at in (1..other.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        other.swap(at, usize::try_from(state >> 33).expect("31 bits") % (at + 1));
    }
    other
}

/// A scratch folder.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// Writes rows as `people.csv` and asks for their clusters.
    pub(crate) fn people(&self, rows: &[Row]) -> DedupeRequest {
        let mut text = "key,first_name,last_name,dob,city,email,phone\n".to_owned();
        for row in rows {
            writeln!(text, "{},{}", row.id, row.line).expect("room");
        }
        self.asked("people.csv", &text)
    }

    /// Writes a file and asks for its clusters by `auto`; its id is `key`.
    pub(crate) fn asked(&self, name: &str, text: &str) -> DedupeRequest {
        let input = Input::file(self.write(name, text), "key".to_owned());
        DedupeRequest { input, model: "auto".to_owned(), ignore: Vec::new(), previous: None }
    }
}

/// Does some work that nobody watches.
pub(crate) fn unwatched<T>(work: impl FnOnce(&Watch<'_>) -> T) -> T {
    work(&Watch::new(&Cancel::default(), &|_| {}))
}

pub(crate) fn dedupe(request: &DedupeRequest) -> Result<Clusters, ResolutionError> {
    unwatched(|watch| resolution::dedupe(request, watch))
}

/// The groups as sets of the rows' contents: the same for the same partition, whatever ids and order are.
pub(crate) fn partition(clusters: &Clusters, rows: &[Row]) -> Vec<Vec<String>> {
    let mut groups: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for (row, name) in rows.iter().zip(&clusters.names) {
        groups.entry(name).or_default().push(format!("{} {}", row.person, row.line));
    }
    let mut groups: Vec<Vec<String>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_unstable();
    groups
}
