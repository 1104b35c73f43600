//! CONTRIBUTING.md shows what stands here, word for word.

use std::{fs, path::Path};

/// Every ```` ```rust ```` block of the document.
fn snippets(document: &str) -> Vec<String> {
    let blocks = document.split("```rust\n").skip(1);
    blocks.filter_map(|block| block.split_once("```")).map(|(snippet, _)| snippet.to_owned()).collect()
}

/// Lines without what stands before them, for a snippet may be a part of an `impl`.
fn flat(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).fold("\n".to_owned(), |all, line| all + line + "\n")
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("read").map(|entry| entry.expect("an entry").path());
    let texts = entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(&path).expect("read")] });
    texts.map(|text| flat(&text)).collect()
}

#[test]
fn every_piece_of_rust_in_the_walkthrough_is_compiled_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(folder.join("../../CONTRIBUTING.md")).expect("read");
    let (snippets, sources) = (snippets(&document), sources(&folder.join("tests/walkthrough")));
    assert!(snippets.len() >= 8, "{} snippets: was the walkthrough moved?", snippets.len());
    for snippet in snippets {
        // `..` on a line of its own stands for what is left out.
        for part in flat(&snippet).split("\n..\n").map(|part| format!("\n{}\n", part.trim())) {
            assert!(sources.iter().any(|source| source.contains(&part)), "not in tests/walkthrough:\n{part}");
        }
    }
}
