//! Sessions: refreshing, reuse, ends, lists; access tokens and the keys that sign them.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{AuditFilter, ChangeRole, INSTALLATION, ListRequest, Order, Settings, SignIn, Via};
use kernel::Actor;
use testkit::Place;

use crate::house::{GOOD, House, code, from, secret, settings};

testkit::on_both!(
    a_refresh_token_works_once_with_a_grace_of_seconds,
    two_who_refresh_at_once_get_the_same_successor,
    a_reused_token_ends_the_family_and_is_audited,
    a_forged_token_ends_nothing,
    a_session_ends_when_it_is_idle_and_at_the_latest_after_its_time,
    sessions_are_listed_with_their_device_and_ended_singly_or_all,
    an_access_token_is_good_for_its_time_and_its_session,
    tokens_that_others_made_or_changed_are_refused,
    keys_rotate_and_overlap,
    what_changes_elsewhere_is_noticed_within_seconds,
    a_session_that_was_there_before_signing_in_becomes_nobody_elses
);

async fn a_refresh_token_works_once_with_a_grace_of_seconds(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let first = house.tokens("ann@example.com").await;
    let second = house.identity.refresh_session(&first.refresh).await.expect("renewed");
    assert_ne!(second.refresh.expose(), first.refresh.expose());
    house.wait(Duration::from_secs(9));
    let again = house.identity.refresh_session(&first.refresh).await.expect("the answer got lost");
    assert_eq!(again.refresh.expose(), second.refresh.expose(), "the same successor");
    assert_eq!((second.session, second.user, second.workspace), (first.session, first.user, first.workspace));
    let third = house.identity.refresh_session(&second.refresh).await.expect("renewed");
    house.who(&third).await.expect("known");
}

async fn two_who_refresh_at_once_get_the_same_successor(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let first = house.tokens("ann@example.com").await;
    let tries = (0..8).map(|_| house.identity.refresh_session(&first.refresh));
    let all = futures::future::join_all(tries).await;
    let next: std::collections::BTreeSet<String> =
        all.into_iter().map(|tokens| tokens.expect("renewed").refresh.into_exposed()).collect();
    assert_eq!(next.len(), 1);
}

async fn a_reused_token_ends_the_family_and_is_audited(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let first = house.tokens("ann@example.com").await;
    let second = house.identity.refresh_session(&first.refresh).await.expect("renewed");
    house.who(&second).await.expect("known");
    house.wait(Duration::from_secs(11));
    assert_eq!(code(house.identity.refresh_session(&first.refresh).await), "identity.session_ended");
    assert_eq!(code(house.identity.refresh_session(&second.refresh).await), "identity.session_ended");
    assert_eq!(code(house.who(&second).await), "identity.bad_token", "its access token too, at once");
    house.identity.flush_audit().await;
    let filter = AuditFilter { action: Some("reuse_refresh_token".to_owned()), who: None };
    let seen = house.identity.list_audit(&house.app.system(), &filter, &ListRequest::default()).await.expect("listed");
    assert_eq!(seen.items.len(), 1);
    assert_eq!(seen.items[0].who, format!("user:{}", first.user));
}

async fn a_forged_token_ends_nothing(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let first = house.tokens("ann@example.com").await;
    let second = house.identity.refresh_session(&first.refresh).await.expect("renewed");
    house.wait(Duration::from_mins(1));
    let bytes = URL_SAFE_NO_PAD.decode(first.refresh.expose()).expect("base64");
    for at in [16, 19, 20, 51] {
        let mut forged = bytes.clone();
        forged[at] ^= 1;
        let forged = secret(&URL_SAFE_NO_PAD.encode(forged));
        assert_eq!(code(house.identity.refresh_session(&forged).await), "identity.session_ended", "byte {at}");
    }
    for text in ["", "a", "not base64!", &"A".repeat(5_000)] {
        assert_eq!(code(house.identity.refresh_session(&secret(text)).await), "identity.session_ended");
    }
    house.identity.refresh_session(&second.refresh).await.expect("goes on");
}

async fn a_session_ends_when_it_is_idle_and_at_the_latest_after_its_time(place: Place) {
    const DAY: Duration = Duration::from_hours(24);
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let idle = house.tokens("ann@example.com").await;
    house.wait(14 * DAY);
    assert_eq!(code(house.identity.refresh_session(&idle.refresh).await), "identity.session_ended");
    let mut used = house.tokens("ann@example.com").await;
    for _ in 0..8 {
        house.wait(10 * DAY);
        used = house.identity.refresh_session(&used.refresh).await.expect("within its time");
    }
    house.wait(10 * DAY);
    assert_eq!(code(house.identity.refresh_session(&used.refresh).await), "identity.session_ended", "90 days");
}

async fn sessions_are_listed_with_their_device_and_ended_singly_or_all(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    house.member("bob@example.com", "viewer").await;
    let there = house.identity.seen_from(from("203.0.113.7"));
    let command = SignIn {
        email: "ann@example.com".to_owned(),
        password: secret(GOOD),
        code: None,
        workspace: Some("default".to_owned()),
    };
    let first = there.sign_in(command).await.expect("signed in");
    house.wait(Duration::from_secs(1));
    let second = house.tokens("ann@example.com").await;
    let (ann, bob) = (house.who(&second).await.expect("known").actor.clone(), house.actor("bob@example.com").await);
    let newest = ListRequest { order: Order::Falling, ..ListRequest::default() };
    let list = async |actor: &Actor| house.identity.list_sessions(actor, &newest).await.expect("listed").items;
    let rows = list(&ann).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second.session, first.session], "newest first");
    assert_eq!((rows[1].address.as_deref(), rows[1].agent.as_deref()), (Some("203.0.113.7"), Some("curl/8")));
    assert_eq!(list(&bob).await.len(), 1);
    assert_eq!(code(house.identity.revoke_session(&bob, first.session).await), "identity.not_found", "not theirs");
    house.identity.revoke_session(&ann, first.session).await.expect("ended");
    assert_eq!(code(house.who(&first).await), "identity.bad_token");
    house.tokens("ann@example.com").await;
    assert_eq!(house.identity.revoke_sessions(&ann, Some(second.session)).await.expect("ended"), 1);
    house.who(&second).await.expect("goes on");
    assert_eq!(house.identity.revoke_sessions(&ann, None).await.expect("ended"), 1);
    assert_eq!(
        (code(house.who(&second).await), list(&ann).await.len(), list(&bob).await.len()),
        ("identity.bad_token", 0, 1)
    );
}

async fn an_access_token_is_good_for_its_time_and_its_session(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let bob = house.member("bob@example.com", "viewer").await;
    let tokens = house.tokens("bob@example.com").await;
    let who = house.who(&tokens).await.expect("known");
    assert_eq!((who.actor.workspace, who.via), (house.app.workspace, Via::Session(tokens.session)));
    let ann = house.actor("ann@example.com").await;
    let command = ChangeRole { user: bob, role: "analyst".to_owned(), expected: None };
    house.identity.change_role(&ann, command).await.expect("changed");
    let now = house.who(&tokens).await.expect("known");
    assert!(now.actor.permissions().len() > who.actor.permissions().len(), "at once, with the same token");
    house.identity.remove_member(&ann, bob).await.expect("removed");
    assert_eq!(code(house.who(&tokens).await), "identity.bad_token");
    assert_eq!(code(house.identity.refresh_session(&tokens.refresh).await), "identity.session_ended");
    assert_eq!(code(house.sign_in("bob@example.com", GOOD).await), "identity.no_membership");
    let tokens = house.tokens("ann@example.com").await;
    house.wait(Duration::from_secs(15 * 60 - 1));
    house.who(&tokens).await.expect("still good");
    house.wait(Duration::from_secs(1));
    assert_eq!(code(house.who(&tokens).await), "identity.bad_token");
}

async fn tokens_that_others_made_or_changed_are_refused(place: Place) {
    let house = House::new(place).await;
    let elsewhere = House::new(testkit::memory().await).await;
    // Tests draw the same numbers: without this both would make the same key.
    elsewhere.app.log.source().share();
    for each in [&house, &elsewhere] {
        each.set_up("ann@example.com").await;
    }
    let (ours, theirs) = (house.tokens("ann@example.com").await, elsewhere.tokens("ann@example.com").await);
    house.who(&ours).await.expect("known");
    assert_eq!(code(house.who(&theirs).await), "identity.bad_token", "of another installation");
    let other = house.beside(Settings { audience: "another".to_owned(), ..settings() });
    assert_eq!(code(other.authenticate(ours.access.expose()).await), "identity.bad_token", "for another audience");
    let other = house.beside(Settings { issuer: "another".to_owned(), ..settings() });
    assert_eq!(code(other.authenticate(ours.access.expose()).await), "identity.bad_token", "of another issuer");
    let parts: Vec<&str> = ours.access.expose().split('.').collect();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("text");
    let other = claims.replace(&house.app.workspace.to_string(), &INSTALLATION.to_string());
    assert_ne!(claims, other);
    let moved = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(other), parts[2]);
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    for text in [moved.as_str(), &unsigned, "", "gg_", "a.b.c", ours.refresh.expose()] {
        assert_eq!(code(house.identity.authenticate(text).await), "identity.bad_token", "{text:.40}");
    }
}

async fn keys_rotate_and_overlap(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let old = house.tokens("ann@example.com").await;
    let other = house.beside(settings());
    let keys = async || house.identity.jwks().await.expect("keys").keys.len();
    assert_eq!(keys().await, 1);
    house.wait(Duration::from_secs(1));
    house.identity.rotate_signing_key(&house.app.system()).await.expect("rotated");
    let new = house.tokens("ann@example.com").await;
    assert_eq!(keys().await, 2);
    for tokens in [&old, &new] {
        house.who(tokens).await.expect("both are good");
        other.authenticate(tokens.access.expose()).await.expect("in another process too");
    }
    house.wait(Duration::from_secs(16 * 60 + 1));
    assert_eq!(keys().await, 1, "no token of the old key lives");
    house.wait(Duration::from_hours(31 * 24));
    house.tokens("ann@example.com").await;
    assert_eq!(keys().await, 2, "by itself after thirty days");
    let stored = house.app.log.database().tenant(INSTALLATION);
    let rows =
        stored.all("SELECT sealed FROM identity_signing_keys WHERE workspace_id = $1", vec![]).await.expect("read");
    let sealed = rows.iter().map(|row| String::from_utf8(row.get::<Vec<u8>>(0).expect("bytes")).expect("JSON"));
    assert!(sealed.collect::<Vec<_>>().iter().all(|text| text.starts_with("{\"$sealed\"")), "never in the open");
}

async fn what_changes_elsewhere_is_noticed_within_seconds(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let other = house.beside(settings());
    let tokens = house.tokens("ann@example.com").await;
    let ann = other.authenticate(tokens.access.expose()).await.expect("known").actor.clone();
    house.identity.revoke_session(&ann, tokens.session).await.expect("ended");
    assert_eq!(code(house.who(&tokens).await), "identity.bad_token", "here at once");
    house.wait(Duration::from_secs(5));
    assert_eq!(
        code(other.authenticate(tokens.access.expose()).await),
        "identity.bad_token",
        "there after five seconds"
    );
}

async fn a_session_that_was_there_before_signing_in_becomes_nobody_elses(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    house.member("eve@example.com", "viewer").await;
    // What an attacker has, and slips to somebody, stays the attacker's.
    let planted = house.tokens("eve@example.com").await;
    let own = house.tokens("ann@example.com").await;
    assert_ne!((planted.session, planted.refresh.expose()), (own.session, own.refresh.expose()));
    let renewed = house.identity.refresh_session(&planted.refresh).await.expect("renewed");
    assert_eq!((renewed.user, renewed.session), (planted.user, planted.session));
    assert_eq!(house.who(&planted).await.expect("known").actor.who, kernel::Who::User(planted.user));
    let again = house.tokens("ann@example.com").await;
    assert_ne!(again.session, own.session, "each sign-in begins one of its own");
}
