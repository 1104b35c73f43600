//! The permission of a use case, in the one list of the kernel.

use anyhow::{Context as _, Result};

use super::{name::pascal, plan::Plan};

const LIST: &str = "crates/kernel/src/permission.rs";

/// The variant and the name of `<context>:<verb>`, which is added to the list unless it is there.
pub(super) fn ensure(plan: &mut Plan, context: &str, (verb, sentence): (&str, &str)) -> Result<(String, String)> {
    let name = format!("{context}:{verb}");
    let text = plan.text(LIST).with_context(|| format!("there is no {LIST}; run it in the workspace"))?;
    let written = text.lines().find(|line| line.ends_with(&format!(" = \"{name}\",")));
    if let Some((variant, _)) = written.and_then(|line| line.trim().split_once(" = ")) {
        return Ok((variant.to_owned(), name));
    }
    let variant = format!("{}{}", pascal(context), pascal(verb));
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| line.starts_with("permissions! {"));
    let end = start.and_then(|start| (start..lines.len()).find(|at| lines[*at] == "}"));
    let end =
        end.with_context(|| format!("{LIST} has no list `permissions! {{ .. }}` any more; mend `cargo xtask new`"))?;
    let of_context = |line: &str| line.contains(&format!(" = \"{context}:"));
    let at = lines[..end].iter().rposition(|line| of_context(line)).map_or(end, |last| last + 1);
    let doc = if verb == "read" { format!("See what is in {context}.") } else { format!("{sentence}.") };
    let new = [format!("    /// {doc}"), format!("    {variant} = \"{name}\",")];
    let all = [&lines[..at], &[new[0].as_str(), new[1].as_str()], &lines[at..]].concat();
    plan.put(LIST.to_owned(), all.join("\n") + "\n");
    Ok((variant, name))
}
