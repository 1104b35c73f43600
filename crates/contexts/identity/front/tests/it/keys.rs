//! API keys: shown once, bound to a role of who makes them, ended by time or by hand.

use std::time::Duration;

use identity::{DefineRole, IssueKey, IssuedKey, ListRequest, Via};
use kernel::{Actor, ErrorKind, Permission, Who};
use testkit::Place;

use crate::house::{House, code, kind};

testkit::on_both!(
    a_key_opens_what_its_role_may_until_it_is_revoked,
    a_key_ends_at_its_time,
    a_key_may_no_more_than_who_makes_it,
    the_last_use_of_a_key_is_written_once_a_minute,
    keys_are_listed_in_pages
);

async fn issue(house: &House, by: &Actor, role: &str) -> Result<IssuedKey, identity::IdentityError> {
    let command = IssueKey { name: "nightly".to_owned(), role: role.to_owned(), expires_in: None };
    house.identity.issue_key(by, command).await
}

async fn a_key_opens_what_its_role_may_until_it_is_revoked(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let key = issue(&house, &ann, "api_user").await.expect("made");
    assert!(key.secret.expose().starts_with("gg_"));
    let who = house.identity.authenticate(key.secret.expose()).await.expect("known");
    assert_eq!(
        (who.actor.who, who.via, who.actor.workspace),
        (Who::Key(key.id), Via::Key(key.id), house.app.workspace)
    );
    assert!(
        who.actor.require(Permission::LakehouseQuery).is_ok() && who.actor.require(Permission::MembersRead).is_err()
    );
    house.identity.revoke_key(&ann, key.id).await.expect("revoked");
    house.identity.revoke_key(&ann, key.id).await.expect("said again");
    assert_eq!(code(house.identity.authenticate(key.secret.expose()).await), "identity.bad_token");
    assert_eq!(code(house.identity.revoke_key(&ann, kernel::KeyId::new()).await), "identity.not_found");
    let rows = house.identity.list_keys(&ann, &ListRequest::default()).await.expect("listed").items;
    assert!(rows.len() == 1 && rows[0].revoked_at.is_some());
    let stored =
        house.app.log.stream(house.app.workspace, &format!("identity.api_key.{}", key.id), 0).await.expect("read");
    let text: String = stored.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    assert!(!text.contains(&key.secret.expose()[10..]), "{text}");
}

async fn a_key_ends_at_its_time(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let (name, role) = ("short".to_owned(), "viewer".to_owned());
    let command = IssueKey { name, role, expires_in: Some(Duration::from_mins(5)) };
    let key = house.identity.issue_key(&house.app.system(), command).await.expect("made");
    house.wait(Duration::from_secs(299));
    house.identity.authenticate(key.secret.expose()).await.expect("good");
    house.wait(Duration::from_secs(1));
    assert_eq!(code(house.identity.authenticate(key.secret.expose()).await), "identity.bad_token", "remembered or not");
}

async fn a_key_may_no_more_than_who_makes_it(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    house.member("bob@example.com", "admin").await;
    let bob = house.actor("bob@example.com").await;
    assert_eq!(code(issue(&house, &bob, "owner").await), "identity.beyond_authority");
    assert_eq!(code(issue(&house, &bob, "king").await), "identity.no_such_role");
    let key = issue(&house, &bob, "admin").await.expect("made");
    let admin = house.identity.authenticate(key.secret.expose()).await.expect("known").actor.clone();
    assert_eq!(code(issue(&house, &admin, "owner").await), "identity.beyond_authority", "nor does a key");
    let viewer = issue(&house, &bob, "viewer").await.expect("made");
    let viewer = house.identity.authenticate(viewer.secret.expose()).await.expect("known").actor.clone();
    assert_eq!(kind(issue(&house, &viewer, "viewer").await), ErrorKind::Forbidden);
    let permissions = vec!["members:read".to_owned()];
    let command = DefineRole { role: "reader".to_owned(), permissions, expected: None };
    house.identity.define_role(&house.app.system(), command).await.expect("made");
    let own = issue(&house, &bob, "reader").await.expect("made");
    let own = house.identity.authenticate(own.secret.expose()).await.expect("known");
    assert_eq!(own.actor.permissions(), [Permission::MembersRead]);
}

async fn the_last_use_of_a_key_is_written_once_a_minute(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let system = house.app.system();
    let key = issue(&house, &system, "viewer").await.expect("made");
    let used = async || {
        house.identity.list_keys(&system, &ListRequest::default()).await.expect("listed").items[0].last_used_at
    };
    assert_eq!(used().await, None);
    house.identity.authenticate(key.secret.expose()).await.expect("known");
    let first = used().await.expect("used");
    house.wait(Duration::from_secs(59));
    house.identity.authenticate(key.secret.expose()).await.expect("known");
    assert_eq!(used().await, Some(first));
    house.wait(Duration::from_secs(1));
    house.identity.authenticate(key.secret.expose()).await.expect("known");
    assert_eq!(used().await.expect("used").0 - first.0, 60_000_000);
}

async fn keys_are_listed_in_pages(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let system = house.app.system();
    let mut made = Vec::new();
    for _ in 0..5 {
        house.wait(Duration::from_millis(1));
        made.push(issue(&house, &system, "viewer").await.expect("made").id);
    }
    let (mut seen, mut next) = (Vec::new(), None);
    for size in [2, 2, 1] {
        let request =
            ListRequest { page: kernel::PageRequest::new(2, next).expect("a page"), ..ListRequest::default() };
        let page = house.identity.list_keys(&system, &request).await.expect("listed");
        assert_eq!(page.items.len(), size);
        seen.extend(page.items.iter().map(|row| row.id));
        next = page.next;
    }
    assert_eq!((seen, next), (made, None));
}
