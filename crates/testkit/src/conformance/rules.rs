//! Rules of what stands on a database: each is a function that panics where it is broken.

use anyhow::{Result, ensure};
use futures::{StreamExt, future::BoxFuture, stream};

use crate::Place;

/// Rules that run at the same time: as much as a small machine does well, and enough that they meet on a shared server.
const AT_ONCE: usize = 2;

/// One rule.
pub(super) struct Rule {
    /// Its function, with the path.
    pub(super) name: &'static str,
    /// Runs it on an empty database.
    pub(super) run: fn(Place) -> BoxFuture<'static, ()>,
}

/// Lists the rules of a file; one that is left out is an unused function.
macro_rules! rules {
    ($($name:ident),+ $(,)?) => {
        pub(super) const RULES: &[$crate::conformance::rules::Rule] = &[$($crate::conformance::rules::Rule {
            name: concat!(module_path!(), "::", stringify!($name)),
            run: |place| Box::pin($name(place)),
        }),+];
    };
}
pub(super) use rules;

/// Runs them all, and says which are broken.
pub(super) async fn all(rules: &[&[Rule]], make: impl AsyncFn() -> Place) -> Result<()> {
    let one = async |rule: &Rule| {
        let place = make().await;
        // A task of its own, so that its panic ends nothing but itself.
        tokio::spawn((rule.run)(place)).await.is_err().then_some(rule.name)
    };
    let rules = rules.iter().copied().flatten();
    let broken: Vec<&str> =
        stream::iter(rules.map(one)).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    ensure!(broken.is_empty(), "broken: {broken:#?}");
    Ok(())
}
