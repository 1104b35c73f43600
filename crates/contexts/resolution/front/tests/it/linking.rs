//! Links between two files.

use std::fmt::Write as _;

use std::collections::BTreeSet;

use resolution::{Input, LinkRequest, Linked, Partners};

use crate::bench::{Bench, unwatched};

const GOODS: [&str; 10] = [
    "camera",
    "printer",
    "turntable",
    "headphones",
    "keyboard",
    "monitor",
    "speaker",
    "router",
    "scanner",
    "projector",
];
const MAKERS: [&str; 6] = ["Sonara", "Brightline", "Kestrel", "Odeon", "Pallas", "Quantor"];

/// Two shops' words for sixty goods; the second calls its columns otherwise and sells ten more.
fn shops(bench: &Bench, partners: Partners) -> LinkRequest {
    let (mut ours, mut theirs) = ("id,title,price\n".to_owned(), "sku,name,cost\n".to_owned());
    for at in 0..60 {
        let (what, maker) = (GOODS[at % 10], MAKERS[at / 10]);
        let model = format!("{}{}", &what[..2].to_uppercase(), 1_000 + 137 * at);
        writeln!(ours, "a{at},{maker} {what} {model} black with stand,{}.50", 20 + 3 * at).expect("room");
        writeln!(theirs, "b{at},{} {model} {what},{}.00", maker.to_uppercase(), 20 + 3 * at).expect("room");
    }
    for at in 60..70 {
        writeln!(theirs, "b{at},Vantor {} VX{} silver,{}.00", GOODS[at % 10], 9 * at, 500 + at).expect("room");
    }
    LinkRequest {
        left: Input::file(bench.write("ours.csv", &ours), "id".to_owned()),
        right: Input::file(bench.write("theirs.csv", &theirs), "sku".to_owned()),
        model: "auto".to_owned(),
        ignore: Vec::new(),
        partners,
    }
}

fn links(request: &LinkRequest) -> Linked {
    unwatched(|watch| resolution::link_files(request, watch)).expect("links")
}

#[test]
fn files_with_other_headers_are_linked_one_to_one() {
    let bench = Bench::new();
    let linked = links(&shops(&bench, Partners::One));
    let right = linked.links.iter().filter(|link| link.a[1..] == link.b[1..]).count();
    assert!(right >= 57 && linked.links.len() <= right + 2, "{right} of {}: {:?}", linked.links.len(), linked.links);
    let (a, b): (BTreeSet<&str>, BTreeSet<&str>) =
        linked.links.iter().map(|link| (link.a.as_str(), link.b.as_str())).unzip();
    assert_eq!((a.len(), b.len()), (linked.links.len(), linked.links.len()), "a record has one partner");
    assert!(linked.links.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
}

#[test]
fn links_are_written_with_weight_and_probability() {
    let bench = Bench::new();
    let linked = links(&shops(&bench, Partners::One));
    let out = bench.path("links.csv");
    linked.write(&out).expect("written");
    let text = std::fs::read_to_string(out).expect("a file");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id_a,id_b,weight,probability"));
    let first: Vec<&str> = lines.next().expect("a link").split(',').collect();
    let (weight, probability): (f64, f64) = (first[2].parse().expect("bits"), first[3].parse().expect("a share"));
    assert!((1.0 / (1.0 + (-weight).exp2()) - probability).abs() < 1e-4, "{first:?}");
    assert_eq!(lines.count() + 1, linked.links.len());
}
