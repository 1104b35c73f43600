//! The demo's people and companies: which records are the same, and how often that is right.
//!
//! They are steps of the demo's project like its sales: sources, and models whose records are resolved.

use std::{collections::BTreeMap, fs, path::Path};

use resolution::{Quality, Watch, measure_clusters};
use serde_json::Value;

use crate::{
    cli::resolve::percent,
    failure::Failure,
    figures::{count, plural},
    session::Session,
};

/// What the demo adds to its project.
const STEPS: [(&str, &str); 6] = [
    ("sources/people.yml", include_str!("steps/people.source.yml")),
    ("sources/companies.yml", include_str!("steps/companies.source.yml")),
    ("models/silver/people_clusters.sql", include_str!("steps/people_clusters.sql")),
    ("models/silver/people_clusters.yml", include_str!("steps/people_clusters.yml")),
    ("models/silver/company_clusters.sql", include_str!("steps/company_clusters.sql")),
    ("models/silver/company_clusters.yml", include_str!("steps/company_clusters.yml")),
];
/// The files that are resolved.
pub(super) const FILES: [&str; 2] = ["people.csv", "companies.csv"];
/// What was resolved: the file, its truth, the table, and what its records are of.
const SETS: [(&str, &str, &str, &str); 2] = [
    (FILES[0], "people_truth.csv", "silver.people_clusters", "people"),
    (FILES[1], "companies_truth.csv", "silver.company_clusters", "companies"),
];

/// Adds the steps to the project, where they are not there yet.
pub(super) fn add(project: &Path) -> Result<(), Failure> {
    for (name, text) in STEPS {
        let path = project.join(name);
        let write = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&path, text)
        };
        if !path.exists() {
            write().map_err(|source| Failure::Output { source })?;
        }
    }
    Ok(())
}

/// Tells how the clusters compare with the truth.
pub(super) fn tell(session: &mut Session, data: &Path) -> Result<(), Failure> {
    for (at, (file, truth, table, what)) in SETS.into_iter().enumerate() {
        let clusters = clusters(session, table)?;
        let watch = |_| {};
        let quality = measure_clusters(&clusters, &data.join(truth), &Watch::new(&session.cancel, &watch))?.pairwise;
        super::say_step(session, if at == 0 { "4  resolve" } else { "" }, &text(&clusters, quality, file, what))?;
    }
    Ok(())
}

fn clusters(session: &Session, table: &str) -> Result<BTreeMap<String, String>, Failure> {
    let statement = format!("select record_id, cluster_id from {table}");
    let rows = session.wait(session.open()?.query_sql(statement, None, session.cancel.clone()))?.rows;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(rows.iter().filter_map(|row| Some((text(row.first()?), text(row.get(1)?)))).collect())
}

fn text(clusters: &BTreeMap<String, String>, quality: Quality, file: &str, what: &str) -> String {
    let mut names: Vec<&String> = clusters.values().collect();
    names.sort_unstable();
    names.dedup();
    format!(
        "{file}: {} are {} {what}; pairwise precision {}, recall {}",
        plural(clusters.len() as u64, "record"),
        count(names.len() as u64),
        percent(quality.precision),
        percent(quality.recall),
    )
}
