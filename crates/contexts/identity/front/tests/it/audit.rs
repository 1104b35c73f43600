//! The audit: what is in it, what is not, and that nobody edits it unnoticed.

use futures::TryStreamExt as _;
use identity::{AuditFilter, INSTALLATION, ListRequest, Order, Outcome, SignIn};
use kernel::{Actor, SubjectId};
use testkit::Place;

use crate::house::{GOOD, House, code, email, from, secret};

testkit::on_both!(
    what_was_done_and_what_was_refused_is_told_with_its_origin,
    an_export_has_every_entry_and_is_one,
    whatever_is_changed_in_the_audit_is_found,
    entries_are_of_the_chain_and_hold_no_address_in_the_open,
    a_forgotten_address_is_gone_and_its_owner_goes_on_being_audited
);

fn newest() -> ListRequest {
    ListRequest { order: Order::Falling, ..ListRequest::default() }
}

async fn what_was_done_and_what_was_refused_is_told_with_its_origin(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let door = house.identity.seen_from(from("203.0.113.7"));
    let invite = identity::InviteMember { email: email("bob@example.com"), role: "viewer".to_owned() };
    door.invite_member(&ann, invite).await.expect("invited");
    let nobody = Actor::new(ann.workspace, ann.who, []);
    assert_eq!(code(door.archive_workspace(&nobody).await), "kernel.forbidden");
    door.flush_audit().await;
    let list = async |workspace, filter: AuditFilter| {
        let page = door.list_audit(&Actor::system(workspace), &filter, &newest()).await.expect("listed");
        page.items
            .into_iter()
            .map(|entry| (entry.action, entry.outcome, entry.reason, entry.address))
            .collect::<Vec<_>>()
    };
    let address = Some("203.0.113.7".to_owned());
    let entries = list(ann.workspace, AuditFilter::default()).await;
    let forbidden = Some("kernel.forbidden".to_owned());
    assert_eq!(entries[0], ("archive_workspace".to_owned(), Outcome::Refused, forbidden, address.clone()));
    assert_eq!(entries[1], ("invite_member".to_owned(), Outcome::Done, None, address.clone()));
    let actions: Vec<_> = entries.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(actions, ["archive_workspace", "invite_member", "sign_in", "set_up"]);
    let only = AuditFilter { action: Some("sign_in".to_owned()), who: Some(ann.who.to_string()) };
    assert_eq!(list(ann.workspace, only).await.len(), 1);

    let guess = SignIn { email: "nobody@example.com".to_owned(), password: secret(GOOD), code: None, workspace: None };
    door.sign_in(guess).await.expect_err("refused");
    door.flush_audit().await;
    let refused = list(INSTALLATION, AuditFilter { action: Some("sign_in".to_owned()), who: None }).await;
    let reason = Some("identity.bad_credentials".to_owned());
    assert_eq!(refused, [("sign_in".to_owned(), Outcome::Refused, reason, address)], "of no workspace yet");
}

async fn entries_are_of_the_chain_and_hold_no_address_in_the_open(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let door = house.identity.seen_from(from("203.0.113.7"));
    let command = SignIn { email: "ann@example.com".to_owned(), password: secret(GOOD), code: None, workspace: None };
    door.sign_in(command).await.expect("signed in");
    house.seal().await;
    let verified = house.app.log.verify().await.expect("read");
    assert!(verified.broken.is_none() && verified.heads.contains_key(&house.app.workspace));
    let events = house.app.log.after(0, 1_000).await.expect("read");
    let audited = events.iter().filter(|event| event.kind == "audited").count();
    assert_eq!(audited, 2, "set-up and sign-in");
    let text: String = events.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    for personal in ["203.0.113.7", "ann@example.com", "Ann", "argon2id", GOOD] {
        assert!(!text.contains(personal), "{personal}");
    }
}

async fn a_forgotten_address_is_gone_and_its_owner_goes_on_being_audited(place: Place) {
    let house = House::new(place).await;
    let user = house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let door = house.identity.seen_from(from("203.0.113.7"));
    door.revoke_sessions(&ann, None).await.expect("ended");
    house.app.log.erase_subjects(&Actor::system(ann.workspace), &[SubjectId(user.0)]).await.expect("erased");
    door.revoke_sessions(&ann, None).await.expect("done once more");
    let page = door.list_audit(&ann, &AuditFilter::default(), &newest()).await.expect("listed");
    let entries: Vec<_> =
        page.items.iter().take(2).map(|entry| (entry.action.as_str(), entry.address.as_deref())).collect();
    assert_eq!(entries, [("revoke_sessions", None), ("revoke_sessions", None)]);
}

async fn an_export_has_every_entry_and_is_one(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    for _ in 0..3 {
        house.identity.revoke_sessions(&ann, None).await.expect("ended");
    }
    let eve = house.stranger("eve@example.com").await;
    let pages: Vec<_> = house.identity.export_audit(&ann).await.expect("exported").try_collect().await.expect("read");
    let entries: Vec<_> = pages.concat();
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let expected = ["set_up", "sign_in", "revoke_sessions", "revoke_sessions", "revoke_sessions", "export_audit"];
    assert_eq!(actions, expected, "oldest first, to itself");
    let page = house.identity.list_audit(&ann, &AuditFilter::default(), &newest()).await.expect("listed");
    assert_eq!(page.items.into_iter().rev().collect::<Vec<_>>(), entries);
    let theirs: Vec<_> = house.identity.export_audit(&eve).await.expect("exported").try_collect().await.expect("read");
    assert!(theirs.concat().iter().all(|entry| !entries.contains(entry)), "of nobody else");
    let nobody = Actor::new(ann.workspace, ann.who, []);
    assert_eq!(code(house.identity.export_audit(&nobody).await.map(|_| ())), "kernel.forbidden");
}

async fn whatever_is_changed_in_the_audit_is_found(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let eve = house.stranger("eve@example.com").await;
    house.seal().await;
    let report = house.identity.verify_audit(&ann, ann.workspace).await.expect("verified");
    assert_eq!((report.entries, report.troubles.len()), (2, 0), "{report:?}");
    let again = house.identity.verify_audit(&house.app.system(), ann.workspace).await.expect("verified");
    assert!(again == report && report.head.is_some(), "nothing was written by it");
    assert_eq!(code(house.identity.verify_audit(&eve, ann.workspace).await), "identity.not_found");
    let nobody = Actor::new(ann.workspace, ann.who, []);
    assert_eq!(code(house.identity.verify_audit(&nobody, ann.workspace).await), "kernel.forbidden");
    let payload = || b"{}".to_vec();
    let forgeries = [
        (
            "UPDATE identity_audit SET payload = $2 WHERE workspace_id = $1 AND action = 'sign_in'",
            sql::args![payload()],
            "not what the log has",
        ),
        (
            "DELETE FROM identity_audit WHERE workspace_id = $1 AND action = 'sign_in'",
            sql::args![],
            "missing from the list",
        ),
        (
            "INSERT INTO identity_audit (workspace_id, entry_id, who, action, payload) VALUES ($1, $2, 'x', 'x', $3)",
            sql::args![kernel::uuid::Uuid::from_u128(1), payload()],
            "never written to the log",
        ),
        (
            "UPDATE events SET payload = $2 WHERE workspace_id = $1 AND type = 'audited'",
            sql::args![payload()],
            "was changed",
        ),
    ];
    for (forged, values, told) in forgeries {
        let tenant = house.app.log.database().tenant(ann.workspace);
        tenant
            .write::<_, sql::SqlError, _>(move |tx| Box::pin(async move { tx.execute(forged, values).await }))
            .await
            .expect("forged");
        let report = house.identity.verify_audit(&ann, ann.workspace).await.expect("verified");
        assert!(report.troubles.iter().any(|trouble| trouble.contains(told)), "{told}: {:?}", report.troubles);
    }
}
