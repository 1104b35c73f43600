//! What runs leave in the log, in the queue and in the history.

use std::{fs, sync::Arc};

use eventlog::Recorded;
use jobs::{Filter, Job, State};
use kernel::{Actor, Cancel, PageRequest, Permission, ProductError, Who, WorkspaceId};
use lakehouse::{AssetState, FileState, History, Listener, RunProgress, RunRequest, RunState, RunSummary};
use serde_json::Value;

use crate::bench::{BY_ITEM, Bench, NOW, asset};

impl Bench {
    fn runs(&self) -> Vec<RunSummary> {
        let (house, history) = (self.house().expect("a project"), self.history());
        self.runtime.block_on(house.list_runs(&history, 10)).expect("a list")
    }

    fn queue(&self) -> Vec<Job> {
        let (workspace, all, first) = (self.app.workspace, Filter::default(), PageRequest::default());
        self.runtime.block_on(self.app.jobs.list(workspace, &all, &first)).expect("a list").items
    }

    fn events(&self) -> Vec<Recorded> {
        self.runtime.block_on(async {
            self.app.seal().await;
            self.app.log.after(0, 1_000).await.expect("read")
        })
    }

    /// Waits for the queue to be done.
    fn settle(&self) {
        self.runtime.block_on(self.app.settle());
    }
}

fn told(events: &[Recorded]) -> Vec<String> {
    let line = |event: &Recorded| {
        let payload: Value = serde_json::from_slice(&event.payload).expect("JSON");
        let of = payload.get("asset").or(payload.get("state")).and_then(Value::as_str).unwrap_or_default();
        format!("{} {of}", event.kind).trim_end().to_owned()
    };
    events.iter().map(line).collect()
}

fn same(mut run: RunSummary) -> RunSummary {
    for check in &mut run.checks {
        check.samples.clear();
    }
    run
}

#[test]
fn a_run_is_a_job_and_leaves_its_facts_and_the_next_tells_only_what_is_new() {
    let bench = Bench::with(&[]);
    let first = bench.run(&["monday.csv"]);
    let events = bench.events();
    insta::assert_snapshot!(told(&events).join("\n"), @r"
    run_started
    asset_materialised bronze.tills_raw
    asset_materialised silver.sales
    asset_materialised gold.by_item
    asset_materialised silver.sales_rejected
    run_finished succeeded
    ");
    let jobs = bench.queue();
    assert_eq!((jobs.len(), jobs[0].kind.as_str(), jobs[0].state), (1, "lakehouse.perform_run", State::Succeeded));
    let progress = jobs[0].progress.as_ref().expect("progress");
    assert_eq!((progress.done, progress.total), (4, Some(4)), "one file and three models");
    assert_eq!(jobs[0].log.len(), 5, "{:?}", jobs[0].log);

    bench.clock.advance_micros(1);
    let second = bench.run(&["monday.csv"]);
    assert_eq!(told(&bench.events()[events.len()..]), ["run_started", "run_finished succeeded"]);
    assert_eq!(bench.runs(), [same(second), same(first)]);
    let facts = bench.events().iter().filter(|event| event.fact.is_some()).count();
    assert_eq!(facts, bench.events().len(), "all of it is for others too");
}

#[test]
fn a_failing_rule_is_a_fact_without_any_row_and_the_job_is_a_dead_letter() {
    let rules = "expectations:\n  - expression_is_true: {id: little, expression: pieces < 3}\n";
    let bench = Bench::with(&[("models/gold/by_item.yml", rules)]);
    let summary = bench.run(&["monday.csv"]);
    assert_eq!(summary.state, RunState::Failed);
    assert!(summary.checks.iter().any(|check| !check.samples.is_empty()), "the caller sees rows: {summary:?}");
    assert!(
        told(&bench.events()).contains(&"expectation_failed gold.by_item".to_owned()),
        "{:?}",
        told(&bench.events())
    );
    let all: String = bench.events().iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    assert!(!all.contains("milk") && !all.contains("\"tea\""), "a row of a table is in the log");
    let jobs = bench.queue();
    assert_eq!(jobs[0].state, State::Dead);
    assert!(jobs[0].error.as_deref().is_some_and(|error| error.contains("failed")), "{:?}", jobs[0].error);
    assert_eq!(bench.runs()[0].state, RunState::Failed);
}

#[test]
fn a_request_that_is_refused_leaves_nothing() {
    let bench = Bench::with(&[]);
    bench.try_run(bench.request(&["no_such.csv"])).expect_err("no file");
    assert_eq!((bench.events().len(), bench.queue().len()), (0, 0));
}

#[test]
fn who_may_not_run_changes_nothing_and_who_may_not_read_sees_nothing() {
    let bench = Bench::with(&[]);
    let house = bench.house().expect("a project");
    let with = |permissions: &[Permission]| History {
        actor: Actor::new(bench.app.workspace, Who::System, permissions),
        ..bench.history()
    };
    let all_but = |lacking| Permission::ALL.iter().copied().filter(|each| *each != lacking).collect::<Vec<_>>();
    let history = with(&all_but(Permission::LakehouseRun));
    let run = house.run(&history, bench.request(&["monday.csv"]), Arc::new(|_| {}), Cancel::default());
    assert_eq!(bench.runtime.block_on(run).expect_err("refused").code(), "kernel.forbidden");
    assert_eq!(bench.all_commits(), 0);
    let history = with(&all_but(Permission::LakehouseRead));
    assert_eq!(bench.runtime.block_on(house.list_runs(&history, 1)).expect_err("refused").code(), "kernel.forbidden");
    let assets = bench.runtime.block_on(house.list_assets(Some(&history)));
    assert_eq!(assets.expect_err("refused").code(), "kernel.forbidden");
}

#[test]
fn another_workspace_sees_no_runs() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    let stranger = History { actor: Actor::system(kernel::WorkspaceId::new()), ..bench.history() };
    let house = bench.house().expect("a project");
    assert_eq!(bench.runtime.block_on(house.list_runs(&stranger, 10)).expect("a list"), []);
    let assets = bench.runtime.block_on(house.list_assets(Some(&stranger))).expect("a list");
    assert!(assets.iter().all(|asset| asset.checks.is_none()));
}

#[test]
fn the_history_is_made_anew_from_the_log_and_can_be_lost_without_harm() {
    let bench = Bench::with(&[]);
    bench.run(&["monday.csv"]);
    bench.clock.advance_micros(1);
    bench.run(&["tuesday.csv"]);
    let (before, events) = (bench.runs(), bench.events().len());
    let made = bench.runtime.block_on(bench.app.projector().rebuild("lakehouse.run_history")).expect("rebuilt");
    assert_eq!((bench.runs(), made), (before, events as u64));

    let afresh = Bench::with(&[]);
    std::fs::remove_dir_all(afresh.root()).expect("removed");
    std::fs::rename(bench.root(), afresh.root()).expect("moved");
    assert_eq!(afresh.runs(), []);
    let summary = afresh.run(&["monday.csv"]);
    assert_eq!((summary.state, summary.files[0].state), (RunState::Succeeded, FileState::AlreadyLoaded));
    let materialised = |bench: &Bench| told(&bench.events()).iter().filter(|line| line.starts_with("asset_")).count();
    assert_eq!(materialised(&afresh), 4, "versions that this log has not heard of: {:?}", told(&afresh.events()));
}

#[test]
fn a_run_whose_process_died_is_told_to_have_been_interrupted() {
    let bench = Bench::with(&[]);
    let house = bench.house().expect("a project");
    let history = bench.history();
    let (entered, is_entered) = std::sync::mpsc::channel();
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = std::sync::Mutex::new(may_go);
    let listener: Listener = Arc::new(move |event| {
        if matches!(&event, RunProgress::Finished { step, .. } if step == "silver.sales") {
            entered.send(()).expect("somebody waits");
            // Other tasks of this thread go on elsewhere. Told a second time, it does not wait: nobody sends any more.
            let _ = tokio::task::block_in_place(|| may_go.lock().expect("the gate").recv());
        }
    });
    let request = bench.request(&["monday.csv"]);
    let task = bench.runtime.spawn(async move { house.run(&history, request, listener, Cancel::default()).await });
    is_entered.recv().expect("the first table is made");
    assert_eq!(bench.runs()[0].state, RunState::Running);
    task.abort();
    drop(go);
    assert!(bench.runtime.block_on(task).is_err(), "killed");
    assert_eq!(bench.runs()[0].state, RunState::Running, "its lease still holds");
    bench.clock.advance_micros(31_000_000);
    assert_eq!(bench.runs()[0].state, RunState::Interrupted, "nobody has said so, but its lease is over");

    let summary = bench.run(&["monday.csv"]);
    assert_eq!((summary.state, asset(&summary, "silver.sales").state), (RunState::Succeeded, AssetState::Unchanged));
    let events = told(&bench.events());
    assert!(events.contains(&"run_finished interrupted".to_owned()), "{events:?}");
    assert!(events.contains(&"asset_materialised silver.sales".to_owned()), "what the dead run committed: {events:?}");
    assert_eq!(bench.queue().iter().map(|job| job.state).collect::<Vec<_>>(), [State::Succeeded, State::Dead]);
}

#[test]
fn a_run_from_the_queue_does_the_same_and_is_not_done_twice() {
    let bench = Bench::with(&[]);
    let (house, history) = (bench.house().expect("a project"), bench.history());
    let request = bench.request(&["monday.csv"]);
    bench.runtime.block_on(async {
        house.enqueue_run(&history, &request).await.expect("enqueued");
    });
    bench.settle();
    let runs = bench.runs();
    assert_eq!((runs.len(), runs[0].state, bench.queue()[0].state), (1, RunState::Succeeded, State::Succeeded));
    assert_eq!(bench.lines("select sum(pieces) from gold.by_item"), "6");
    assert_eq!(runs[0].started_at, NOW);

    bench.clock.advance_micros(1_000);
    let broken = RunRequest { source: Some("nobody".into()), ..request };
    bench.runtime.block_on(async {
        house.enqueue_run(&history, &broken).await.expect("enqueued");
    });
    bench.settle();
    let job = &bench.queue()[0];
    assert_eq!(job.state, State::Dead, "{:?}", job.error);
    assert_eq!(bench.runs().len(), 1, "nothing was begun");
}

/// Two projects that share a database: each has its own servers, tables and history.
#[test]
fn a_run_of_another_project_is_left_to_its_own_server() {
    let (bench, other) = (Bench::with(&[]), Bench::with(&[]));
    let toml = other.root().join("grayghost.toml");
    let text = fs::read_to_string(&toml).expect("settings");
    let id = text.lines().find_map(|line| line.strip_prefix("id = ")).expect("an id").to_owned();
    let foreign = text.replace(&id, "\"0198c0de-0000-7000-8000-00000000beef\"");
    assert_ne!(foreign, text);
    fs::write(&toml, foreign).expect("written");
    let theirs = other.house().expect("a project");
    let stranger = History { actor: kernel::Actor::system(WorkspaceId::new()), ..bench.history() };
    let (mine, request) = (bench.house().expect("a project"), other.request(&["monday.csv"]));
    bench.runtime.block_on(async {
        theirs.enqueue_run(&bench.history(), &request).await.expect("enqueued");
        mine.enqueue_run(&stranger, &request).await.expect("enqueued");
    });
    bench.settle();
    assert_eq!(bench.all_commits(), 0, "nothing was loaded");
    let job = &bench.queue()[0];
    assert_eq!((job.state, job.attempt), (State::Queued, 0), "it waits and no attempt is counted: {:?}", job.error);
}

#[test]
fn a_run_from_the_queue_waits_for_who_holds_its_tables() {
    let bench = Bench::with(&[]);
    let (house, history) = (bench.house().expect("a project"), bench.history());
    let request = bench.request(&["monday.csv"]);
    let (entered, is_entered) = std::sync::mpsc::channel();
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = std::sync::Mutex::new(may_go);
    let listener: Listener = Arc::new(move |event| {
        if matches!(&event, RunProgress::Planned { .. }) {
            entered.send(()).expect("somebody waits");
            let _ = tokio::task::block_in_place(|| may_go.lock().expect("the gate").recv());
        }
    });
    let (here, asked) = (house.clone(), history.clone());
    let (first, second) = (request.clone(), request);
    let task = bench.runtime.spawn(async move { here.run(&asked, first, listener, Cancel::default()).await });
    is_entered.recv().expect("it holds the tables");
    let id = bench.runtime.block_on(house.enqueue_run(&history, &second)).expect("enqueued");
    let state = || bench.queue().iter().find(|job| job.id == id).map(|job| (job.state, job.attempt)).expect("there");
    for _ in 0..5 {
        bench.settle();
        assert_eq!(state(), (State::Queued, 0), "more often than its attempts");
        bench.clock.advance_micros(3_000_000);
    }
    drop(go);
    let ended = bench.runtime.block_on(task).expect("no panic").expect("it ran");
    assert_eq!(ended.state, RunState::Succeeded);
    bench.settle();
    assert_eq!(state().0, State::Succeeded);
}

/// The engine quotes the value that it could not read.
#[test]
fn a_value_that_breaks_a_model_is_in_no_fact() {
    let bench =
        Bench::with(&[("models/gold/broken.sql", "select cast(item as bigint) as item from {{ ref('sales') }}")]);
    let summary = bench.run(&["monday.csv"]);
    let fault = asset(&summary, "gold.broken").fault.clone().expect("it cannot be cast");
    assert!(fault.why.is_some_and(|why| why.contains("tea") || why.contains("milk")), "the caller is told");
    let events = bench.events();
    let quoted = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).contains("'tea'") || String::from_utf8_lossy(bytes).contains("'milk'")
    };
    assert!(!events.iter().any(|event| quoted(&event.payload)), "and the log is not");
    assert_eq!(asset(&bench.runs()[0], "gold.broken").fault.as_ref().map(|fault| fault.why.clone()), Some(None));
}

#[test]
fn a_run_that_cannot_be_recorded_says_so_and_the_next_completes() {
    let bench = Bench::with(&[]);
    bench.app.faults.break_appends(1);
    let error = bench.try_run(bench.request(&["monday.csv"])).expect_err("not recorded");
    assert_eq!((error.code(), bench.all_commits()), ("sql.aborted", 0), "nothing is begun that is not recorded");
    assert_eq!(bench.run(&["monday.csv"]).state, RunState::Succeeded);
}

#[test]
fn a_changed_rule_is_checked_on_rows_that_have_not_changed() {
    let bench = Bench::with(&[("models/gold/by_item.sql", BY_ITEM)]);
    assert_eq!(bench.run(&["monday.csv"]).state, RunState::Succeeded);
    bench.write(
        "models/gold/by_item.yml",
        "expectations:\n  - expression_is_true: {id: little, expression: pieces < 3}\n",
    );
    let summary = bench.run(&["monday.csv"]);
    assert_eq!((summary.state, asset(&summary, "gold.by_item").checks.failed), (RunState::Failed, 1));
}
