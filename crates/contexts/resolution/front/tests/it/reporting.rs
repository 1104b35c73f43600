//! The report, suggested blocking rules, and pairs of two files explained.

use std::fmt::Write as _;

use kernel::ProductError;
use resolution::{
    Input, LinkRequest, Partners, QualityNow, ReportRequest, Truth, explain_link, report, suggest_blocking,
};

use crate::bench::{Bench, dedupe, people, unwatched};

/// The made-up people with their truth.
fn request(bench: &Bench) -> ReportRequest {
    let rows = people();
    let truth: Vec<String> = rows.iter().map(|row| format!("{},p{}", row.id, row.person)).collect();
    let truth = Some(Truth::File(bench.write("truth.csv", &format!("id,thing\n{}\n", truth.join("\n")))));
    ReportRequest { run: bench.people(&rows), truth, examples: true }
}

#[test]
fn the_figures_of_a_report_agree_with_the_run() {
    let bench = Bench::new();
    let request = request(&bench);
    let found = unwatched(|watch| report(&request, watch)).expect("figures");
    let run = dedupe(&request.run).expect("clusters").summary;
    assert_eq!(
        (found.records, found.clusters, found.duplicated, found.largest),
        (run.records, run.clusters, run.duplicated, run.largest)
    );
    assert_eq!(found.compared, run.compared);
    assert_eq!(found.sizes.iter().map(|size| size.size * size.clusters).sum::<u64>(), run.records);
    assert_eq!(found.weights.iter().map(|bin| bin.pairs).sum::<u64>(), run.compared);
    for comparison in &found.comparisons {
        let pairs = comparison.missing_pairs + comparison.levels.iter().map(|level| level.pairs).sum::<u64>();
        assert_eq!(pairs, run.compared, "{}", comparison.column);
    }
    let own = found
        .thresholds
        .iter()
        .find(|tried| (tried.threshold - found.threshold).abs() < f32::EPSILON)
        .expect("its own");
    assert_eq!((own.clusters, own.duplicated), (run.clusters, run.duplicated));
    let measured = own.measured.expect("the truth").pairwise;
    assert!((own.expected.f1 - measured.f1).abs() < 0.1, "{own:?}");
    let told = found.quality;
    assert_eq!((told.precision, told.recall, told.measured), (Some(measured.precision), Some(measured.recall), true));
    assert!(found.unlinkable.windows(2).all(|pair| pair[0].share <= pair[1].share), "{:?}", found.unlinkable);
    assert!(found.pairs.iter().any(|pair| pair.same_cluster), "{:?}", found.pairs);
    for pair in &found.pairs {
        let sum: f32 = pair.prior + pair.parts.iter().map(|part| part.weight + part.rarity).sum::<f32>();
        assert!((sum - pair.weight).abs() < 1e-3, "{pair:?}");
    }
}

#[test]
fn where_nothing_is_grouped_no_quality_is_told_but_what_the_truth_says_is_missed() {
    let bench = Bench::new();
    let text = "key,name,city\n1,ann lee,york\n2,carl jung,leeds\n3,bob stone,hull\n4,dora pine,bath\n";
    let mut request = ReportRequest { run: bench.asked("f.csv", text), truth: None, examples: true };
    let found = unwatched(|watch| report(&request, watch)).expect("figures");
    assert_eq!((found.duplicated, found.quality), (0, QualityNow::default()));
    assert!(found.page().contains("\"quality\":{\"precision\":null,\"recall\":null,\"measured\":false}"));
    request.truth = Some(Truth::File(bench.write("truth.csv", "id,thing\n1,a\n2,a\n3,b\n4,c\n")));
    let found = unwatched(|watch| report(&request, watch)).expect("figures").quality;
    assert_eq!((found.precision, found.recall, found.measured), (None, Some(0.0), true));
    // Without the truth what is expected is told.
    request.run = bench.people(&people());
    request.truth = None;
    let found = unwatched(|watch| report(&request, watch)).expect("figures").quality;
    assert!(found.precision > Some(0.9) && found.recall > Some(0.9) && !found.measured, "{found:?}");
}

#[test]
fn the_page_is_whole_and_holds_no_values_unless_wanted() {
    let bench = Bench::new();
    let mut request = request(&bench);
    let page = unwatched(|watch| report(&request, watch)).expect("figures").page();
    assert!(
        page.contains("holloway") && page.contains("new Chart(") && !page.contains("{{"),
        "something is not filled in"
    );
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "{outside}");
    }
    request.examples = false;
    let page = unwatched(|watch| report(&request, watch)).expect("figures").page();
    assert!(!page.contains("holloway"), "a value of a record");
    assert!(!page.contains("\"r0\""), "an id of a record");
}

#[test]
fn a_value_cannot_leave_the_element_that_holds_the_data() {
    let bench = Bench::new();
    let mut text = "key,na</script>me,city\n".to_owned();
    for person in ["ann </script><script>alert(1)", "bob {{script}} ray", "cid fox", "dan hill"] {
        for copy in 0..2 {
            writeln!(text, "</script>{person} {copy},{person},leeds {person}").expect("room");
        }
    }
    let run = bench.asked("evil.csv", &text);
    let page =
        unwatched(|watch| report(&ReportRequest { run, truth: None, examples: true }, watch)).expect("figures").page();
    let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
    let read: serde_json::Value = serde_json::from_str(data).expect("whole JSON");
    assert!(read["pairs"].to_string().contains("</script>"), "{read}");
    assert_eq!(page.matches("alert(1)").count(), data.matches("alert(1)").count());
}

#[test]
fn suggested_rules_count_what_they_give_and_what_they_miss() {
    let bench = Bench::new();
    let found = unwatched(|watch| suggest_blocking(&request(&bench).run, watch)).expect("rules");
    assert!(found.all_compared && !found.rules.is_empty(), "{found:?}");
    let (mut new, mut matches) = (0, 0);
    for rule in &found.rules {
        assert!(rule.new <= rule.pairs && rule.new_matches <= rule.matches && rule.matches <= rule.pairs, "{rule:?}");
        new += rule.new;
        matches += rule.new_matches;
    }
    assert_eq!(new, found.pairs);
    let missed = found.rules.iter().map(|rule| rule.missed).collect::<Vec<f64>>();
    assert!(
        missed.windows(2).all(|pair| pair[0] >= pair[1]) && (found.missed - missed[missed.len() - 1]).abs() < 1e-12
    );
    // 60 people with two or three records: 120 pairs, all but a few of them grouped.
    #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
    let all = matches as f64 / (1.0 - found.missed);
    assert!((100.0..=130.0).contains(&all), "{all}");
}

#[test]
fn without_a_rule_all_that_is_inside_clusters_is_missed() {
    let bench = Bench::new();
    let mut text = "key,price,weight,height\n".to_owned();
    for at in 0..40 {
        for copy in ["a", "b"] {
            writeln!(text, "{copy}{at},{}.25,{}.75,{}.5", 13 + 7 * at, 900 - 11 * at, 300 + 17 * at).expect("room");
        }
    }
    // Numbers offer no key.
    let run = bench.asked("f.csv", &text);
    assert!(dedupe(&run).expect("clusters").summary.duplicated > 0, "there is something to miss");
    let found = unwatched(|watch| suggest_blocking(&run, watch)).expect("an answer");
    assert!(found.rules.is_empty() && found.all_compared, "{found:?}");
    assert_eq!((found.pairs, found.all_pairs), (0, 80 * 79 / 2));
    assert!((found.missed - 1.0).abs() < 1e-12, "{found:?}");
}

/// The made-up people in two files: the first record of each person, and the second.
fn two_files(bench: &Bench, partners: Partners) -> LinkRequest {
    let rows = people();
    let file = |name: &str, copy: usize| {
        let header = "key,first_name,last_name,dob,city,email,phone\n".to_owned();
        let of_copy = |at: &usize| rows[..*at].iter().filter(|row| row.person == rows[*at].person).count() == copy;
        let lines: Vec<String> =
            (0..rows.len()).filter(of_copy).map(|at| format!("p{},{}\n", rows[at].person, rows[at].line)).collect();
        Input::file(bench.write(name, &(header + &lines.concat())), "key".to_owned())
    };
    LinkRequest {
        left: file("a.csv", 0),
        right: file("b.csv", 1),
        model: "auto".to_owned(),
        ignore: Vec::new(),
        partners,
    }
}

#[test]
fn a_link_is_explained_and_so_is_that_there_is_none() {
    let bench = Bench::new();
    for partners in [Partners::Several, Partners::One] {
        let request = two_files(&bench, partners);
        let explain = |a: &str, b: &str| unwatched(|watch| explain_link(&request, (a, b), watch));
        let found = explain("p3", "p3").expect("an explanation");
        assert!(found.linked && found.weighed && found.weight >= found.least, "{found:?}");
        let sum: f32 = found.prior + found.parts.iter().map(|part| part.weight + part.rarity).sum::<f32>();
        assert!((sum - found.weight).abs() < 1e-3, "{found:?}");
        let other = explain("p3", "p7").expect("an explanation");
        assert!(!other.linked && other.weight < found.weight, "{other:?}");
        assert!(other.others.iter().any(|other| other.linked && other.a == other.b), "{other:?}");
        // Ids of the second file are not those of the first.
        let linked = unwatched(|watch| resolution::link_files(&request, watch)).expect("links");
        let link = linked.links.iter().find(|link| link.a == "p3").expect("a link");
        assert!((link.weight - found.weight).abs() < 1e-3);
        let error = explain("p3", "nobody").expect_err("no such record");
        assert!(error.code() == "resolution.no_such_record" && error.to_string().contains("b.csv"), "{error}");
    }
}

#[test]
fn lists_are_compared_by_what_they_share() {
    let bench = Bench::new();
    let mut text = String::new();
    for at in 0..40 {
        let tags = [format!("t{at}"), format!("t{}", at + 100), "common".to_owned()];
        writeln!(
            text,
            "{{\"key\":\"a{at}\",\"name\":\"n{}\",\"tags\":[\"{}\",\"{}\",\"{}\"]}}",
            at % 7,
            tags[0],
            tags[1],
            tags[2]
        )
        .expect("room");
        writeln!(text, "{{\"key\":\"b{at}\",\"name\":\"n{}\",\"tags\":[\"{}\",\"{}\"]}}", at % 7, tags[1], tags[0])
            .expect("room");
    }
    let request = bench.asked("f.ndjson", &text);
    let found = unwatched(|watch| resolution::explain(&request, ("a5", "b5"), watch)).expect("an explanation");
    assert!(found.same_cluster, "{found:?}");
    assert_eq!(found.parts[1].agreement, "at least 2 words shared");
    let model = dedupe(&request).expect("clusters").model;
    assert_eq!(model.columns[1].kind, resolution::standard::Kind::List);
}
