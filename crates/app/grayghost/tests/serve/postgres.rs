//! The same on PostgreSQL: log and keys in one database.

use crate::{
    server::{Shop, until},
    toy,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_postgresql_seals_what_others_write_and_ends_in_order() {
    let Some(place) = testkit::postgres().await else { return };
    let (shop, url) = (Shop::new(), place.settings.url.as_str());
    let mut server = shop.serve(&["--database-url", url]);
    let log = toy::log(&shop, Some(url)).await;
    toy::write_notes(&shop, &log, 4).await;
    let words = ["events", "verify", "--format", "json", "--database-url", url];
    let verified = until("the server has sealed them", || {
        let verified = shop.ask(&words).ends_with(0).json();
        (verified["events"] == 5).then_some(verified)
    });
    assert_eq!(verified["pending"], 0);
    assert!(!shop.path(".grayghost/keys.db").exists(), "keys are in the same database");

    let second = shop.serve(&["--database-url", url]);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    toy::write_notes(&shop, &log, 1).await;
    until("the other one seals", || (shop.ask(&words).json()["events"] == 6).then_some(()));
    drop(second);
}
