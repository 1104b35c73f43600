//! Brings two contexts together: a step of a project that asks which records are the same thing, and the context that knows.

use kernel::{Cancel, ProductError};
use lakehouse::{Grouping, Records, Refusal, Resolver};
use resolution::{ResolutionError, Table, TableRequest, Watch, dedupe_table, identity_of_model};

/// Resolution, as the lakehouse asks for it.
#[derive(Debug)]
pub struct Resolution;

impl Resolver for Resolution {
    fn identity(&self, how: &Grouping) -> Result<String, Refusal> {
        identity_of_model(&how.model).map_err(|error| refusal(&error))
    }

    fn resolve(
        &self,
        how: &Grouping,
        records: Records,
        previous: Vec<(String, String)>,
        cancel: &Cancel,
    ) -> Result<Vec<String>, Refusal> {
        let named = records.names().iter().enumerate().map(|(at, name)| (name.clone(), records.texts(at)));
        let table = Table::of_texts(&records.name, named.collect());
        drop(records);
        let request = TableRequest {
            id: how.id.clone(),
            model: how.model.clone(),
            ignore: how.ignore.clone(),
            previous: previous.into_iter().collect(),
        };
        let found = dedupe_table(table, &request, &Watch::new(cancel, &|_| {}));
        found.map(|clusters| clusters.names).map_err(|error| refusal(&error))
    }
}

fn refusal(error: &ResolutionError) -> Refusal {
    let told: &dyn ProductError = error;
    let text = told.why().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
    Refusal { kind: error.kind(), code: error.code(), text, remedy: error.remedy() }
}
