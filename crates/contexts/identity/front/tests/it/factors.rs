//! Codes by time and recovery codes: enrolling, signing in, replays, guesses, removing.

use std::time::Duration;

use identity::{AuditFilter, IdentityError, ListRequest, Proof, SignIn};
use kernel::Actor;
use testkit::Place;

use crate::house::{GOOD, House, OTHER, by_code, by_password, code, from, secret, settings};

const ANN: &str = "ann@example.com";
const STEP: Duration = Duration::from_secs(30);

testkit::on_both!(
    an_authenticator_is_confirmed_by_a_code_and_asked_for_from_then_on,
    a_time_step_is_taken_once_and_none_before_it,
    of_two_processes_that_take_a_step_at_once_one_does,
    a_recovery_code_works_once_and_new_ones_end_the_old,
    who_has_no_password_learns_nothing_of_factors_and_costs_the_same,
    guesses_at_codes_are_slowed_down_and_a_right_password_buys_none,
    an_account_changes_only_for_who_shows_more_than_a_token,
    an_authenticator_is_replaced_and_removed,
    what_opens_an_account_is_nowhere_in_the_open
);

async fn house(place: Place) -> (House, Actor) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    let ann = house.actor(ANN).await;
    (house, ann)
}

async fn an_authenticator_is_confirmed_by_a_code_and_asked_for_from_then_on(place: Place) {
    let (house, ann) = house(place).await;
    let door = &house.identity;
    assert_eq!(code(door.add_totp(&ann, &secret("000000")).await), "identity.bad_code", "nothing waits");
    let new = door.start_totp(&ann, &by_password()).await.expect("started");
    let base32 = new.secret.expose().clone();
    assert!(new.uri.expose().starts_with("otpauth://totp/Gray%20Ghost:ann%40example.com?secret="));
    assert!(new.uri.expose().contains(&base32));
    house.sign_in(ANN, GOOD).await.expect("not asked for before it is confirmed");
    assert_eq!(code(door.add_totp(&ann, &secret(&house.code(&base32, 5))).await), "identity.bad_code");
    let codes = door.add_totp(&ann, &secret(&house.code(&base32, 0))).await.expect("confirmed");
    assert_eq!(codes.len(), 10);
    let refused = house.sign_in(ANN, GOOD).await;
    let Err(IdentityError::SecondFactor { kinds }) = refused else { panic!("{refused:?}") };
    assert_eq!(kinds, ["totp", "recovery_code"]);
    house.wait(STEP);
    let tokens = house.sign_in_by(ANN, GOOD, Some(&house.code(&base32, 0))).await.expect("signed in");
    let ann = house.who(&tokens).await.expect("known").actor.clone();
    let factors = door.show_factors(&ann).await.expect("shown");
    assert_eq!((factors.totp, factors.passkeys, factors.recovery_codes, factors.required), (true, 0, 10, false));
    let again = door.start_totp(&ann, &by_password()).await.expect("started");
    house.wait(Duration::from_mins(10));
    let late = house.code(again.secret.expose(), 0);
    assert_eq!(code(door.add_totp(&ann, &secret(&late)).await), "identity.bad_code", "too late");
}

async fn a_time_step_is_taken_once_and_none_before_it(place: Place) {
    let (house, ann) = house(place).await;
    let (base32, _) = house.enrol(&ann).await;
    let (before, now, next) = (house.code(&base32, -1), house.code(&base32, 0), house.code(&base32, 1));
    let try_it = async |text: &str| house.sign_in_by(ANN, GOOD, Some(text)).await;
    assert_eq!(code(try_it(&now).await), "identity.bad_code", "it has confirmed the authenticator");
    assert_eq!(code(try_it(&before).await), "identity.bad_code", "and none before it is good any more");
    try_it(&next).await.expect("a clock may be half a minute ahead");
    assert_eq!(code(try_it(&next).await), "identity.bad_code", "once");
    house.wait(STEP);
    assert_eq!(code(try_it(&next).await), "identity.bad_code", "however long it would be good");
    try_it(&house.code(&base32, 1)).await.expect("the next is another");
}

async fn of_two_processes_that_take_a_step_at_once_one_does(place: Place) {
    let (house, ann) = house(place).await;
    let (base32, codes) = house.enrol(&ann).await;
    house.wait(STEP);
    let doors = [house.beside(settings()), house.beside(settings())];
    for shown in [house.code(&base32, 0), codes[0].clone()] {
        let tries = (0..6).map(|number| {
            let command =
                SignIn { email: ANN.to_owned(), password: secret(GOOD), code: Some(secret(&shown)), workspace: None };
            doors[number % 2].sign_in(command)
        });
        let done = futures::future::join_all(tries).await;
        let (good, bad): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        assert_eq!(good.len(), 1, "{shown}");
        assert!(bad.into_iter().all(|each| code(each) == "identity.bad_code"));
    }
}

async fn a_recovery_code_works_once_and_new_ones_end_the_old(place: Place) {
    let (house, ann) = house(place).await;
    let (_, codes) = house.enrol(&ann).await;
    let try_it = async |text: &str| house.sign_in_by(ANN, GOOD, Some(text)).await;
    try_it(&codes[0].to_uppercase().replace('-', " ")).await.expect("however it is written");
    assert_eq!(code(try_it(&codes[0]).await), "identity.bad_code");
    let made = house.identity.make_recovery_codes(&ann, &by_code(&codes[1])).await.expect("made");
    assert_eq!(made.len(), 10);
    assert_eq!(code(try_it(&codes[2]).await), "identity.bad_code", "of the old ones");
    try_it(made[9].expose()).await.expect("of the new ones");
    assert_eq!(house.identity.show_factors(&ann).await.expect("shown").recovery_codes, 9);
    house.identity.flush_audit().await;
    let filter = AuditFilter { action: Some("use_recovery_code".to_owned()), who: None };
    let system = Actor::system(identity::INSTALLATION);
    let used = house.identity.list_audit(&system, &filter, &ListRequest::default()).await.expect("listed");
    assert_eq!(used.items.len(), 3, "each use is told");
    house.member("bob@example.com", "viewer").await;
    let bob = house.actor("bob@example.com").await;
    house.enrol(&bob).await;
    let stolen = house.sign_in_by("bob@example.com", GOOD, Some(made[3].expose())).await;
    assert_eq!(code(stolen), "identity.bad_code", "of somebody else");
    house.member("eve@example.com", "viewer").await;
    let eve = house.actor("eve@example.com").await;
    let none = house.identity.make_recovery_codes(&eve, &by_password()).await;
    assert_eq!(code(none), "identity.not_found", "nothing to recover from the loss of");
}

async fn who_has_no_password_learns_nothing_of_factors_and_costs_the_same(place: Place) {
    let (house, ann) = house(place).await;
    let (base32, codes) = house.enrol(&ann).await;
    house.member("bob@example.com", "viewer").await;
    house.wait(STEP);
    let present = house.code(&base32, 0);
    for address in [ANN, "bob@example.com", "nobody@example.com", "no address"] {
        for shown in [None, Some("000000"), Some(present.as_str()), Some(codes[0].as_str())] {
            let before = house.identity.hashes_computed();
            assert_eq!(code(house.sign_in_by(address, OTHER, shown).await), "identity.bad_credentials", "{address}");
            assert_eq!(house.identity.hashes_computed() - before, 1, "{address}: the same work");
        }
    }
    house.sign_in_by(ANN, GOOD, Some(&present)).await.expect("no code was used up by a wrong password");
    house.sign_in_by(ANN, GOOD, Some(&codes[0])).await.expect("nor a recovery code");
}

async fn guesses_at_codes_are_slowed_down_and_a_right_password_buys_none(place: Place) {
    let (house, ann) = house(place).await;
    let (base32, _) = house.enrol(&ann).await;
    house.wait(STEP);
    let wrong = |number: u32| house.code(&base32, 100 + i64::from(number));
    let slowed = "identity.too_many_attempts";
    let mut answers = vec![];
    for number in 0..5 {
        answers.push(code(house.sign_in_by(ANN, GOOD, Some(&wrong(number))).await));
    }
    answers.push(code(house.sign_in(ANN, GOOD).await));
    answers.push(code(house.sign_in(ANN, GOOD).await));
    assert_eq!(answers[..5], ["identity.bad_code"; 5]);
    assert_eq!(answers[5..], ["identity.second_factor", slowed], "no password fills the bucket");
    let elsewhere = |number: u8| house.identity.seen_from(from(&format!("203.0.113.{number}")));
    let mut last = "";
    for number in 0..8 {
        let (email, code_) = (ANN.to_owned(), Some(secret(&wrong(u32::from(number)))));
        let command = SignIn { email, password: secret(GOOD), code: code_, workspace: None };
        last = code(elsewhere(number).sign_in(command).await);
    }
    assert_eq!(last, slowed, "from wherever they come");
    house.wait(Duration::from_hours(2));
    house.sign_in_by(ANN, GOOD, Some(&house.code(&base32, 0))).await.expect("who waits is let in");
}

async fn an_account_changes_only_for_who_shows_more_than_a_token(place: Place) {
    let (house, ann) = house(place).await;
    let door = &house.identity;
    let (nothing, wrong) = (Proof::default(), Proof { password: Some(secret(OTHER)), code: None });
    assert_eq!(code(door.start_totp(&ann, &nothing).await), "identity.proof_needed");
    assert_eq!(code(door.start_totp(&ann, &wrong).await), "identity.bad_credentials");
    assert_eq!(
        code(door.start_totp(&ann, &by_code("000000")).await),
        "identity.proof_needed",
        "there is no factor yet"
    );
    let (base32, codes) = house.enrol(&ann).await;
    for proof in [&nothing, &wrong, &by_code("000000")] {
        let refused = code(door.remove_totp(&ann, proof).await);
        assert!(["identity.proof_needed", "identity.bad_credentials", "identity.bad_code"].contains(&refused));
        assert_eq!(code(door.make_recovery_codes(&ann, proof).await), refused);
    }
    house.wait(STEP);
    let both = Proof { password: Some(secret(GOOD)), code: Some(secret("000000")) };
    assert_eq!(
        code(door.remove_totp(&ann, &both).await),
        "identity.bad_code",
        "a wrong code is wrong, whatever else is shown"
    );
    door.make_recovery_codes(&ann, &by_code(&house.code(&base32, 0))).await.expect("a fresh code");
    assert_eq!(
        code(door.remove_totp(&ann, &by_code(&house.code(&base32, 0))).await),
        "identity.bad_code",
        "is used by it"
    );
    assert_eq!(code(door.remove_totp(&ann, &by_code(&codes[0])).await), "identity.bad_code", "of the old ones");
    let mut last = "";
    for _ in 0..7 {
        last = code(door.remove_totp(&ann, &wrong).await);
    }
    assert_eq!(last, "identity.too_many_attempts", "no oracle for who has stolen a token");
    let key = Actor::new(ann.workspace, kernel::Who::Key(kernel::KeyId::new()), ann.permissions().to_vec());
    assert_eq!(code(door.start_totp(&key, &by_password()).await), "identity.not_a_person");
}

async fn an_authenticator_is_replaced_and_removed(place: Place) {
    let (house, ann) = house(place).await;
    let (old, codes) = house.enrol(&ann).await;
    let (new, none) = house.enrol(&ann).await;
    assert!(none.is_empty(), "the recovery codes that were shown stay");
    house.wait(STEP);
    assert_eq!(code(house.sign_in_by(ANN, GOOD, Some(&house.code(&old, 0))).await), "identity.bad_code");
    house.sign_in_by(ANN, GOOD, Some(&house.code(&new, 0))).await.expect("the new one");
    house.sign_in_by(ANN, GOOD, Some(&codes[0])).await.expect("a recovery code");
    house.identity.remove_totp(&ann, &by_password()).await.expect("removed");
    house.sign_in(ANN, GOOD).await.expect("nothing else is asked for");
    assert_eq!(code(house.identity.remove_totp(&ann, &by_password()).await), "identity.not_found");
    let factors = house.identity.show_factors(&ann).await.expect("shown");
    assert_eq!((factors.totp, factors.recovery_codes), (false, 0), "the codes went with it");
}

async fn what_opens_an_account_is_nowhere_in_the_open(place: Place) {
    let (house, ann) = house(place).await;
    let pending = house.identity.start_totp(&ann, &by_password()).await.expect("started").secret.into_exposed();
    let tenant = house.app.log.database().tenant(identity::INSTALLATION);
    let rows = tenant.all("SELECT state FROM identity_challenges WHERE workspace_id = $1", vec![]).await.expect("read");
    let kept = String::from_utf8(rows[0].get::<Vec<u8>>(0).expect("bytes")).expect("JSON");
    assert!(kept.starts_with("{\"$sealed\"") && !kept.contains(&pending), "{kept}");
    let (base32, codes) = house.enrol(&ann).await;
    house.seal().await;
    let events = house.app.log.after(0, 1_000).await.expect("read");
    assert!(events.iter().any(|event| event.kind == "totp_added"));
    let text: String = events.iter().map(|event| String::from_utf8_lossy(&event.payload).into_owned()).collect();
    for secret in [&base32, &codes[0], &codes[0].replace('-', "")] {
        assert!(!text.contains(secret.as_str()), "{secret}");
    }
    assert!(!format!("{:?}", house.identity.start_totp(&ann, &by_password()).await).contains("otpauth"), "nor printed");
}
