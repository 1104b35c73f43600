//! What people see and decide.

use jobs::{Cancelled, Enqueued, Filter, JobError, Retry, State, Unique};
use kernel::{PageRequest, Timestamp, WorkspaceId};

use super::shop::{Does, KIND, NOON, SECOND, Shop};
use crate::{Place, conformance::rules::rules};

rules!(
    a_workspace_lists_its_own_jobs_page_by_page,
    lists_are_filtered,
    a_dead_letter_is_edited_and_replayed_or_discarded,
    a_waiting_job_is_cancelled_at_once,
    a_replayed_job_takes_its_key_back_or_is_refused,
    strangers_reach_nothing,
    depth_and_age_are_counted
);

async fn a_workspace_lists_its_own_jobs_page_by_page(place: Place) {
    let shop = Shop::open(place).await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(shop.enqueue(shop.job(number).await).await);
        shop.advance(1);
    }
    ids.reverse();
    let (mut seen, mut page) = (Vec::new(), PageRequest::new(3, None).expect("there"));
    loop {
        let found = shop.jobs.list(shop.workspace, &Filter::default(), &page).await.expect("answers");
        seen.extend(found.items.iter().map(|job| job.id));
        let Some(next) = found.next else { break };
        page = PageRequest::new(3, Some(next)).expect("there");
    }
    assert_eq!(seen, ids);
    let exact = PageRequest::new(7, None).expect("there");
    assert!(shop.jobs.list(shop.workspace, &Filter::default(), &exact).await.expect("answers").next.is_none());
}

async fn lists_are_filtered(place: Place) {
    let shop = Shop::open(place).await;
    let dead = shop.enqueue(shop.job(1).await).await;
    shop.worker(Does::fails(Retry::Never)).drain().await.expect("answers");
    let done = shop.enqueue(shop.job(2).await).await;
    shop.worker(Does::nothing()).drain().await.expect("answers");
    let failed = shop.enqueue(shop.job(3).await).await;
    shop.worker(Does::fails(Retry::BackOff)).drain().await.expect("answers");
    let other = shop.enqueue(shop.jobs.job(shop.workspace, "test.other", &1).await.expect("answers")).await;
    let gone = shop.enqueue(shop.job(4).await).await;
    shop.jobs.cancel(shop.workspace, gone).await.expect("answers");
    for (state, kind, expected) in [
        (Some(State::Dead), None, vec![dead]),
        (Some(State::Succeeded), None, vec![done]),
        (Some(State::Failed), None, vec![failed]),
        (Some(State::Queued), None, vec![other]),
        (Some(State::Cancelled), None, vec![gone]),
        (Some(State::Running), None, vec![]),
        (None, Some("test.other"), vec![other]),
        (Some(State::Dead), Some("test.other"), vec![]),
    ] {
        let filter = Filter { state, kind: kind.map(str::to_owned), ..Filter::default() };
        let found = shop.jobs.list(shop.workspace, &filter, &PageRequest::default()).await.expect("answers").items;
        assert_eq!(found.iter().map(|job| job.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn a_dead_letter_is_edited_and_replayed_or_discarded(place: Place) {
    let shop = Shop::open(place).await;
    let picky = || {
        shop.worker(Does::new(|context| async move {
            match context.args::<u32>().await? {
                7 => Ok(()),
                other => Err(jobs::Failure::new(format!("{other} is not 7"), Retry::Never)),
            }
        }))
    };
    let id = shop.enqueue(shop.job(1).await.max_attempts(1)).await;
    picky().drain().await.expect("answers");
    assert_eq!(shop.get(id).await.error.as_deref(), Some("1 is not 7"));
    shop.jobs.edit(shop.workspace, id, &7).await.expect("answers");
    shop.jobs.retry(shop.workspace, id).await.expect("answers");
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt, job.token, job.ended_at), (State::Queued, 0, 1, None));
    assert_eq!(picky().drain().await.expect("answers"), 1);
    let job = shop.get(id).await;
    assert_eq!((job.state, job.attempt, job.token, job.error), (State::Succeeded, 1, 2, None));
    for refused in [
        shop.jobs.retry(shop.workspace, id).await,
        shop.jobs.edit(shop.workspace, id, &8).await,
        shop.jobs.discard(shop.workspace, id).await,
    ] {
        assert!(matches!(refused, Err(JobError::WrongState { state: State::Succeeded, .. })), "{refused:?}");
    }
    let other = shop.enqueue(shop.job(1).await).await;
    picky().drain().await.expect("answers");
    shop.jobs.discard(shop.workspace, other).await.expect("answers");
    assert_eq!(shop.state(other).await, State::Cancelled);
}

async fn a_waiting_job_is_cancelled_at_once(place: Place) {
    let shop = Shop::open(place).await;
    let id = shop.enqueue(shop.job(1).await.unique(Unique::while_live("a"))).await;
    assert_eq!(shop.jobs.cancel(shop.workspace, id).await.expect("answers"), Cancelled::AtOnce);
    assert_eq!(shop.jobs.cancel(shop.workspace, id).await.expect("answers"), Cancelled::Ended(State::Cancelled));
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 0);
    let next = shop.jobs.enqueue(shop.job(1).await.unique(Unique::while_live("a"))).await.expect("answers");
    assert!(matches!(next, Enqueued::New(_)), "its key is free");
}

async fn a_replayed_job_takes_its_key_back_or_is_refused(place: Place) {
    let shop = Shop::open(place).await;
    let unique = async || shop.job(1).await.unique(Unique::while_live("a"));
    let first = shop.enqueue(unique().await).await;
    shop.worker(Does::fails(Retry::Never)).drain().await.expect("answers");
    let second = shop.enqueue(unique().await).await;
    let refused = shop.jobs.retry(shop.workspace, first).await;
    assert!(matches!(refused, Err(JobError::WrongState { .. })), "{refused:?}");
    shop.jobs.cancel(shop.workspace, second).await.expect("answers");
    shop.jobs.retry(shop.workspace, first).await.expect("answers");
    assert_eq!(shop.jobs.enqueue(unique().await).await.expect("answers"), Enqueued::Existing(first));
}

async fn strangers_reach_nothing(place: Place) {
    let shop = Shop::open(place).await;
    let (id, stranger) = (shop.enqueue(shop.job(1).await).await, WorkspaceId::new());
    let jobs = &shop.jobs;
    for refused in [
        jobs.get(stranger, id).await.map(drop),
        jobs.cancel(stranger, id).await.map(drop),
        jobs.retry(stranger, id).await,
        jobs.edit(stranger, id, &1).await,
        jobs.discard(stranger, id).await,
    ] {
        assert!(matches!(refused, Err(JobError::NotFound { .. })), "{refused:?}");
    }
    assert!(jobs.list(stranger, &Filter::default(), &PageRequest::default()).await.expect("answers").items.is_empty());
    assert_eq!(shop.state(id).await, State::Queued);
}

async fn depth_and_age_are_counted(place: Place) {
    let shop = Shop::open(place).await;
    shop.enqueue(shop.job(1).await).await;
    shop.enqueue(shop.job(2).await.at(Timestamp(NOON + 60 * SECOND))).await;
    shop.enqueue(shop.jobs.job(shop.workspace, "test.other", &1).await.expect("answers").at(Timestamp(NOON + SECOND)))
        .await;
    let mut counts = shop.jobs.counts().await.expect("answers");
    counts.sort_by(|a, b| a.kind.cmp(&b.kind));
    let shown: Vec<_> = counts
        .iter()
        .map(|each| (each.kind.as_str(), each.state, each.jobs, each.oldest_due.map(|due| due.0)))
        .collect();
    assert_eq!(shown, [(KIND, State::Queued, 2, Some(NOON)), ("test.other", State::Queued, 1, None)]);
    shop.worker(Does::fails(Retry::Never)).drain().await.expect("answers");
    let dead = shop.jobs.counts().await.expect("answers").into_iter().find(|each| each.state == State::Dead);
    assert_eq!(dead.map(|each| (each.jobs, each.oldest_due)), Some((1, None)));
}
