//! Reads `grayghost.toml`: its sections, their defaults and limits, and every mistake in it at once.
//!
//! The server's sections stand in the same file. They are passed by here and checked when the server starts, so that a
//! run needs no server that is set up well.

use kernel::ProjectId;

use super::{
    reader::{Map, Reader},
    tree::{Node, Value},
};
use crate::{LakeSettings, PROJECT_SECTIONS, ProjectSettings, QualitySettings, Settings, error::Mistakes};

const LAKE: [&str; 4] = ["target_file_mib", "compact_small_files", "checkpoint_commits", "parallel_assets"];

/// All settings, or all that is wrong with them.
pub(crate) fn read(text: &str) -> Result<Settings, Mistakes> {
    let root = Node::from_toml(text).map_err(Mistakes)?;
    let mut reader = Reader::default();
    let servers = config::SECTIONS.iter().map(|section| section.name);
    let known: Vec<&str> = PROJECT_SECTIONS.into_iter().chain(servers).collect();
    let sections = reader.map(&root, "grayghost.toml", &known);
    let project = read_project(&mut reader, &root);
    let vars = sections.get("vars").map(|node| reader.free_map(node, "section `vars`"));
    let vars = vars.into_iter().flat_map(|map| map.entries).map(|e| (e.key.clone(), e.node.to_json())).collect();
    let lake = read_lake(&mut reader, sections.get("lake"));
    let quality = read_quality(&mut reader, sections.get("quality"));
    let settings = project.map(|project| Settings { project, vars, lake, quality });
    match reader.finish(settings)? {
        Some(settings) => Ok(settings),
        None => Err(Mistakes::default()),
    }
}

/// `None` only after a mistake was reported.
fn read_project(reader: &mut Reader, root: &Node) -> Option<ProjectSettings> {
    let Some(section) = root.get("project") else {
        reader.wrong(1, "section `project` with `name` and `id` is missing");
        return None;
    };
    let map = reader.map(&section.node, "section `project`", &["name", "id"]);
    for key in ["name", "id"] {
        if map.get(key).is_none() {
            reader.wrong(section.line, format!("section `project` has no `{key}`"));
        }
    }
    let name = reader.text(map.get("name"), "the project's name");
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        reader.wrong(section.line, "the project's name is empty");
    }
    let id = reader.text(map.get("id"), "the project's id");
    let parsed = id.as_ref().and_then(|id| kernel::uuid::Uuid::parse_str(id).ok()).map(ProjectId);
    if let (Some(id), None) = (&id, &parsed) {
        let line = map.get("id").map_or(section.line, |node| node.line);
        reader.wrong(line, format!("the project's id `{id}` is not a UUID"));
    }
    Some(ProjectSettings { name: name?, id: parsed? })
}

fn read_lake(reader: &mut Reader, node: Option<&Node>) -> LakeSettings {
    let mut lake = LakeSettings::default();
    let empty = Node::new(0, Value::Null);
    let map = reader.map(node.unwrap_or(&empty), "section `lake`", &LAKE);
    take(reader, map, "target_file_mib", &mut lake.target_file_mib, 1);
    take(reader, map, "compact_small_files", &mut lake.compact_small_files, 2);
    take(reader, map, "checkpoint_commits", &mut lake.checkpoint_commits, 1);
    take(reader, map, "parallel_assets", &mut lake.parallel_assets, 0);
    lake
}

fn read_quality(reader: &mut Reader, node: Option<&Node>) -> QualitySettings {
    let mut quality = QualitySettings::default();
    let empty = Node::new(0, Value::Null);
    let map = reader.map(node.unwrap_or(&empty), "section `quality`", &["samples"]);
    take(reader, map, "samples", &mut quality.samples, 0);
    quality
}

/// Puts the number of `key` into `field` when it is given and at least `least`.
fn take(reader: &mut Reader, map: Map<'_>, key: &str, field: &mut u32, least: u32) {
    let Some(number) = reader.whole(map.get(key), &format!("`{key}`")) else { return };
    match u32::try_from(number) {
        Ok(number) if number >= least => *field = number,
        _ => {
            let line = map.get(key).map_or(map.line, |node| node.line);
            reader.wrong(line, format!("`{key}` must lie between {least} and {}", u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[project]\nname = \"shop\"\nid = \"01920000-0000-7000-8000-000000000000\"\n";

    #[test]
    fn defaults_hold_and_given_values_win() {
        let settings =
            read(&format!("{GOOD}[vars]\nn = 3\nlist = ['a', 1.5]\n[lake]\ntarget_file_mib = 8\n")).expect("valid");
        assert_eq!(settings.project.name, "shop");
        assert_eq!(settings.vars["list"], serde_json::json!(["a", 1.5]));
        assert_eq!(settings.lake, LakeSettings { target_file_mib: 8, ..LakeSettings::default() });
        assert_eq!(settings.quality, QualitySettings::default());
    }

    #[test]
    fn sections_of_the_server_are_passed_by_whatever_they_hold() {
        for section in config::SECTIONS {
            read(&format!("{GOOD}[{}]\nnot_a_setting = 1\n", section.name)).expect(section.name);
        }
    }

    #[test]
    fn a_mistyped_section_is_refused_with_the_nearest_of_both() {
        for (given, meant) in [("databse", "database"), ("serve", "server"), ("qualty", "quality"), ("laek", "lake")] {
            let expected = format!("line 4: unknown key `{given}` in grayghost.toml; did you mean `{meant}`?");
            assert_eq!(read(&format!("{GOOD}[{given}]\n")).expect_err(given).to_string(), expected);
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let cases = [
            ("", "line 1: section `project` with `name` and `id` is missing"),
            ("[project]\nname = 'x'\n", "line 1: section `project` has no `id`"),
            ("[project]\nname = 'x'\nid = 'y'\n", "line 3: the project's id `y` is not a UUID"),
            (
                "[projekt]\n[project]\nname = 'x'\nid = '01920000-0000-7000-8000-000000000000'\n[lake]\ntarget_file_mb = 1\ncheckpoint_commits = 0\n[quality]\nsamples = -1\n",
                "line 1: unknown key `projekt` in grayghost.toml; did you mean `project`?; \
                 line 6: unknown key `target_file_mb` in section `lake`; did you mean `target_file_mib`?; \
                 line 7: `checkpoint_commits` must lie between 1 and 4294967295; \
                 line 9: `samples` must be a whole number of at least 0",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).expect_err(text).to_string(), expected);
        }
    }
}
