//! The guide to the server shows what really happens.

use std::{fs, path::Path};

use crate::server::{Shop, until};

/// Commands of the guide with the output below each.
fn shown() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guides/server.md");
    let guide = fs::read_to_string(path).expect("the guide");
    let blocks = guide.split("```\n$ ").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks.map(|block| block.split_once('\n').unwrap_or((block, ""))).map(|(a, b)| (a.into(), b.into())).collect()
}

/// Words without a digit: what is left are those that do not differ from start to start.
fn lasting(text: &str) -> String {
    let lasts = |word: &&str| !word.bytes().any(|byte| byte.is_ascii_digit());
    text.split_whitespace().filter(lasts).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_of_the_guide_answers_as_shown() {
    let (shop, shown) = (Shop::new(), shown());
    assert!(shown.len() >= 7, "{} commands", shown.len());
    assert_eq!(shown[0].0, "grayghost serve", "the guide begins with a start");
    let server = shop.serve(&[]);
    let log: Vec<String> = server.log().lines().map(lasting).collect();
    for (level, words) in shown[0].1.lines().filter_map(|line| line.split_once(' ')) {
        // A line may be cut off: where it came from stands between its level and its words.
        let is_meant = |line: &&String| line.starts_with(level) && line.contains(&lasting(words));
        assert!(log.iter().any(|line| is_meant(&line)), "{level} {words} is missing in\n{log:#?}");
    }
    for (command, expected) in &shown[1..] {
        let answer = || {
            if let Some(path) = command.strip_prefix("curl -s http://127.0.0.1:8080") {
                return server.get(path).1;
            }
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            shop.ask(&words).ends_with(0).out
        };
        // What the start has written is sealed a moment later, and a check may run out of its time on a busy machine.
        until(command, || (lasting(&answer()) == lasting(expected)).then_some(()));
    }
}
