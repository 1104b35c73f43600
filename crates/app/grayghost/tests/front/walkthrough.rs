//! The guide to the API, command by command: what it shows is what really happens.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::server::Shop;

/// Ends the answer of a command in the shell's output.
const MARK: &str = "=== end of the answer";

/// Commands of the guide with the output below each.
fn shown() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/guides/api.md");
    let guide = fs::read_to_string(path).expect("the guide");
    let blocks = guide.split("```\n$ ").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks
        .map(|block| {
            // A command goes on behind a backslash.
            let mut lines = block.lines();
            let mut command = String::new();
            for line in lines.by_ref() {
                command += line;
                command += "\n";
                if !line.ends_with('\\') {
                    break;
                }
            }
            (command, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// Without what differs from start to start: words with a digit.
fn lasting(text: &str) -> String {
    let words = text.split(|each: char| !(each.is_alphanumeric() || "…_-".contains(each)));
    words
        .filter(|word| !word.is_empty() && !word.bytes().any(|byte| byte.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether the parts of what is shown stand in an answer, in their order; `…` stands for anything.
fn is_as_shown(answer: &str, shown: &str) -> bool {
    let answer = lasting(answer);
    let mut rest = answer.as_str();
    lasting(shown).split('…').map(str::trim).all(|part| {
        let found = rest.find(part).map(|at| rest = &rest[at + part.len()..]);
        found.is_some()
    })
}

#[test]
fn every_command_of_the_guide_answers_as_shown() {
    let (shop, shown) = (Shop::new(), shown());
    assert!(shown.len() >= 8, "{} commands", shown.len());
    assert_eq!(shown[0].0.trim(), "grayghost demo --serve", "the guide begins with a start");
    let mut command = shop.command(&["demo", "--serve", "--listen", "127.0.0.1:0", "--dir", "grayghost-demo"]);
    let mut demo = command.stderr(Stdio::null()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(demo.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut value = |name: &str| {
        let line = lines.find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("`{name}` was not said"));
        line[name.len()..].trim().to_owned()
    };
    let serving = value("serving");
    let base = serving.split(',').next().expect("an address").to_owned();
    let who = value("sign in as");
    let password = who.split_once("password ").expect("a password").1.split(' ').next().expect("a word").to_owned();

    let mut script = String::from("set -u\n");
    for (command, _) in &shown[1..] {
        let command =
            command.replace("http://127.0.0.1:8080", &base).replace("'the password that was shown'", &password);
        script += &format!("{command}\nprintf '\\n%s\\n' '{MARK}'\n");
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_grayghost")).parent().expect("a folder").display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap_or_default());
    let ran = Command::new("bash").arg("-c").arg(&script).env("PATH", path).current_dir(shop.path(".")).output();
    let stopped = Command::new("kill").arg(demo.id().to_string()).status();
    let output = ran.expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<&str> = text.split(MARK).collect();
    assert!(answers.len() > shown.len() - 1, "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for ((command, expected), answer) in shown[1..].iter().zip(answers) {
        assert!(is_as_shown(answer, expected), "{command}\nanswers\n{}\nnot\n{expected}", answer.trim());
    }
    assert!(stopped.is_ok_and(|status| status.success()) && demo.wait().expect("ended").success());
}

#[test]
fn an_answer_of_other_words_is_not_as_shown() {
    assert!(is_as_shown(r#"{"a":"b","id":"0199-7"}"#, r#"{"a":"b","id":"0200-1"}"#));
    assert!(is_as_shown(r#"{"a":"b","c":"d","e":"f"}"#, r#"{"a":"b",…"e":"f"}"#));
    assert!(!is_as_shown(r#"{"a":"b"}"#, r#"{"a":"c"}"#));
    assert!(!is_as_shown(r#"{"e":"f","a":"b"}"#, r#"{"a":"b",…"e":"f"}"#));
}
