//! How long each asset took, slowest first. A run does not keep when an asset began, so the bars say how long, not when.

use super::{
    figures::{count, counted, duration, hundredths, percent},
    markup::{anchor, bar, heads, joined, table, text},
    words,
};
use crate::{AssetResult, RunSummary};

/// Assets shown.
const ASSETS_SHOWN: usize = 40;

/// `None` when nothing took any time.
pub(super) fn section(summary: &RunSummary) -> Option<String> {
    let mut assets: Vec<&AssetResult> = summary.assets.iter().filter(|asset| asset.duration_ms > 0).collect();
    assets.sort_by_key(|asset| std::cmp::Reverse(asset.duration_ms));
    let longest = assets.first()?.duration_ms;
    let sum: u64 = assets.iter().map(|asset| asset.duration_ms).sum();
    let rows = joined(assets.iter().take(ASSETS_SHOWN).map(|asset| {
        format!(
            r##"<tr><th scope="row"><a href="#{}"><code>{}</code></a></th><td class="wide">{}</td><td class="num">{}</td><td class="num">{}</td></tr>"##,
            anchor(&asset.asset),
            text(&asset.asset),
            bar(hundredths(asset.duration_ms, longest), words::of_asset(asset.state).tone),
            duration(asset.duration_ms),
            percent(asset.duration_ms, sum)
        )
    }));
    let more = assets.len().saturating_sub(ASSETS_SHOWN);
    let more = if more > 0 { format!(" {} left out.", counted(count(more), "quicker asset")) } else { String::new() };
    let head = heads(&[("Asset", false), ("", false), ("Time", true), ("Share", true)]);
    let at_once = if sum > summary.duration_ms {
        format!(" {} over all assets, because several are made at once.", duration(sum))
    } else {
        String::new()
    };
    Some(format!(
        r#"<p class="muted">{} from beginning to end.{at_once} Slowest first.{more}</p>{}"#,
        duration(summary.duration_ms),
        table("Time of each asset", &head, &rows)
    ))
}
