//! The rules of a workspace, by table.

use kernel::SubjectId;

use super::*;

fn user(number: u128) -> UserId {
    UserId(kernel::uuid::Uuid::from_u128(number))
}

fn id() -> WorkspaceId {
    WorkspaceId(kernel::uuid::Uuid::from_u128(9))
}

fn invitation() -> InvitationId {
    InvitationId(kernel::uuid::Uuid::from_u128(5))
}

fn invited() -> WorkspaceEvent {
    let email = Personal::of(SubjectId(invitation().0), "eve@example.com".to_owned());
    let (role, hash) = ("viewer".to_owned(), "ab".to_owned());
    WorkspaceEvent::MemberInvited { invitation: invitation(), email, role, hash, expires_at: 100 }
}

fn added(number: u128, role: &str) -> WorkspaceEvent {
    WorkspaceEvent::MemberAdded { user: user(number), role: role.to_owned() }
}

/// With an owner, an admin and a viewer.
fn house(more: &[WorkspaceEvent]) -> Workspace {
    let mut workspace = Workspace::default();
    let begin = [
        WorkspaceEvent::WorkspaceCreated { workspace: id(), name: "shop".to_owned() },
        added(1, "owner"),
        added(2, "admin"),
        added(3, "viewer"),
    ];
    begin.iter().chain(more).for_each(|event| workspace.apply(event));
    workspace
}

fn may(role: &str) -> Vec<Permission> {
    roles::built_in(role).unwrap()
}

#[test]
fn the_last_owner_stays_and_one_of_two_may_go() {
    let (one, two, all) = (house(&[]), house(&[added(4, "owner")]), may("owner"));
    assert_eq!(one.remove_member(user(1), &all), Err(Refusal::LastOwner));
    assert_eq!(one.change_role(user(1), "admin".to_owned(), &all), Err(Refusal::LastOwner));
    assert!(two.remove_member(user(1), &all).is_ok() && two.change_role(user(1), "viewer".to_owned(), &all).is_ok());
    assert_eq!(one.change_role(user(1), "owner".to_owned(), &all), Ok(vec![]));
}

#[test]
fn nobody_gives_or_takes_more_than_they_may() {
    let (house, admin, viewer) = (house(&[]), may("admin"), may("viewer"));
    let change = |number, role: &str, by: &[Permission]| house.change_role(user(number), role.to_owned(), by);
    assert_eq!(
        change(2, "owner", &admin),
        Err(Refusal::BeyondAuthority),
        "an admin makes no owner, not even themselves"
    );
    assert_eq!(change(1, "viewer", &admin), Err(Refusal::BeyondAuthority), "nor degrades one");
    assert_eq!(house.remove_member(user(1), &admin), Err(Refusal::BeyondAuthority));
    assert_eq!(house.add_member(user(4), "admin".to_owned(), &viewer), Err(Refusal::BeyondAuthority));
    assert!(change(3, "admin", &admin).is_ok());
    let all_of_it = house.define_role("mine".to_owned(), &may("owner"), &admin);
    assert_eq!(all_of_it, Err(Refusal::BeyondAuthority));
    assert_eq!(change(3, "king", &admin), Err(Refusal::NoSuchRole { role: "king".to_owned() }));
}

#[test]
fn an_invitation_is_used_once_in_time_and_with_its_secret() {
    let house = house(&[invited()]);
    let accept = |id, hash, at| house.accept((id, hash), user(4), Timestamp(at));
    let good = accept(invitation(), "ab", 99).unwrap();
    assert_eq!(good.len(), 2);
    assert_eq!(good[1], added(4, "viewer"));
    for (id, hash, at) in [(invitation(), "ab", 100), (invitation(), "cd", 99), (InvitationId(id().0), "ab", 99)] {
        assert_eq!(accept(id, hash, at), Err(Refusal::BadInvitation));
    }
    let mut used = house.clone();
    for event in &good {
        used.apply(event);
    }
    assert_eq!(used.accept((invitation(), "ab"), user(5), Timestamp(1)), Err(Refusal::BadInvitation));
    assert_eq!(used.role_of(user(4)), Some("viewer"));
    let member = house.accept((invitation(), "ab"), user(1), Timestamp(1)).unwrap();
    assert_eq!(member.len(), 1, "an owner who accepts stays an owner");
}

#[test]
fn own_roles_are_made_changed_and_dropped_when_nobody_has_them() {
    let all = may("owner");
    let defined = house(&[]).define_role("auditor".to_owned(), &[Permission::AuditRead], &all).unwrap();
    let made = house(&defined);
    assert_eq!(made.permissions("auditor"), Some(vec![Permission::AuditRead]));
    assert_eq!(made.define_role("auditor".to_owned(), &[Permission::AuditRead], &all), Ok(vec![]));
    assert_eq!(made.define_role("owner".to_owned(), &[], &all), Err(Refusal::BuiltInRole { role: "owner".to_owned() }));
    assert!(made.drop_role("auditor".to_owned()).is_ok());
    let held = house(&[defined, vec![added(4, "auditor")]].concat());
    assert_eq!(held.drop_role("auditor".to_owned()), Err(Refusal::RoleInUse { role: "auditor".to_owned() }));
}

#[test]
fn an_owner_hands_over_to_a_member_and_is_an_administrator_then() {
    let shop = house(&[]);
    let events = shop.transfer_ownership(user(1), user(3)).unwrap();
    let after = house(&events);
    assert_eq!((after.role_of(user(3)), after.role_of(user(1))), (Some("owner"), Some("admin")));
    let two = house(&[added(4, "owner")]);
    assert_eq!(two.transfer_ownership(user(1), user(4)).unwrap().len(), 1, "who is owner already stays one");
    assert_eq!(shop.transfer_ownership(user(1), user(1)), Ok(vec![]));
    assert_eq!(
        shop.transfer_ownership(user(2), user(3)),
        Err(Refusal::BeyondAuthority),
        "an administrator has nothing to hand"
    );
    assert_eq!(shop.transfer_ownership(user(2), user(2)), Err(Refusal::BeyondAuthority));
    assert_eq!(shop.transfer_ownership(user(1), user(8)), Err(Refusal::NoSuchMember));
}

#[test]
fn a_rule_that_holds_already_is_no_event() {
    let shop = house(&[]);
    assert_eq!(shop.rule_second_factor(false), Ok(vec![]));
    let ruled = house(&shop.rule_second_factor(true).unwrap());
    assert_eq!((ruled.requires_factor(), ruled.rule_second_factor(true)), (true, Ok(vec![])));
}

#[test]
fn an_archived_workspace_stays_as_it_is() {
    let (house, all) = (house(&[WorkspaceEvent::WorkspaceArchived]), may("owner"));
    assert_eq!(house.archive(), []);
    assert_eq!(house.rename("other".to_owned()), Err(Refusal::Archived));
    assert_eq!(house.add_member(user(8), "viewer".to_owned(), &all), Err(Refusal::Archived));
    assert_eq!(Workspace::default().rename("other".to_owned()), Err(Refusal::NoSuchWorkspace));
}

#[test]
fn events_keep_to_their_published_schemas() {
    use WorkspaceEvent as E;
    let examples = [
        E::WorkspaceCreated { workspace: id(), name: "shop".to_owned() },
        E::WorkspaceRenamed { name: "store".to_owned() },
        E::WorkspaceArchived,
        added(1, "owner"),
        E::RoleChanged { user: user(1), role: "admin".to_owned() },
        E::MemberRemoved { user: user(1) },
        invited(),
        E::InvitationAccepted { invitation: invitation(), user: user(4) },
        E::InvitationRevoked { invitation: invitation() },
        E::RoleDefined { role: "auditor".to_owned(), permissions: vec!["audit:read".to_owned()] },
        E::RoleDropped { role: "auditor".to_owned() },
        E::SecondFactorRuled { required: true },
    ];
    testkit::schemas::check::<Workspace>(env!("CARGO_MANIFEST_DIR"), &examples);
}
