//! Accounts that come from elsewhere, and those that strangers make; what is purged.

use std::time::Duration;

use identity::{CreateUser, INSTALLATION, IdentityError, ImportUser, ListRequest, Settings, SignUp};
use kernel::{UserId, WorkspaceId};
use testkit::Place;

use crate::house::{GOOD, House, OTHER, code, email, secret, settings};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
/// Openwall `crypt_blowfish` 1.3, wrapper.c: the hash of `U*U`.
const HASH: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

testkit::on_both!(
    an_imported_hash_opens_and_is_replaced_at_the_first_sign_in,
    what_is_no_hash_or_no_right_is_not_imported,
    strangers_make_no_accounts_unless_they_may,
    who_signs_up_shows_the_address_first_and_nobody_learns_who_has_an_account,
    a_sign_up_takes_over_what_somebody_has_made_in_ones_name,
    what_is_over_is_purged_and_nothing_else
);

fn import(hash: &str) -> ImportUser {
    ImportUser { email: email(BOB), name: "Bob".to_owned(), hash: secret(hash), role: "viewer".to_owned() }
}

async fn stored_hash(house: &House, user: UserId) -> String {
    let select = "SELECT password FROM identity_users WHERE workspace_id = $1 AND user_id = $2";
    let tenant = house.app.log.database().tenant(INSTALLATION);
    let rows = tenant.all(select, sql::args![user.0]).await.expect("read");
    let sealed: String = rows[0].get(0).expect("text");
    let hash: kernel::Personal<String> =
        house.app.log.open_json(INSTALLATION, sealed.as_bytes()).await.expect("opened");
    hash.open().expect("there").clone()
}

async fn an_imported_hash_opens_and_is_replaced_at_the_first_sign_in(place: Place) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    let bob = house.identity.import_user(&house.app.system(), import(HASH)).await.expect("imported");
    assert_eq!(code(house.sign_in(BOB, "U*V").await), "identity.bad_credentials");
    assert_eq!(stored_hash(&house, bob).await, HASH, "a wrong password replaces nothing");
    house.sign_in(BOB, "U*U").await.expect("signed in");
    assert!(stored_hash(&house, bob).await.starts_with("$argon2id$"));
    assert_eq!(house.events_of(bob).await, ["user_registered", "password_set", "password_set"]);
    house.sign_in(BOB, "U*U").await.expect("and once more");
    assert_eq!(code(house.sign_in(BOB, "U*V").await), "identity.bad_credentials");
    assert_eq!(house.events_of(bob).await.len(), 3, "once");
}

async fn what_is_no_hash_or_no_right_is_not_imported(place: Place) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    let system = house.app.system();
    for hash in ["", "U*U", &HASH.replace("$05$", "$31$"), "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", &HASH[1..]] {
        assert_eq!(code(house.identity.import_user(&system, import(hash)).await), "identity.bad_hash", "{hash}");
    }
    let ann = house.actor(ANN).await;
    let viewer = kernel::Actor::new(ann.workspace, ann.who, [kernel::Permission::MembersRead]);
    assert_eq!(code(house.identity.import_user(&viewer, import(HASH)).await), "kernel.forbidden");
    let king = ImportUser { role: "king".to_owned(), ..import(HASH) };
    assert_eq!(code(house.identity.import_user(&system, king).await), "identity.no_such_role");
    house.identity.import_user(&system, import(HASH)).await.expect("imported");
    assert_eq!(code(house.identity.import_user(&system, import(HASH)).await), "identity.email_taken");
}

async fn open(place: Place) -> House {
    let house = House::with(place, Settings { open_sign_up: true, ..settings() }).await;
    house.set_up(ANN).await;
    house
}

async fn confirm(house: &House, token: &str, workspace: &str) -> Result<(WorkspaceId, UserId), IdentityError> {
    let (name, workspace) = ("Bob".to_owned(), workspace.to_owned());
    house.identity.sign_up(SignUp { token: secret(token), name, password: secret(OTHER), workspace }).await
}

async fn strangers_make_no_accounts_unless_they_may(place: Place) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    assert_eq!(code(house.identity.request_sign_up(&email(BOB)).await), "identity.sign_up_closed");
    assert_eq!(code(confirm(&house, "x", "shop").await), "identity.sign_up_closed");
    assert!(house.mails().await.is_empty());
}

async fn who_signs_up_shows_the_address_first_and_nobody_learns_who_has_an_account(place: Place) {
    let house = open(place).await;
    let before = house.identity.hashes_computed();
    house.identity.request_sign_up(&email(BOB)).await.expect("asked");
    house.identity.request_sign_up(&email(ANN)).await.expect("the same answer");
    assert_eq!(house.identity.hashes_computed(), before, "and no work that tells");
    assert_eq!(code(house.sign_in(BOB, OTHER).await), "identity.bad_credentials", "no account before the link");
    let token = house.token("To: bob@example.com").await.into_exposed();
    let told: Vec<_> = house.mails().await.into_iter().filter(|mail| mail.contains("To: ann@example.com")).collect();
    assert!(told.len() == 1 && told[0].contains("one already") && !told[0].contains("#token"), "{told:?}");
    assert_eq!(code(confirm(&house, &token, "default").await), "identity.name_taken");
    let weak =
        SignUp { token: secret(&token), name: "Bob".to_owned(), password: secret("bob"), workspace: "shop".to_owned() };
    assert_eq!(code(house.identity.sign_up(weak).await), "identity.weak_password");
    let (workspace, bob) = confirm(&house, &token, "shop").await.expect("the link is still good");
    assert_eq!(code(confirm(&house, &token, "shop-2").await), "identity.bad_link", "it works once");
    let tokens = house.sign_in(BOB, OTHER).await.expect("signed in");
    assert_eq!((tokens.user, tokens.workspace), (bob, workspace));
    let me = house.identity.show_me(&house.who(&tokens).await.expect("known").actor).await.expect("shown");
    assert_eq!((me.role.as_deref(), me.verified), (Some("owner"), true));
    house.identity.request_sign_up(&email("eve@example.com")).await.expect("asked");
    let late = house.token("To: eve@example.com").await.into_exposed();
    house.wait(Duration::from_hours(1));
    assert_eq!(code(confirm(&house, &late, "shop-3").await), "identity.bad_link", "too late");
}

async fn a_sign_up_takes_over_what_somebody_has_made_in_ones_name(place: Place) {
    let house = open(place).await;
    let command = CreateUser {
        email: email(BOB),
        name: "Bob".to_owned(),
        password: Some(secret(GOOD)),
        role: "viewer".to_owned(),
    };
    let bob = house.identity.create_user(&house.app.system(), command).await.expect("made");
    house.identity.remove_member(&house.app.system(), bob).await.expect("removed");
    assert_eq!(code(house.sign_in(BOB, GOOD).await), "identity.no_membership");
    house.identity.request_sign_up(&email(BOB)).await.expect("asked");
    let token = house.token("To: bob@example.com").await.into_exposed();
    let (workspace, user) = confirm(&house, &token, "shop").await.expect("finished");
    assert_eq!(user, bob, "the same account");
    assert_eq!(code(house.sign_in(BOB, GOOD).await), "identity.bad_credentials", "the other password opens nothing");
    assert_eq!(house.sign_in(BOB, OTHER).await.expect("signed in").workspace, workspace);
}

async fn count(house: &House, select: &'static str) -> i64 {
    let rows = house.app.log.database().tenant(INSTALLATION).all(select, vec![]).await.expect("read");
    rows[0].get(0).expect("a number")
}

async fn what_is_over_is_purged_and_nothing_else(place: Place) {
    const LINKS: &str = "SELECT count(*) FROM identity_links WHERE workspace_id = $1";
    const CHALLENGES: &str = "SELECT count(*) FROM identity_challenges WHERE workspace_id = $1";
    const SESSIONS: &str = "SELECT count(*) FROM identity_sessions WHERE workspace_id = $1";
    let house = open(place).await;
    house.identity.request_sign_up(&email(BOB)).await.expect("asked");
    let (first, second) = (house.tokens(ANN).await, house.tokens(ANN).await);
    let ann = house.who(&first).await.expect("known").actor.clone();
    house.identity.revoke_session(&ann, second.session).await.expect("ended");
    house.identity.start_totp(&ann, &crate::house::by_password()).await.expect("started");
    house.app.settle().await;
    let all = async || (count(&house, LINKS).await, count(&house, CHALLENGES).await, count(&house, SESSIONS).await);
    assert_eq!(all().await, (1, 2, 2));
    house.wait(Duration::from_mins(30));
    house.app.jobs.tick().await.expect("ticked");
    house.app.settle().await;
    assert_eq!(all().await, (1, 1, 2), "the secret of an authenticator is over after ten minutes, the rest is not");
    house.wait(Duration::from_hours(25));
    house.app.jobs.tick().await.expect("ticked");
    house.app.settle().await;
    assert_eq!(all().await, (0, 0, 1), "the session that was ended is gone, the other lives");
    house.identity.refresh_session(&first.refresh).await.expect("goes on");
    let listed = house.identity.list_sessions(&ann, &ListRequest::default()).await.expect("listed");
    assert_eq!(listed.items.len(), 1);
}
