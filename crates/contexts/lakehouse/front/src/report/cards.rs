//! A card for each asset of the run: folded unless something in it wants attention.

use super::{
    Material,
    figures::{counted, duration, number, size},
    lineage,
    markup::{anchor, joined, left_out, text},
    rules, troubles,
    words::{self, Verdict},
};
use crate::{AssetInfo, AssetResult, AssetState, CheckResult};

/// Cards shown.
const CARDS_SHOWN: usize = 200;

/// `None` when the run touched no asset. Assets that failed come first, the others in the order of the plan.
pub(super) fn section(material: &Material<'_>) -> Option<String> {
    let mut assets: Vec<&AssetResult> = material.summary.assets.iter().collect();
    if assets.is_empty() {
        return None;
    }
    assets.sort_by_key(|asset| asset.state != AssetState::Failed);
    let cards = joined(assets.iter().take(CARDS_SHOWN).map(|asset| card(material, asset)));
    Some(format!(r#"<div class="cards">{cards}</div>{}"#, left_out(assets.len(), CARDS_SHOWN, "asset")))
}

fn card(material: &Material<'_>, asset: &AssetResult) -> String {
    let checks: Vec<&CheckResult> = material.summary.checks.iter().filter(|check| check.asset == asset.asset).collect();
    let info = material.assets.iter().find(|info| info.asset == asset.asset);
    let troubled = asset.fault.is_some() || checks.iter().any(|check| !Verdict::of(check).obeyed());
    let columns = material.columns.get(&asset.asset).copied().unwrap_or_default();
    // The anchor lies inside, so that a browser which follows a link to it unfolds the card.
    format!(
        r#"<details class="card"{open}><summary><span class="name"><code>{name}</code><small>{kind}</small></span>{mark}<span class="cell num">{rows}</span><span class="cell">{held}</span><span class="cell num">{time}</span></summary><div class="body"><span id="{anchor}" class="anchor"></span>{about}{fault}{facts}{rules}{columns}</div></details>"#,
        open = if troubled { " open" } else { "" },
        name = text(&asset.asset),
        kind = text(&asset.kind),
        mark = words::of_asset(asset.state).html(),
        rows = rows(asset),
        held = held(asset, &checks),
        time = duration(asset.duration_ms),
        anchor = anchor(&asset.asset),
        about = info.map(about).unwrap_or_default(),
        fault = asset.fault.as_ref().map(|fault| troubles::fault(&asset.asset, fault)).unwrap_or_default(),
        facts = facts(asset),
        rules = rules::rules(&checks),
        columns = lineage::columns(&asset.asset, columns),
    )
}

/// Rows of an asset; a view has none of its own.
pub(super) fn rows(asset: &AssetResult) -> String {
    match (asset.kind.as_str(), asset.version, asset.rows_total) {
        ("view", _, _) => "view".to_owned(),
        (_, None, 0) => "no rows yet".to_owned(),
        (_, _, rows) => counted(rows, "row"),
    }
}

/// `12 of 12 rules hold`. Rules of an asset that was not made are not looked at, whether it has any or not.
fn held(asset: &AssetResult, checks: &[&CheckResult]) -> String {
    let held = checks.iter().filter(|check| Verdict::of(check).obeyed()).count();
    let made = matches!(asset.state, AssetState::Succeeded | AssetState::Unchanged);
    match checks.len() {
        0 if made => "no rules".to_owned(),
        0 => "not checked".to_owned(),
        1 => format!("{held} of 1 rule holds"),
        all => format!("{held} of {all} rules hold"),
    }
}

fn about(info: &AssetInfo) -> String {
    let said = info.description.as_deref().map(|said| format!("<p>{}</p>", text(said))).unwrap_or_default();
    let owner = info.owner.as_deref().map(|owner| format!("<span>owner {}</span>", text(owner))).unwrap_or_default();
    let tags = joined(info.tags.iter().map(|tag| format!(r#"<span class="tag">{}</span>"#, text(tag))));
    if owner.is_empty() && tags.is_empty() {
        return said;
    }
    format!(r#"{said}<p class="meta">{owner}{tags}</p>"#)
}

fn facts(asset: &AssetResult) -> String {
    let mut facts = match asset.kind.as_str() {
        "view" => Vec::new(),
        _ => vec![
            ("Rows in", number(asset.rows_in)),
            ("Written", number(asset.rows_written)),
            ("Set aside", number(asset.rejected)),
            ("Duplicates", number(asset.duplicates)),
            ("Rows now", number(asset.rows_total)),
            ("Size", size(asset.size_bytes)),
            ("Commits", number(asset.commits)),
        ],
    };
    facts.extend(asset.version.map(|version| ("Delta version", number(version))));
    facts.push(("Time", duration(asset.duration_ms)));
    let fact = |(name, value): &(&str, String)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>");
    format!(r#"<dl class="facts">{}</dl>"#, joined(facts.iter().map(fact)))
}
