//! Members, invitations, roles and workspaces.

use std::time::Duration;

use identity::{AcceptInvitation, ChangeRole, DefineRole, InviteMember, IssueKey, ListRequest, Password};
use kernel::{Actor, ErrorKind, Permission, Who};
use testkit::Place;

use crate::house::{GOOD, House, OTHER, code, email, kind, secret};

testkit::on_both!(
    an_invitation_is_mailed_and_makes_an_account,
    an_invitation_for_an_account_adds_it_and_changes_nothing_of_it,
    an_account_that_was_never_verified_is_taken_over_by_who_gets_its_mails,
    an_invitation_that_is_used_over_or_taken_back_is_none,
    the_last_owner_stays,
    an_administrator_makes_no_owner,
    a_workspace_has_roles_of_its_own,
    a_change_of_another_version_is_refused,
    workspaces_are_made_and_named_once
);

async fn accept(
    house: &House,
    token: &Password,
) -> Result<(kernel::WorkspaceId, kernel::UserId), identity::IdentityError> {
    let command = AcceptInvitation { token: token.clone(), name: "Bob".to_owned(), password: secret(GOOD) };
    house.identity.accept_invitation(command).await
}

async fn invite(
    house: &House,
    by: &Actor,
    address: &str,
    role: &str,
) -> Result<identity::InvitationId, identity::IdentityError> {
    house.identity.invite_member(by, InviteMember { email: email(address), role: role.to_owned() }).await
}

async fn an_invitation_is_mailed_and_makes_an_account(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let id = invite(&house, &ann, "bob@example.com", "analyst").await.expect("invited");
    let open = house.identity.list_invitations(&ann, &ListRequest::default()).await.expect("listed").items;
    assert_eq!((open.len(), open[0].id, open[0].email.as_deref()), (1, id, Some("bob@example.com")));
    let token = house.token("To: bob@example.com").await;
    let (workspace, user) = accept(&house, &token).await.expect("joined");
    assert_eq!(workspace, house.app.workspace);
    let bob = house.actor("bob@example.com").await;
    assert_eq!(bob.who, Who::User(user));
    let me = house.identity.show_me(&bob).await.expect("shown");
    assert_eq!((me.role.as_deref(), me.verified), (Some("analyst"), true));
    assert_eq!(house.identity.list_invitations(&ann, &ListRequest::default()).await.expect("listed").items, []);
    let log = house.app.log.stream(workspace, &format!("identity.workspace.{workspace}"), 0).await.expect("read");
    let text: String = log.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    assert!(!text.contains("bob@") && !text.contains(token.expose()), "{text}");
}

async fn an_invitation_for_an_account_adds_it_and_changes_nothing_of_it(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let eve = house.stranger("eve@example.com").await;
    house.identity.request_email_verification(&eve).await.expect("mailed");
    house.identity.verify_email(&house.token("To: eve@example.com").await).await.expect("verified");
    let ann = house.actor("ann@example.com").await;
    invite(&house, &ann, "eve@example.com", "viewer").await.expect("invited");
    let token = house.token("/accept-invitation#").await;
    let command = AcceptInvitation { token, name: "Bob".to_owned(), password: secret("another long password 99") };
    let (_, user) = house.identity.accept_invitation(command).await.expect("joined");
    assert_eq!(Who::User(user), eve.who);
    house.tokens("eve@example.com").await;
    let mine = house.identity.list_workspaces(&eve).await.expect("listed");
    assert_eq!(mine.iter().filter_map(|row| row.role.as_deref()).collect::<Vec<_>>(), ["viewer", "owner"]);
    assert_eq!(house.identity.show_me(&eve).await.expect("shown").name.as_deref(), Some("Eve"));
}

async fn an_account_that_was_never_verified_is_taken_over_by_who_gets_its_mails(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    // Somebody has made it in Bob's name, is signed in and has an authenticator of their own.
    let planted = house.stranger("bob@example.com").await;
    let held = secret(house.tokens("bob@example.com").await.refresh.expose());
    house.enrol(&planted).await;
    let ann = house.actor("ann@example.com").await;
    invite(&house, &ann, "bob@example.com", "viewer").await.expect("invited");
    let token = house.token("/accept-invitation#").await;
    let command = |password| AcceptInvitation { token: token.clone(), name: "Bob".to_owned(), password };
    assert_eq!(code(house.identity.accept_invitation(command(secret("password"))).await), "identity.weak_password");
    house.identity.accept_invitation(command(secret(OTHER))).await.expect("joined");
    assert_eq!(code(house.identity.refresh_session(&held).await), "identity.session_ended");
    assert_eq!(code(house.sign_in("bob@example.com", GOOD).await), "identity.bad_credentials");
    house.sign_in("bob@example.com", OTHER).await.expect("by the password alone");
}

async fn an_invitation_that_is_used_over_or_taken_back_is_none(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    for (address, role) in
        [("used@example.com", "viewer"), ("late@example.com", "viewer"), ("back@example.com", "viewer")]
    {
        invite(&house, &ann, address, role).await.expect("invited");
    }
    let token = async |address: &str| house.token(&format!("To: {address}")).await;
    let (used, late, back) =
        (token("used@example.com").await, token("late@example.com").await, token("back@example.com").await);
    accept(&house, &used).await.expect("joined");
    assert_eq!(code(accept(&house, &used).await), "identity.bad_link");
    let open = house.identity.list_invitations(&ann, &ListRequest::default()).await.expect("listed").items;
    let row = open.iter().find(|row| row.email.as_deref() == Some("back@example.com")).expect("open");
    house.identity.revoke_invitation(&ann, row.id).await.expect("taken back");
    assert_eq!(code(house.identity.revoke_invitation(&ann, row.id).await), "identity.not_found");
    assert_eq!(code(accept(&house, &back).await), "identity.bad_link");
    house.wait(Duration::from_hours(7 * 24));
    assert_eq!(code(accept(&house, &late).await), "identity.bad_link");
    assert_eq!(code(accept(&house, &secret("")).await), "identity.bad_link");
    assert_eq!(code(house.sign_in("late@example.com", GOOD).await), "identity.bad_credentials", "no account was made");
}

async fn the_last_owner_stays(place: Place) {
    let house = House::new(place).await;
    let ann_id = house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let demote = || ChangeRole { user: ann_id, role: "viewer".to_owned(), expected: None };
    assert_eq!(code(house.identity.change_role(&ann, demote()).await), "identity.last_owner");
    assert_eq!(code(house.identity.remove_member(&ann, ann_id).await), "identity.last_owner");
    house.member("bob@example.com", "owner").await;
    house.identity.change_role(&ann, demote()).await.expect("another is there");
}

async fn an_administrator_makes_no_owner(place: Place) {
    let house = House::new(place).await;
    let ann = house.set_up("ann@example.com").await;
    let bob_id = house.member("bob@example.com", "admin").await;
    let bob = house.actor("bob@example.com").await;
    let change = |user, role: &str| ChangeRole { user, role: role.to_owned(), expected: None };
    let denied = "identity.beyond_authority";
    assert_eq!(code(house.identity.change_role(&bob, change(bob_id, "owner")).await), denied);
    assert_eq!(code(house.identity.change_role(&bob, change(ann, "viewer")).await), denied);
    assert_eq!(code(house.identity.remove_member(&bob, ann).await), denied);
    assert_eq!(code(house.identity.deactivate_user(&bob, ann).await), denied);
    assert_eq!(code(invite(&house, &bob, "eve@example.com", "owner").await), denied);
    let all = Permission::ALL.iter().map(|each| each.name().to_owned()).collect();
    let command = DefineRole { role: "mine".to_owned(), permissions: all, expected: None };
    assert_eq!(code(house.identity.define_role(&bob, command).await), denied);
    assert_eq!(kind(house.identity.rename_workspace(&bob, "mine", None).await), ErrorKind::Forbidden);
}

async fn a_workspace_has_roles_of_its_own(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let define = async |names: &[&str]| {
        let permissions = names.iter().map(|name| (*name).to_owned()).collect();
        let command = DefineRole { role: "auditor".to_owned(), permissions, expected: None };
        house.identity.define_role(&ann, command).await
    };
    assert_eq!(code(define(&["audit:everything"]).await), "identity.unknown_permission");
    define(&["audit:read"]).await.expect("made");
    house.member("bob@example.com", "auditor").await;
    let tokens = house.tokens("bob@example.com").await;
    assert_eq!(house.who(&tokens).await.expect("known").actor.permissions(), [Permission::AuditRead]);
    define(&["audit:read", "members:read"]).await.expect("changed");
    assert_eq!(house.who(&tokens).await.expect("known").actor.permissions().len(), 2, "at once");
    assert_eq!(code(house.identity.drop_role(&ann, "auditor").await), "identity.role_in_use");
    assert_eq!(code(house.identity.drop_role(&ann, "viewer").await), "identity.built_in_role");
    let etl = DefineRole { role: "etl".to_owned(), permissions: vec!["jobs:read".to_owned()], expected: None };
    house.identity.define_role(&ann, etl).await.expect("made");
    let issue = IssueKey { name: "nightly".to_owned(), role: "etl".to_owned(), expires_in: None };
    let key = house.identity.issue_key(&ann, issue).await.expect("issued");
    assert_eq!(code(house.identity.drop_role(&ann, "etl").await), "identity.role_in_use", "of a key as well");
    house.identity.revoke_key(&ann, key.id).await.expect("revoked");
    house.identity.drop_role(&ann, "etl").await.expect("nobody has it");
    let (_, roles) = house.identity.list_roles(&ann).await.expect("listed");
    let names: Vec<_> = roles.iter().map(|row| (row.role.as_str(), row.built_in)).collect();
    let built_in = [("owner", true), ("admin", true), ("analyst", true), ("viewer", true), ("api_user", true)];
    assert_eq!(names, [&built_in[..], &[("auditor", false)]].concat());
}

async fn a_change_of_another_version_is_refused(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let bob = house.member("bob@example.com", "viewer").await;
    let ann = house.actor("ann@example.com").await;
    let (seen, _) = house.identity.list_roles(&ann).await.expect("listed");
    let change = |role: &str| ChangeRole { user: bob, role: role.to_owned(), expected: Some(seen) };
    assert_eq!(house.identity.change_role(&ann, change("analyst")).await.expect("changed"), seen + 1);
    assert_eq!(code(house.identity.change_role(&ann, change("viewer")).await), "eventlog.moved");
}

async fn workspaces_are_made_and_named_once(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    for bad in ["", "Big Shop", "a b", "ümlaut"] {
        assert_eq!(code(house.identity.create_workspace(&ann, bad).await), "identity.bad_name");
    }
    assert_eq!(code(house.identity.create_workspace(&ann, "default").await), "identity.name_taken");
    let made = house.identity.create_workspace(&ann, "shop").await.expect("made");
    let (email, password) = ("ann@example.com".to_owned(), secret(GOOD));
    let command = identity::SignIn { email, password, code: None, workspace: Some("shop".to_owned()) };
    let tokens = house.identity.sign_in(command).await.expect("signed in");
    assert_eq!(tokens.workspace, made);
    let there = house.who(&tokens).await.expect("known").actor.clone();
    assert_eq!(code(house.identity.rename_workspace(&there, "default", None).await), "identity.name_taken");
    house.identity.rename_workspace(&there, "store", None).await.expect("renamed");
    assert_eq!(house.identity.workspace_named("store").await.expect("asked"), Some(made));
    assert_eq!(house.identity.workspace_named("shop").await.expect("asked"), None);
    house.identity.archive_workspace(&there).await.expect("archived");
    assert_eq!(code(house.identity.rename_workspace(&there, "again", None).await), "identity.archived");
    assert_eq!(house.identity.register_workspace(made, "store").await.expect("known"), ());
}
