//! `POST /api/v1/resolution-explanations`: why two records are the same thing, or are not.
//!
//! The answer holds what the records hold, so it is given at once and stored nowhere.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use http_edge::{Access, Body, Budget, Caller, Operation, Problem};
use kernel::{Actor, Cancel, Permission};
use resolution::{Explanation, LinkExplanation, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time;

use crate::{
    Served, ServedError,
    task::{Reasons, Task},
};

/// Records among which a pair is explained at most: all of them are resolved once more.
const MOST_RECORDS: u64 = 200_000;
const MOST_SECONDS: u64 = 60;
/// Of the whole answer: what is too slow is refused in our own words.
const TIMEOUT: Duration = Duration::from_secs(MOST_SECONDS + 5);

pub(super) fn operation(served: &Served) -> Operation {
    let path = "/api/v1/resolution-explanations";
    Operation::post("explain_resolution", path, Access::Needs(Permission::ResolutionExplain))
        .about(
            "Explain why two records are the same thing, or are not",
            "Resolves up to 200,000 records and tells what each comparison of the pair adds. It shows what the records hold.",
        )
        .budget(Budget::Heavy)
        .within(TIMEOUT)
        .body::<Explain>()
        .answers::<Explained>(StatusCode::OK)
        .by(explain_resolution, served)
}

/// Which pair.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ExplainResolution")]
#[serde(deny_unknown_fields)]
struct Explain {
    /// What is resolved.
    task: Task,
    /// Id of a record.
    record: String,
    /// Id of another one; of links, in the other asset.
    other: String,
}

/// Why; one of the two is there.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResolutionExplanation")]
struct Explained {
    /// Of records of one asset.
    within: Option<Explanation>,
    /// Of records of two.
    between: Option<LinkExplanation>,
}

async fn explain_resolution(
    State(served): State<Served>,
    Caller(actor): Caller,
    Body(asked): Body<Explain>,
) -> Result<Json<Explained>, Problem> {
    actor.require(Permission::ResolutionExplain)?;
    let cancel = CancelWhenDropped::default();
    let explaining = explain(&served, &actor, asked, &cancel.0);
    let reasons = time::timeout(Duration::from_secs(MOST_SECONDS), explaining).await;
    Ok(Json(match reasons.unwrap_or(Err(ServedError::TooSlow { seconds: MOST_SECONDS }))? {
        Reasons::Within(reasons) => Explained { within: Some(*reasons), between: None },
        Reasons::Between(reasons) => Explained { within: None, between: Some(*reasons) },
    }))
}

async fn explain(served: &Served, actor: &Actor, asked: Explain, cancel: &Cancel) -> Result<Reasons, ServedError> {
    // Never closed, so there is a turn in the end; it is held until the thread has ended, also when nobody waits any more.
    let turn = Arc::clone(&served.explaining).acquire_owned().await.ok();
    let ready = asked.task.read(&served.assets, actor.workspace, (MOST_RECORDS, cancel)).await?;
    let cancel = cancel.clone();
    let explained = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        ready.explain((&asked.record, &asked.other), &Watch::new(&cancel, &|_| {}))
    });
    explained.await?
}

/// The thread that works for a caller ends soon after the caller went away.
#[derive(Default)]
struct CancelWhenDropped(Cancel);

impl Drop for CancelWhenDropped {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
