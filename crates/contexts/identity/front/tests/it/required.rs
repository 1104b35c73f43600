//! A workspace that requires a second factor; handing a workspace over.

use std::time::Duration;

use identity::{IssueKey, ListRequest, Proof};
use kernel::Who;
use testkit::Place;

use crate::house::{GOOD, House, by_password, code};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

testkit::on_both!(
    who_has_no_factor_may_nothing_but_add_one,
    nobody_requires_what_they_lack_nor_drops_what_is_required,
    keys_go_on_and_other_workspaces_do_not_ask,
    an_owner_hands_the_workspace_over
);

async fn requiring(place: Place) -> (House, kernel::Actor, String) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    house.member(BOB, "analyst").await;
    let ann = house.actor(ANN).await;
    let (base32, _) = house.enrol(&ann).await;
    (house, ann, base32)
}

async fn who_has_no_factor_may_nothing_but_add_one(place: Place) {
    let (house, ann, base32) = requiring(place).await;
    let door = &house.identity;
    let before = house.tokens(BOB).await;
    assert!(!before.lacks_factor && !house.who(&before).await.expect("known").actor.permissions().is_empty());
    door.require_second_factor(&ann, true, None).await.expect("required");
    assert!(
        house.who(&before).await.expect("known").actor.permissions().is_empty(),
        "sessions that are there, at once"
    );
    let tokens = house.tokens(BOB).await;
    assert!(tokens.lacks_factor, "and it is told");
    let bob = house.who(&tokens).await.expect("known").actor.clone();
    assert_eq!(code(door.list_members(&bob, &ListRequest::default()).await), "kernel.forbidden");
    let renewed = door.refresh_session(&tokens.refresh).await.expect("renewed");
    assert!(renewed.lacks_factor && house.who(&renewed).await.expect("known").actor.permissions().is_empty());
    assert!(door.show_factors(&bob).await.expect("shown").required);
    let (mine, _) = house.enrol(&bob).await;
    assert!(
        house.who(&renewed).await.expect("known").actor.permissions().is_empty(),
        "not by adding it, by showing it"
    );
    house.wait(Duration::from_secs(30));
    let strong = house.sign_in_by(BOB, GOOD, Some(&house.code(&mine, 0))).await.expect("signed in");
    let bob = house.who(&strong).await.expect("known").actor.clone();
    assert!(!strong.lacks_factor && door.list_members(&bob, &ListRequest::default()).await.is_ok());
    let ann = house.sign_in_by(ANN, GOOD, Some(&house.code(&base32, 0))).await.expect("signed in");
    let ann = house.who(&ann).await.expect("known").actor.clone();
    door.require_second_factor(&ann, false, None).await.expect("required no more");
    assert!(!house.who(&before).await.expect("known").actor.permissions().is_empty(), "as before");
}

async fn nobody_requires_what_they_lack_nor_drops_what_is_required(place: Place) {
    let (house, ann, _) = requiring(place).await;
    let door = &house.identity;
    let bob = house.actor(BOB).await;
    assert_eq!(code(door.require_second_factor(&bob, true, None).await), "kernel.forbidden");
    let Who::User(bob_id) = bob.who else { panic!("a person") };
    let owner = identity::ChangeRole { user: bob_id, role: "owner".to_owned(), expected: None };
    door.change_role(&ann, owner).await.expect("changed");
    let bob = house.actor(BOB).await;
    assert_eq!(code(door.require_second_factor(&bob, true, None).await), "identity.factor_required", "locked out");
    door.require_second_factor(&ann, true, None).await.expect("required");
    assert_eq!(code(door.remove_totp(&ann, &by_password()).await), "identity.factor_required");
    let moved = door.require_second_factor(&ann, false, Some(1)).await;
    assert_eq!(code(moved), "eventlog.moved");
    let rows = door.list_workspaces(&ann).await.expect("listed");
    assert!(rows[0].requires_second_factor);
}

async fn keys_go_on_and_other_workspaces_do_not_ask(place: Place) {
    let (house, ann, _) = requiring(place).await;
    let door = &house.identity;
    let key = IssueKey { name: "nightly".to_owned(), role: "viewer".to_owned(), expires_in: None };
    let key = door.issue_key(&ann, key).await.expect("made");
    door.require_second_factor(&ann, true, None).await.expect("required");
    let who = door.authenticate(key.secret.expose()).await.expect("known");
    assert!(!who.actor.permissions().is_empty(), "a key is no session");
    let bob = house.actor(BOB).await;
    door.create_workspace(&bob, "shop").await.expect("made");
    let command = identity::SignIn {
        email: BOB.to_owned(),
        password: crate::house::secret(GOOD),
        code: None,
        workspace: Some("shop".to_owned()),
    };
    let there = door.sign_in(command).await.expect("signed in");
    assert!(!there.lacks_factor && !house.who(&there).await.expect("known").actor.permissions().is_empty());
}

async fn an_owner_hands_the_workspace_over(place: Place) {
    let (house, ann, _) = requiring(place).await;
    let door = &house.identity;
    let bob = house.actor(BOB).await;
    let (Who::User(ann_id), Who::User(bob_id)) = (ann.who, bob.who) else { panic!("people") };
    assert_eq!(code(door.transfer_ownership(&bob, bob_id, &by_password()).await), "kernel.forbidden");
    assert_eq!(code(door.transfer_ownership(&ann, bob_id, &Proof::default()).await), "identity.proof_needed");
    let nobody = kernel::UserId::new();
    assert_eq!(code(door.transfer_ownership(&ann, nobody, &by_password()).await), "identity.not_found");
    let (before, _) = door.list_roles(&ann).await.expect("listed");
    let after = door.transfer_ownership(&ann, bob_id, &by_password()).await.expect("handed over");
    assert_eq!(after, before + 2, "both in one change");
    let members = door.list_members(&house.app.system(), &ListRequest::default()).await.expect("listed").items;
    let role = |user| members.iter().find(|row| row.user == user).map(|row| row.role.as_str());
    assert_eq!((role(ann_id), role(bob_id)), (Some("admin"), Some("owner")));
    let bob = house.actor(BOB).await;
    door.rename_workspace(&bob, "shop", None).await.expect("an owner may");
}
