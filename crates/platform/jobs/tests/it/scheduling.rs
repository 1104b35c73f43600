//! Jobs by the clock.

use futures::future::join_all;
use jobs::{Cron, JobError};
use kernel::{Timestamp, WorkspaceId};
use testkit::{Place, on_both};

use testkit::conformance::jobs::shop::{Does, KIND, NOON, SECOND, Shop};

on_both!(
    a_moment_has_one_job_however_many_look,
    missed_moments_are_made_up_for_by_one_job,
    a_job_that_still_lives_is_not_joined_by_another,
    a_schedule_that_is_set_again_keeps_its_next_moment
);

async fn hourly(shop: &Shop) {
    let cron: Cron = "0 * * * *".parse().expect("there");
    shop.jobs.schedule("hourly", &cron, shop.job(1).await).await.expect("answers");
}

async fn a_moment_has_one_job_however_many_look(place: Place) {
    let shop = Shop::open(place).await;
    hourly(&shop).await;
    shop.advance(3_599);
    assert_eq!(shop.jobs.tick().await.expect("answers"), 0);
    shop.advance(1);
    let queues: Vec<_> = (0..6).map(|_| shop.elsewhere()).collect();
    // Several moments, for two that look at the same time are rare.
    for _ in 0..15 {
        let ticked: Result<Vec<usize>, JobError> =
            join_all(queues.iter().map(jobs::Jobs::tick)).await.into_iter().collect();
        assert_eq!(ticked.expect("there").iter().sum::<usize>(), 1);
        assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
        shop.advance(3_600);
    }
}

async fn missed_moments_are_made_up_for_by_one_job(place: Place) {
    let shop = Shop::open(place).await;
    hourly(&shop).await;
    shop.advance(5 * 3_600 + 10);
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    let next = shop.jobs.schedules(shop.workspace).await.expect("answers")[0].next_at;
    assert_eq!(next, Some(Timestamp(NOON + 6 * 3_600 * SECOND)));
}

async fn a_job_that_still_lives_is_not_joined_by_another(place: Place) {
    let shop = Shop::open(place).await;
    hourly(&shop).await;
    for _ in 0..3 {
        shop.advance(3_600);
        shop.jobs.tick().await.expect("answers");
    }
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
    shop.advance(3_600);
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 1);
}

async fn a_schedule_that_is_set_again_keeps_its_next_moment(place: Place) {
    let shop = Shop::open(place).await;
    hourly(&shop).await;
    shop.advance(2 * 3_600);
    hourly(&shop).await;
    let schedules = shop.jobs.schedules(shop.workspace).await.expect("answers");
    assert_eq!((schedules.len(), schedules[0].next_at), (1, Some(Timestamp(NOON + 3_600 * SECOND))));
    let daily: Cron = "0 0 * * *".parse().expect("there");
    shop.jobs.schedule("hourly", &daily, shop.job(2).await).await.expect("answers");
    let schedules = shop.jobs.schedules(shop.workspace).await.expect("answers");
    assert_eq!((schedules[0].next_at, schedules[0].kind.as_str()), (Some(Timestamp(NOON + 12 * 3_600 * SECOND)), KIND));
    assert!(shop.jobs.schedules(WorkspaceId::new()).await.expect("answers").is_empty());
    assert!(!shop.jobs.unschedule(WorkspaceId::new(), "hourly").await.expect("answers"));
    assert!(shop.jobs.unschedule(shop.workspace, "hourly").await.expect("answers"));
    shop.advance(86_400);
    assert_eq!(shop.worker(Does::nothing()).drain().await.expect("answers"), 0);
}
