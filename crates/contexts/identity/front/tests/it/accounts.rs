//! Accounts: set-up, signing in, passwords, mails, forgetting.

use std::time::{Duration, Instant};

use eventlog::LogError;
use identity::{
    CreateUser, INSTALLATION, ListRequest, PasswordSettings, ResetPassword, SetPassword, SetUp, Settings, SignIn,
};
use identity_model::User;
use kernel::{Actor, ErrorKind, Personal, ProductError, SubjectId};
use testkit::Place;

use crate::house::{GOOD, House, OTHER, code, email, from, kind, secret, settings};

testkit::on_both!(
    the_first_start_gives_a_link_that_makes_one_owner,
    an_unknown_address_and_a_wrong_password_are_alike,
    guesses_are_slowed_down_alike_and_a_right_one_is_forgiven,
    guesses_from_one_address_lock_nobody_out_elsewhere,
    a_password_that_is_replaced_while_it_is_compared_opens_nothing,
    an_account_is_made_once_and_with_a_good_password,
    a_reset_works_once_and_tells_nobody_who_has_an_account,
    an_address_is_verified_by_its_mail,
    a_new_password_ends_all_sessions_but_one,
    an_old_hash_is_made_anew_when_its_owner_signs_in,
    who_was_erased_is_gone_and_their_address_is_free,
    a_locked_account_is_as_one_that_does_not_exist
);

async fn the_first_start_gives_a_link_that_makes_one_owner(place: Place) {
    let house = House::new(place).await;
    let (identity, workspace) = (&house.identity, house.app.workspace);
    let first = identity.first_start(workspace, "default").await.expect("registered").expect("a link");
    let second = identity.first_start(workspace, "default").await.expect("registered").expect("another link");
    let set_up = |link: &str, password: &str| {
        let token = secret(link.split_once("#token=").expect("a token").1);
        let (email, name, password) = (email("ann@example.com"), "Ann".to_owned(), secret(password));
        identity.set_up(SetUp { token, email, name, password })
    };
    assert_eq!(code(set_up(first.expose(), GOOD).await), "identity.bad_link", "a newer one has taken its place");
    assert_eq!(code(set_up(second.expose(), "ann12345").await), "identity.weak_password");
    let (place, user) = set_up(second.expose(), GOOD).await.expect("set up");
    assert_eq!(place, workspace);
    assert_eq!(code(set_up(second.expose(), GOOD).await), "identity.bad_link", "it works once");
    assert!(identity.first_start(workspace, "default").await.expect("started").is_none());
    let me = identity.show_me(&house.actor("ann@example.com").await).await.expect("shown");
    assert_eq!((me.role.as_deref(), me.workspace_name.as_str(), me.verified), (Some("owner"), "default", true));
    assert_eq!(me.who, kernel::Who::User(user));
}

async fn an_unknown_address_and_a_wrong_password_are_alike(place: Place) {
    // As dear as in production: the work is what is compared.
    let house = House::with(place, Settings { passwords: PasswordSettings::default(), ..settings() }).await;
    house.set_up("ann@example.com").await;
    let mut took = Vec::new();
    for address in ["ann@example.com", "nobody@example.com", "no address"] {
        let mut times = Vec::new();
        for _ in 0..3 {
            let start = Instant::now();
            let error = house.sign_in(address, "wrong").await.expect_err("refused");
            times.push(start.elapsed());
            assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, "identity.bad_credentials"));
            assert_eq!(error.to_string(), "could not sign in: the e-mail address or the password is wrong");
        }
        took.push(*times.iter().min().expect("three"));
    }
    // Without the same work the other two would take a twentieth.
    assert!(took.iter().all(|time| *time * 3 > took[0] && *time < took[0] * 3), "{took:?}");
}

async fn guesses_from_one_address_lock_nobody_out_elsewhere(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let stranger = house.identity.seen_from(from("203.0.113.7"));
    for _ in 0..40 {
        let (email, password) = ("ann@example.com".to_owned(), secret("wrong"));
        stranger.sign_in(SignIn { email, password, code: None, workspace: None }).await.expect_err("refused");
    }
    let home = house.identity.seen_from(from("198.51.100.4"));
    let (email, password) = ("ann@example.com".to_owned(), secret(GOOD));
    home.sign_in(SignIn { email, password, code: None, workspace: None }).await.expect("she is let in");
}

async fn a_password_that_is_replaced_while_it_is_compared_opens_nothing(place: Place) {
    let slow = PasswordSettings { memory_kib: 65_536, passes: 12, ..settings().passwords };
    let house = House::with(place, Settings { passwords: slow, ..settings() }).await;
    let ann = house.set_up("ann@example.com").await;
    let system = Actor::system(INSTALLATION);
    // As a reset that comes to its end in another process.
    let other = Personal::of(SubjectId(ann.0), "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA".to_owned());
    let replaced = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rule = move |known: &User| Ok::<_, LogError>(known.set_password(other));
        house.app.log.change::<User, LogError, LogError>(&system, ann, rule).await.expect("replaced");
    };
    let (signed_in, ()) = tokio::join!(house.sign_in("ann@example.com", GOOD), replaced);
    assert_eq!(code(signed_in), "identity.bad_credentials");
    let sessions = "SELECT count(*) FROM identity_sessions WHERE workspace_id = $1 AND revoked_at IS NULL";
    let rows = house.app.log.database().tenant(INSTALLATION).all(sessions, vec![]).await.expect("read");
    assert_eq!(rows[0].get::<i64>(0).expect("a number"), 0, "and no session is left");
}

async fn guesses_are_slowed_down_alike_and_a_right_one_is_forgiven(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let door = house.identity.seen_from(from("203.0.113.7"));
    let guess = async |address: &str, password: &str| {
        let (email, password) = (address.to_owned(), secret(password));
        door.sign_in(SignIn { email, password, code: None, workspace: None }).await
    };
    let mut seen = Vec::new();
    for address in ["ann@example.com", "nobody@example.com"] {
        let mut codes = Vec::new();
        for _ in 0..8 {
            codes.push(code(guess(address, "wrong").await));
        }
        seen.push(codes);
    }
    assert_eq!(seen[0], seen[1], "known or not");
    assert_eq!(seen[0].iter().filter(|code| **code == "identity.too_many_attempts").count(), 2);
    assert_eq!(code(guess("ann@example.com", GOOD).await), "identity.too_many_attempts", "not even the right one");
    house.wait(Duration::from_secs(31));
    guess("ann@example.com", GOOD).await.expect("signed in");
    for _ in 0..6 {
        assert_eq!(
            code(guess("ann@example.com", "wrong").await),
            "identity.bad_credentials",
            "the budget is full again"
        );
    }
}

async fn an_account_is_made_once_and_with_a_good_password(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let ann = house.actor("ann@example.com").await;
    let create = async |address: &str, password: &str, role: &str| {
        let (email, name, role) = (email(address), "Bob Stone".to_owned(), role.to_owned());
        house.identity.create_user(&ann, CreateUser { email, name, password: Some(secret(password)), role }).await
    };
    assert_eq!(code(create("bob@example.com", "bobstone", "viewer").await), "identity.weak_password");
    assert_eq!(code(create("bob@example.com", GOOD, "king").await), "identity.no_such_role");
    create("bob@example.com", GOOD, "viewer").await.expect("made");
    assert_eq!(code(create("BOB@example.com", GOOD, "viewer").await), "identity.email_taken");
    let bob = house.actor("Bob@Example.com").await;
    assert_eq!(bob.permissions().len(), 4);
    let (email, name, role) = (email("eve@example.com"), "Eve".to_owned(), "viewer".to_owned());
    let command = CreateUser { email, name, password: None, role };
    assert_eq!(kind(house.identity.create_user(&bob, command).await), ErrorKind::Forbidden);
}

async fn a_reset_works_once_and_tells_nobody_who_has_an_account(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let before = house.tokens("ann@example.com").await;
    for address in ["ann@example.com", "nobody@example.com"] {
        house.identity.request_password_reset(&email(address)).await.expect("the same answer");
    }
    assert_eq!(house.mails().await.len(), 1, "only who has an account");
    let token = house.token("To: ann@example.com").await;
    let reset = async |token: &identity::Password, password: &str| {
        house.identity.reset_password(ResetPassword { token: token.clone(), password: secret(password) }).await
    };
    assert_eq!(code(reset(&secret("wrong"), OTHER).await), "identity.bad_link");
    assert_eq!(code(reset(&token, "password").await), "identity.weak_password");
    reset(&token, OTHER).await.expect("reset");
    assert_eq!(code(reset(&token, GOOD).await), "identity.bad_link", "it works once");
    assert_eq!(code(house.who(&before).await), "identity.bad_token", "sessions ended");
    assert_eq!(code(house.sign_in("ann@example.com", GOOD).await), "identity.bad_credentials");
    house.sign_in("ann@example.com", OTHER).await.expect("signed in");

    house.identity.request_password_reset(&email("ann@example.com")).await.expect("asked");
    house.app.settle().await;
    house.wait(Duration::from_hours(1));
    let late = house.mails().await.into_iter().find(|mail| !mail.contains(token.expose())).expect("another mail");
    let late = late.split_once("#token=").expect("a link").1.split_whitespace().next().expect("a token").to_owned();
    assert_eq!(code(reset(&secret(&late), GOOD).await), "identity.bad_link", "an hour later");
}

async fn an_address_is_verified_by_its_mail(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    house.member("bob@example.com", "viewer").await;
    let bob = house.actor("bob@example.com").await;
    house.identity.request_email_verification(&bob).await.expect("asked");
    let token = house.token("To: bob@example.com").await;
    house.identity.verify_email(&token).await.expect("verified");
    assert_eq!(code(house.identity.verify_email(&token).await), "identity.bad_link");
    assert!(house.identity.show_me(&bob).await.expect("shown").verified);
    house.identity.request_email_verification(&bob).await.expect("nothing to do");
    assert_eq!(house.mails().await.len(), 1);
}

async fn a_new_password_ends_all_sessions_but_one(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let (here, there) = (house.tokens("ann@example.com").await, house.tokens("ann@example.com").await);
    let ann = house.who(&here).await.expect("known").actor.clone();
    let set = async |present: &str, next: &str| {
        let command = SetPassword { present: secret(present), next: secret(next), keep: Some(here.session) };
        house.identity.set_password(&ann, command).await
    };
    assert_eq!(code(set("wrong", OTHER).await), "identity.bad_credentials");
    assert_eq!(code(set(GOOD, "ann@example.com").await), "identity.weak_password");
    set(GOOD, OTHER).await.expect("set");
    house.who(&here).await.expect("goes on");
    assert_eq!(code(house.who(&there).await), "identity.bad_token");
    assert_eq!(code(house.identity.refresh_session(&there.refresh).await), "identity.session_ended");
    let system = house.app.system();
    let command = SetPassword { present: secret(OTHER), next: secret(GOOD), keep: None };
    assert_eq!(code(house.identity.set_password(&system, command).await), "identity.not_a_person");
}

async fn an_old_hash_is_made_anew_when_its_owner_signs_in(place: Place) {
    let house = House::new(place).await;
    let ann = house.set_up("ann@example.com").await;
    let stronger = PasswordSettings { memory_kib: 128, passes: 1, ..PasswordSettings::default() };
    let other = house.beside(Settings { passwords: stronger, ..settings() });
    let hashes = async || house.events_of(ann).await.iter().filter(|kind| *kind == "password_set").count();
    assert_eq!(hashes().await, 1);
    for _ in 0..2 {
        let command =
            SignIn { email: "ann@example.com".to_owned(), password: secret(GOOD), code: None, workspace: None };
        other.sign_in(command).await.expect("signed in");
        assert_eq!(hashes().await, 2, "once");
    }
}

async fn who_was_erased_is_gone_and_their_address_is_free(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let bob = house.member("bob@example.com", "viewer").await;
    let tokens = house.tokens("bob@example.com").await;
    let system = Actor::system(INSTALLATION);
    house.app.log.erase_subjects(&system, &[SubjectId(bob.0)]).await.expect("erased");
    house.wait(Duration::from_secs(6));
    assert_eq!(code(house.who(&tokens).await), "identity.bad_token");
    assert_eq!(code(house.sign_in("bob@example.com", GOOD).await), "identity.bad_credentials");
    let members =
        house.identity.list_members(&house.app.system(), &ListRequest::default()).await.expect("listed").items;
    let row = members.iter().find(|row| row.user == bob).expect("the membership stays");
    assert_eq!((row.email.as_deref(), row.name.as_deref(), row.active), (None, None, false));
    let again = house.member("bob@example.com", "viewer").await;
    assert_ne!(again, bob);
}

async fn a_locked_account_is_as_one_that_does_not_exist(place: Place) {
    let house = House::new(place).await;
    house.set_up("ann@example.com").await;
    let bob = house.member("bob@example.com", "viewer").await;
    let (tokens, ann) = (house.tokens("bob@example.com").await, house.actor("ann@example.com").await);
    house.identity.deactivate_user(&ann, bob).await.expect("locked");
    assert_eq!(code(house.who(&tokens).await), "identity.bad_token");
    assert_eq!(code(house.sign_in("bob@example.com", GOOD).await), "identity.bad_credentials");
    house.identity.reactivate_user(&ann, bob).await.expect("unlocked");
    house.tokens("bob@example.com").await;
    let kernel::Who::User(me) = ann.who else { panic!("a person") };
    assert_eq!(code(house.identity.deactivate_user(&ann, me).await), "identity.last_owner");
}
