//! `grayghost doctor`: what is needed, and whether it is well.

use std::{collections::BTreeSet, path::Path};

use futures::future::BoxFuture;
use kernel::ProductError;
use lakehouse_model::AssetName;

use crate::{Finding, History, Lakehouse, lock::Locks};

impl Lakehouse {
    /// Looks at the project, its folder, its tables, its locks, and its history where there is one.
    pub fn examine<'a>(&'a self, history: Option<&'a History>) -> BoxFuture<'a, Vec<Finding>> {
        Box::pin(async move {
            let models = self.project.models.len();
            let sources = self.project.sources.len();
            let mut findings = vec![well("project", format!("`{}`: {sources} sources, {models} models", self.name()))];
            findings.push(writable(&self.state_folder()));
            let mut made: BTreeSet<AssetName> = BTreeSet::new();
            for (name, _) in self.project.assets() {
                match self.lake.facts(&name).await {
                    Ok(Some(_)) => {
                        made.insert(name);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let remedy = "move the table's folder away and run again: a table can be made anew from bronze";
                        findings.push(ill(&format!("table {name}"), error.to_string(), remedy));
                    }
                }
            }
            findings.push(well("tables", format!("{} open at their last commit", made.len())));
            findings.push(self.examine_history(history).await);
            findings.push(match Locks::take(&self.state_folder().join("locks"), &made) {
                Ok(_) => well("locks", "no run is going on".to_owned()),
                Err(error) => well("locks", error.to_string()),
            });
            findings
        })
    }

    async fn examine_history(&self, history: Option<&History>) -> Finding {
        let Some(history) = history else { return well("history", "none yet".to_owned()) };
        match self.list_runs(history, u32::MAX).await {
            Ok(runs) => well("history", format!("{} runs", runs.len())),
            Err(error) => ill("history", error.to_string(), &error.remedy().unwrap_or_default()),
        }
    }
}

fn well(what: &str, seen: String) -> Finding {
    Finding { what: what.to_owned(), ok: true, seen, remedy: None }
}

fn ill(what: &str, seen: String, remedy: &str) -> Finding {
    Finding { what: what.to_owned(), ok: false, seen, remedy: Some(remedy.to_owned()) }
}

fn writable(folder: &Path) -> Finding {
    let probe = folder.join("doctor.probe");
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b"probe"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => well("folder", format!("`{}` can be written", folder.display())),
        Err(error) => {
            ill("folder", format!("`{}`: {error}", folder.display()), "give yourself the right to write there")
        }
    }
}
