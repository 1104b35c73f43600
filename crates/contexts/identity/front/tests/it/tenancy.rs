//! A stranger, who may everything in a workspace of their own, sees and changes nothing of another.

use identity::{AuditFilter, ChangeRole, IssueKey, ListRequest};
use kernel::{Actor, Permission, Who};
use testkit::Place;

use crate::house::{House, code, email};

testkit::on_both!(
    a_stranger_sees_nothing_by_any_query,
    a_stranger_changes_nothing_by_any_command,
    who_may_nothing_is_refused_everywhere
);

async fn full_house(place: Place) -> (House, Actor, Actor) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let invite = identity::InviteMember { email: email("bob@example.com"), role: "viewer".to_owned() };
    house.identity.invite_member(&ann, invite).await.expect("invited");
    let key = IssueKey { name: "nightly".to_owned(), role: "viewer".to_owned(), expires_in: None };
    house.identity.issue_key(&ann, key).await.expect("made");
    let role =
        identity::DefineRole { role: "reader".to_owned(), permissions: vec!["audit:read".to_owned()], expected: None };
    house.identity.define_role(&ann, role).await.expect("made");
    let eve = house.stranger("eve@example.com").await;
    house.identity.flush_audit().await;
    (house, ann, eve)
}

/// Everything that a caller can see, as text.
async fn all_of(house: &House, actor: &Actor) -> String {
    let (door, page) = (&house.identity, ListRequest::default());
    let seen = [
        format!("{:?}", door.list_members(actor, &page).await.expect("listed")),
        format!("{:?}", door.list_invitations(actor, &page).await.expect("listed")),
        format!("{:?}", door.list_keys(actor, &page).await.expect("listed")),
        format!("{:?}", door.list_roles(actor).await.expect("listed")),
        format!("{:?}", door.list_audit(actor, &AuditFilter::default(), &page).await.expect("listed")),
        format!("{:?}", door.list_sessions(actor, &page).await.expect("listed")),
        format!("{:?}", door.list_workspaces(actor).await.expect("listed")),
        format!("{:?}", door.show_me(actor).await.expect("shown")),
    ];
    seen.concat()
}

async fn a_stranger_sees_nothing_by_any_query(place: Place) {
    let (house, ann, eve) = full_house(place).await;
    let (mine, theirs) = (all_of(&house, &ann).await, all_of(&house, &eve).await);
    for word in
        ["ann@example.com", "bob@example.com", "nightly", "reader", "\"default\"", &house.app.workspace.to_string()]
    {
        assert!(mine.contains(word), "{word} is there for its own");
        assert!(!theirs.contains(word), "{word} in {theirs}");
    }
    assert!(theirs.contains("eve@example.com"));
}

async fn a_stranger_changes_nothing_by_any_command(place: Place) {
    let (house, ann, eve) = full_house(place).await;
    let (door, page) = (&house.identity, ListRequest::default());
    let Who::User(ann_id) = ann.who else { panic!("a person") };
    let key = door.list_keys(&ann, &page).await.expect("listed").items[0].id;
    let invitation = door.list_invitations(&ann, &page).await.expect("listed").items[0].id;
    let session = door.list_sessions(&ann, &page).await.expect("listed").items[0].id;
    let role = ChangeRole { user: ann_id, role: "viewer".to_owned(), expected: None };
    assert_eq!(code(door.change_role(&eve, role).await), "identity.not_found");
    assert_eq!(code(door.remove_member(&eve, ann_id).await), "identity.not_found");
    assert_eq!(code(door.deactivate_user(&eve, ann_id).await), "identity.not_found");
    assert_eq!(code(door.revoke_key(&eve, key).await), "identity.not_found");
    assert_eq!(code(door.revoke_invitation(&eve, invitation).await), "identity.not_found");
    assert_eq!(code(door.revoke_session(&eve, session).await), "identity.not_found");
    assert_eq!(code(door.drop_role(&eve, "reader").await), "identity.no_such_role");
    let reader = IssueKey { name: "x".to_owned(), role: "reader".to_owned(), expires_in: None };
    assert_eq!(code(door.issue_key(&eve, reader).await), "identity.no_such_role", "a role of another workspace");
}

async fn who_may_nothing_is_refused_everywhere(place: Place) {
    let (house, _, _) = full_house(place).await;
    let nobody = Actor::new(house.app.workspace, Who::User(kernel::UserId::new()), []);
    let (door, page) = (&house.identity, ListRequest::default());
    let all_but = |lacking: Permission| {
        let others: Vec<_> = Permission::ALL.iter().copied().filter(|each| *each != lacking).collect();
        Actor::new(house.app.workspace, nobody.who, others)
    };
    let (user, forbidden) = (kernel::UserId::new(), "kernel.forbidden");
    for actor in [&nobody, &all_but(Permission::MembersRead)] {
        assert_eq!(code(door.list_members(actor, &page).await), forbidden);
        assert_eq!(code(door.list_invitations(actor, &page).await), forbidden);
        assert_eq!(code(door.list_roles(actor).await), forbidden);
    }
    for actor in [&nobody, &all_but(Permission::MembersManage)] {
        assert_eq!(code(door.remove_member(actor, user).await), forbidden);
        assert_eq!(code(door.deactivate_user(actor, user).await), forbidden);
        assert_eq!(code(door.reactivate_user(actor, user).await), forbidden);
        assert_eq!(code(door.drop_role(actor, "reader").await), forbidden);
        let role = ChangeRole { user, role: "viewer".to_owned(), expected: None };
        assert_eq!(code(door.change_role(actor, role).await), forbidden);
        let invite = identity::InviteMember { email: email("x@example.com"), role: "viewer".to_owned() };
        assert_eq!(code(door.invite_member(actor, invite).await), forbidden);
    }
    for actor in [&nobody, &all_but(Permission::KeysManage)] {
        assert_eq!(code(door.list_keys(actor, &page).await), forbidden);
        assert_eq!(code(door.revoke_key(actor, kernel::KeyId::new()).await), forbidden);
        let key = IssueKey { name: "x".to_owned(), role: "viewer".to_owned(), expires_in: None };
        assert_eq!(code(door.issue_key(actor, key).await), forbidden);
    }
    for actor in [&nobody, &all_but(Permission::WorkspaceManage)] {
        assert_eq!(code(door.rename_workspace(actor, "x", None).await), forbidden);
        assert_eq!(code(door.archive_workspace(actor).await), forbidden);
        assert_eq!(code(door.rotate_signing_key(actor).await), forbidden);
    }
    for actor in [&nobody, &all_but(Permission::AuditRead)] {
        assert_eq!(code(door.list_audit(actor, &AuditFilter::default(), &page).await), forbidden);
    }
}
