//! The guide to the command line shows what really happens.

use std::{fs, path::Path};

use crate::place::Place;

/// Commands of the guide with the output below each.
fn shown(guide: &str) -> Vec<(String, String)> {
    let blocks = guide.split("```\n$ ").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.map(|block| block.split_once('\n').unwrap_or((block, ""))).map(|(a, b)| (a.into(), b.into())).collect()
}

/// Words as a shell parts them; the guide uses no other quotes.
fn words(command: &str) -> Vec<String> {
    let parts = command.trim_start_matches("grayghost ").trim_end_matches(" 2>/dev/null").split('"').enumerate();
    let quoted = |(index, part): (usize, &str)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(quoted).collect()
}

/// Text without what differs from run to run: times, ids, versions, the machine.
fn lasting(text: &str) -> Vec<String> {
    let lasts = |word: &&str| {
        let is_number = word.starts_with(|sign: char| sign.is_ascii_digit());
        let is_unit = ["ms", "s", "kB", "B"].contains(&word.trim_end_matches([',', ';']));
        !is_number && !is_unit && !word.contains(".grayghost/reports/")
    };
    let line = |line: &str| line.split_whitespace().filter(lasts).collect::<Vec<_>>().join(" ");
    text.lines().filter(|line| !line.contains(" on x86_64") && !line.contains(" on aarch64")).map(line).collect()
}

fn commands(guide: &str) -> Vec<(String, String)> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guides").join(guide);
    shown(&fs::read_to_string(guide).expect("the guide"))
}

/// Fails unless a command in a folder answers what lasts of this.
#[track_caller]
fn check(place: &Place, (command, expected): (&str, &str), folder: &str) {
    let words = words(command);
    let mut program = place.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let output = program.current_dir(place.path(folder)).output().expect("the binary starts");
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    assert_eq!(lasting(&String::from_utf8_lossy(&text)), lasting(expected), "{command}");
}

#[test]
fn every_command_on_resolution_answers_as_shown() {
    let place = Place::empty();
    let shown = commands("resolve.md");
    assert!(shown.len() >= 5, "{} commands", shown.len());
    for (command, expected) in &shown {
        check(&place, (command, expected), "");
    }
}

#[test]
fn every_command_of_the_guide_answers_as_shown() {
    let shown = commands("cli.md");
    assert!(shown.len() >= 14, "{} commands", shown.len());
    let place = Place::empty();
    // The data and the project come first, whatever the order of the chapters.
    let is_first = |command: &str| command.starts_with("grayghost generate") || command.starts_with("grayghost init");
    for (command, expected) in shown.iter().filter(|(command, _)| is_first(command)) {
        check(&place, (command, expected), "");
    }
    place.write("shop/export.csv", crate::sniffing::EXPORT);
    place.write("shop/short.csv", crate::refusing::SHORT);
    for (command, expected) in shown.iter().filter(|(command, _)| !is_first(command)) {
        check(&place, (command, expected), "shop");
    }
}
