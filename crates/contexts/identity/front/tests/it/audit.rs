//! The audit: what is in it, what is not, and that nobody edits it unnoticed.

use identity::{AuditFilter, INSTALLATION, Outcome, SignIn};
use kernel::{Actor, SubjectId};
use testkit::Place;

use crate::house::{GOOD, House, code, email, from, secret};

testkit::on_both!(
    what_was_done_and_what_was_refused_is_told_with_its_origin,
    entries_are_of_the_chain_and_hold_no_address_in_the_open,
    a_forgotten_address_is_gone_and_its_owner_goes_on_being_audited
);

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
        let page = door.list_audit(&Actor::system(workspace), &filter, &Default::default()).await.expect("listed");
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

    let guess = SignIn { email: "nobody@example.com".to_owned(), password: secret(GOOD), workspace: None };
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
    let command = SignIn { email: "ann@example.com".to_owned(), password: secret(GOOD), workspace: None };
    door.sign_in(command).await.expect("signed in");
    house.app.log.seal_all().await.expect("sealed");
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
    let page = door.list_audit(&ann, &AuditFilter::default(), &Default::default()).await.expect("listed");
    let entries: Vec<_> =
        page.items.iter().take(2).map(|entry| (entry.action.as_str(), entry.address.as_deref())).collect();
    assert_eq!(entries, [("revoke_sessions", None), ("revoke_sessions", None)]);
}
