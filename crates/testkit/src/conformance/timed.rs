//! A port under test together with its time.

use std::{fmt, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use kernel::ManualClock;

type Pass = Box<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

/// A port, and how its time passes: by moving a manual clock, or by sleeping where a server keeps its own.
pub struct Timed<P: ?Sized> {
    /// What is tested.
    pub port: Arc<P>,
    pass: Pass,
}

impl<P: ?Sized> Timed<P> {
    /// A port whose time passes by `pass`.
    pub fn new(port: Arc<P>, pass: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self { port, pass: Box::new(pass) }
    }

    /// A port on a clock that stands still until it is moved. It shows 2026-01-01.
    pub fn manual(make: impl FnOnce(Arc<ManualClock>) -> Arc<P>) -> Self {
        let clock = Arc::new(ManualClock::at(kernel::Timestamp(1_767_225_600_000_000)));
        let port = make(Arc::clone(&clock));
        Self::new(port, move |time| {
            clock.advance_micros(i64::try_from(time.as_micros()).unwrap_or(i64::MAX));
            Box::pin(std::future::ready(()))
        })
    }

    /// Lets `time` pass.
    pub async fn pass(&self, time: Duration) {
        (self.pass)(time).await;
    }
}

impl<P: ?Sized + fmt::Debug> fmt::Debug for Timed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timed").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The unit of the suites' times: long beside a round trip to a server, short enough to be slept.
pub(super) const TICK: Duration = Duration::from_millis(200);

/// Runs each rule on a port of its own, and names the one that fails.
macro_rules! each_rule {
    ($make:expr; $($rule:ident),+ $(,)?) => {
        $(anyhow::Context::context($rule($make().await).await, stringify!($rule))?;)+
    };
}
pub(super) use each_rule;
