//! The report: nothing foreign gets in as markup, the words fit the run, pictures hold everything once.

use kernel::Timestamp;
use serde_json::json;

use super::{
    balance, figures,
    markup::{cut, cut_start, text},
    render,
    sample::{Sample, fault, file},
    verdict::sentence,
};
use crate::{AssetState, FileState, RunState};

const HOSTILE: &str = "</style><script>alert('x\"&')</script>\u{202e}\0";

fn times(page: &str, part: &str) -> usize {
    page.matches(part).count()
}

#[test]
fn foreign_text_never_becomes_markup() {
    let mut sample = Sample::failed();
    let hostile = HOSTILE.to_owned();
    let summary = &mut sample.summary;
    summary.project.clone_from(&hostile);
    summary.files[0].path.clone_from(&hostile);
    summary.files[0].source.clone_from(&hostile);
    summary.files[0].sha256.clone_from(&hostile);
    summary.reconciliations[0].reasons.push((hostile.clone(), 7));
    summary.reconciliations[0].rejects.clone_from(&hostile);
    let mut bad = fault();
    (bad.code, bad.message) = (hostile.clone(), hostile.clone());
    (bad.place, bad.why, bad.remedy) = (Some(hostile.clone()), Some(hostile.clone()), Some(hostile.clone()));
    summary.assets[4].fault = Some(bad);
    summary.assets[4].kind.clone_from(&hostile);
    let check = &mut summary.checks[2];
    check.success = false;
    (check.expectation, check.kind, check.severity) = (hostile.clone(), hostile.clone(), hostile.clone());
    (check.observed, check.description) = (Some(hostile.clone()), Some(hostile.clone()));
    check.columns = vec![hostile.clone()];
    check.samples = vec![json!({HOSTILE: HOSTILE, "list": [HOSTILE], "nothing": null})];
    sample.assets[4].asset.clone_from(&hostile);
    sample.assets[4].description = Some(hostile.clone());
    (sample.assets[5].owner, sample.assets[5].tags) = (Some(hostile.clone()), vec![hostile.clone()]);
    let edges = sample.columns.get_mut("gold.fact_sale").unwrap();
    edges[0].0.clone_from(&hostile);
    (edges[0].1[0].asset, edges[0].1[0].column) = (hostile.clone(), hostile.clone());

    let page = render(&sample.material());
    assert_eq!(times(&page, "<script"), 0);
    assert_eq!(times(&page, "</style>"), 2, "the page's own and that of the flow");
    assert_eq!(page.matches(['\0', '\u{202e}']).count(), 0);
    assert!(times(&page, "&lt;script&gt;alert(&#39;x&quot;&amp;&#39;)&lt;/script&gt;") > 20);
}

#[test]
fn text_is_escaped_and_cut_by_signs_and_not_by_bytes() {
    assert_eq!(text("a<b>\"c\"&'d'\u{1b}").to_string(), "a&lt;b&gt;&quot;c&quot;&amp;&#39;d&#39;\u{fffd}");
    assert_eq!((cut("Müller", 6), cut("Müller", 4)), ("Müller".to_owned(), "Mül…".to_owned()));
    assert_eq!((cut_start("a/ü.csv", 7), cut_start("a/ü.csv", 6)), ("a/ü.csv".to_owned(), "…ü.csv".to_owned()));
}

#[test]
fn the_verdict_says_plainly_how_the_run_ended() {
    let said = |sample: &Sample| {
        let said = sentence(&sample.summary);
        format!("{} | {} | {}", said.tone, said.headline, said.detail)
    };
    let mut sample = Sample::retail();
    let sums = "541,909 rows in, 534,129 kept, 2,512 set aside, 5,268 duplicates.";
    assert_eq!(said(&sample), format!("ok | Everything holds | {sums}"));

    let warns = &mut sample.summary.checks[3];
    (warns.success, warns.severity) = (false, "warn".to_owned());
    assert_eq!(said(&sample), format!("warn | Done, with 1 warning | {sums}"));

    let mut idle = Sample::retail();
    idle.summary.assets.iter_mut().for_each(|asset| asset.state = AssetState::Unchanged);
    idle.summary.reconciliations.clear();
    assert_eq!(said(&idle), "ok | Nothing new, everything holds | 19 assets made or up to date.");

    assert_eq!(
        said(&Sample::failed()),
        "bad | 2 assets failed | 2 rules of severity error do not hold. 4 assets below were not made. What was committed \
         before stays as it was."
    );

    let mut unread = Sample::retail();
    unread.summary.state = RunState::Failed;
    unread.summary.files[0].state = FileState::Failed;
    assert_eq!(said(&unread), "bad | 1 file could not be loaded | What was committed before stays as it was.");

    let mut stopped = Sample::retail();
    stopped.summary.state = RunState::Cancelled;
    stopped.summary.assets[5..].iter_mut().for_each(|asset| asset.state = AssetState::Cancelled);
    assert_eq!(
        said(&stopped),
        "warn | Stopped on request, 5 of 19 assets done | What was committed stays. The next run does the rest."
    );
}

#[test]
fn the_flow_has_each_asset_once_and_each_line() {
    let sample = Sample::retail();
    let page = render(&sample.material());
    for (index, asset) in sample.assets.iter().enumerate() {
        assert_eq!(times(&page, &format!(r#"<a class="node n{index} "#)), 1, "{}", asset.asset);
        assert_eq!(times(&page, &format!("<title>{}: ", asset.asset)), 1, "{}", asset.asset);
    }
    let mut lines = 0;
    for (child, parents) in &sample.parents {
        for parent in parents {
            assert_eq!(times(&page, &format!("<title>{parent} → {child}</title>")), 1);
            lines += 1;
        }
    }
    assert_eq!(times(&page, " → "), lines + 1, "the lines, and the head of the balance");
}

#[test]
fn an_asset_that_is_not_part_of_the_run_is_pale_and_leads_nowhere() {
    let mut sample = Sample::retail();
    sample.summary.assets.retain(|asset| asset.asset != "gold.rfm_segments");
    sample.summary.checks.retain(|check| check.asset != "gold.rfm_segments");
    let page = render(&sample.material());
    assert_eq!(times(&page, r#"<g class="node n14 absent""#), 1);
    assert_eq!(times(&page, "asset-gold-rfm_segments"), 0);
    assert!(page.contains("1 asset not part of this run is pale."));
}

#[test]
fn a_circle_and_a_line_backwards_are_drawn_and_do_not_hang() {
    let mut sample = Sample::retail();
    sample
        .parents
        .insert("bronze.sales_raw".to_owned(), vec!["mart.customer_360".to_owned(), "bronze.sales_raw".to_owned()]);
    let page = render(&sample.material());
    assert_eq!(times(&page, "<title>mart.customer_360 → bronze.sales_raw</title>"), 1);
}

#[test]
fn boxes_of_the_flow_do_not_overlap() {
    let page = render(&Sample::retail().material());
    let number = |part: &str, name: &str| {
        let rest = part.split(&format!("{name}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    let boxes: Vec<(f64, f64)> =
        page.split(r#"<rect class="box""#).skip(1).map(|part| (number(part, " x"), number(part, " y"))).collect();
    assert_eq!(boxes.len(), 19);
    for (index, (x, y)) in boxes.iter().enumerate() {
        for (other_x, other_y) in &boxes[index + 1..] {
            assert!(
                (x - other_x).abs() >= 120.0 || (y - other_y).abs() >= 57.9,
                "({x}, {y}) and ({other_x}, {other_y})"
            );
        }
    }
}

#[test]
fn shares_add_up_to_a_hundred_percent() {
    let cases: [&[u64]; 6] = [
        &[534_129, 2_512, 5_268],
        &[1, 1, 1],
        &[1, 1, 1, 1, 1, 1, 1],
        &[0, 0, 9],
        &[u64::MAX, u64::MAX, 1],
        &[999_999_999, 1, 0],
    ];
    for case in cases {
        assert_eq!(figures::shares(case).iter().sum::<u32>(), figures::WHOLE, "{case:?}");
    }
    assert_eq!(figures::shares(&[0, 0]), [0, 0]);
    assert_eq!(figures::shares(&[534_129, 2_512, 5_268]), [9_857, 46, 97]);
}

#[test]
fn the_stacked_bar_is_as_long_as_its_place() {
    let bar =
        balance::stacked(&[("Kept", "kept", 534_129), ("Set aside", "aside", 2_512), ("Duplicates", "double", 5_268)]);
    let places = [r#"x="0.00%" width="98.57%""#, r#"x="98.57%" width="0.46%""#, r#"x="99.03%" width="0.97%""#];
    assert!(places.iter().all(|place| bar.contains(place)), "{bar}");
}

#[test]
fn rows_that_do_not_add_up_are_shown_as_lost() {
    let mut sample = Sample::retail();
    let balance = &mut sample.summary.reconciliations[0];
    (balance.holds, balance.kept) = (false, 534_100);
    let page = render(&sample.material());
    assert!(page.contains("does not add up"));
    assert!(page.contains("<title>Unaccounted for: 29</title>"));
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!([0, 999, 1_000, 541_909, 1_000_000].map(figures::number), ["0", "999", "1,000", "541,909", "1,000,000"]);
    let sizes = [0, 999, 1_000, 45_580_638, 1_999_999_999];
    assert_eq!(sizes.map(figures::size), ["0 B", "999 B", "1.0 kB", "45.5 MB", "1.9 GB"]);
    let times = [0, 999, 1_000, 3_429, 125_000, 3_720_000];
    assert_eq!(times.map(figures::duration), ["0 ms", "999 ms", "1.00 s", "3.42 s", "2 min 05 s", "1 h 02 min"]);
    let parts = [(0, 0), (0, 7), (7, 7), (1, 2), (1, 1_000_000), (999_999, 1_000_000), (1, 3)];
    let shares = ["0%", "0%", "100%", "50%", "&lt;0.01%", "99.99%", "33.33%"];
    assert_eq!(parts.map(|(part, whole)| figures::percent(part, whole)), shares);
    let moment = figures::moment(Timestamp(1_763_716_350_123_456));
    assert_eq!(moment, r#"<time datetime="2025-11-21T09:12:30.123456Z">2025-11-21 09:12:30 UTC</time>"#);
}

#[test]
fn the_same_run_gives_the_same_page_and_nothing_is_loaded_from_elsewhere() {
    for sample in [Sample::retail(), Sample::failed()] {
        let page = render(&sample.material());
        assert_eq!(page, render(&sample.material()));
        for part in ["http://", "https://", "src=", "@import", "url(", "<link"] {
            assert_eq!(times(&page, part), 0, "{part}");
        }
    }
}

#[test]
fn trouble_comes_first_and_cards_with_trouble_are_open() {
    let page = render(&Sample::failed().material());
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is missing"));
    assert!(at("What needs attention") < at("How the data flowed"));
    assert!(page.contains("models/gold/dim_customer.sql:14"));
    assert!(page.contains("grayghost explain lakehouse.bad_sql"));
    assert_eq!(times(&page, r#"<details class="card" open>"#), 2);
    assert!(page.contains(r#"<td class="null">NULL</td>"#));
    assert_eq!(times(&render(&Sample::retail().material()), "What needs attention"), 0);
}

#[test]
fn what_was_never_made_is_not_called_empty_or_without_rules() {
    let mut sample = Sample::retail();
    sample.summary.checks.retain(|check| check.asset != "gold.top_products");
    let asset = sample.summary.assets.iter_mut().find(|asset| asset.asset == "gold.top_products").unwrap();
    (asset.state, asset.version, asset.rows_total) = (AssetState::Skipped, None, 0);
    let page = render(&sample.material());
    assert!(page.contains("gold.top_products: not made, no rows yet"));
    assert_eq!((times(&page, "not checked"), times(&page, ">no rules<")), (1, 2), "two views have no rules");
}

#[test]
fn a_page_stays_below_a_megabyte_when_every_rule_fails_and_hundreds_of_files_came() {
    let mut sample = Sample::failed();
    let row = json!({"a": "x".repeat(500), "b": "y".repeat(500), "c": 1, "d": null, "e": "z".repeat(500)});
    for check in &mut sample.summary.checks {
        check.success = false;
        check.unexpected = 1_000;
        check.samples = vec![row.clone(); 50];
    }
    sample.summary.files = (0..305).map(|day| file(&format!("days/{day:03}.csv"), FileState::Loaded, 1_776)).collect();
    sample.summary.files[304].state = FileState::Failed;
    let page = render(&sample.material());
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert_eq!((times(&page, "days/304.csv") > 0, times(&page, "days/303.csv")), (true, 0));
    assert!(page.contains("50 of 305 files"));
}

#[test]
fn an_empty_run_is_a_page_too() {
    let mut sample = Sample::retail();
    let summary = &mut sample.summary;
    summary.files.clear();
    summary.assets.clear();
    summary.checks.clear();
    summary.reconciliations.clear();
    sample.assets.clear();
    let page = render(&sample.material());
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert_eq!(times(&page, "<section"), 0);
}
