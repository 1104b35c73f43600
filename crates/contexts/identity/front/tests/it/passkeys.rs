//! Passkeys: adding, signing in, and every lie that an answer can tell.

use std::time::Duration;

use identity::{AddPasskey, IdentityError, Settings, SignInWithPasskey, Tokens};
use kernel::{Actor, Who};
use serde_json::Value;
use testkit::Place;

use crate::{
    authenticator::{Authenticator, Said, VERIFIED},
    house::{GOOD, House, by_code, by_password, code, settings},
};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const REFUSED: &str = "identity.bad_passkey";

/// What is changed before it is signed.
type Lie = Box<dyn FnOnce(&mut Said)>;
/// The same, of nothing around it.
type PlainLie = fn(&mut Said);

testkit::on_both!(
    a_passkey_is_added_and_signs_in_without_a_password,
    it_is_both_factors_and_a_password_alone_is_not_enough_any_more,
    an_answer_is_taken_once_and_in_time,
    whatever_an_answer_lies_about_is_refused,
    a_counter_that_does_not_grow_is_refused,
    a_new_key_that_answers_something_else_is_refused,
    passkeys_are_listed_renamed_and_removed_by_their_owner,
    without_a_name_there_are_none
);

async fn house(place: Place) -> (House, Actor) {
    let house = House::with(place, Settings { public_url: "http://localhost:8080".to_owned(), ..settings() }).await;
    house.set_up(ANN).await;
    let ann = house.actor(ANN).await;
    (house, ann)
}

async fn add(house: &House, actor: &Actor) -> (Authenticator, identity::AddedPasskey) {
    let asked = house.identity.start_passkey(actor, &by_password()).await.expect("asked");
    let (key, credential) = Authenticator::make(&asked.options);
    let command = AddPasskey { challenge: asked.challenge, name: "phone".to_owned(), credential };
    (key, house.identity.add_passkey(actor, command).await.expect("added"))
}

async fn answer(house: &House, answer: impl FnOnce(&Value) -> Value) -> Result<Tokens, IdentityError> {
    let asked = house.identity.start_passkey_sign_in().await.expect("asked");
    let credential = answer(&asked.options);
    let command = SignInWithPasskey { challenge: asked.challenge, credential, workspace: None };
    house.identity.sign_in_with_passkey(command).await
}

async fn a_passkey_is_added_and_signs_in_without_a_password(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, added) = add(&house, &ann).await;
    assert_eq!(added.recovery_codes.len(), 10, "the first factor");
    let tokens = answer(&house, |options| key.sign(options)).await.expect("signed in");
    let who = house.who(&tokens).await.expect("known");
    assert_eq!((who.actor.who, who.actor.workspace), (ann.who, ann.workspace));
    let rows = house.identity.list_passkeys(&ann).await.expect("listed");
    assert_eq!((rows[0].name.as_deref(), rows[0].last_used_at.is_some()), (Some("phone"), true));
    let Who::User(user) = ann.who else { panic!("a person") };
    house.identity.deactivate_user(&house.app.system(), user).await.expect_err("the last owner stays");
    house.member(BOB, "viewer").await;
    let bob = house.actor(BOB).await;
    let (mut theirs, _) = add(&house, &bob).await;
    let Who::User(bob_id) = bob.who else { panic!("a person") };
    house.identity.deactivate_user(&ann, bob_id).await.expect("locked");
    assert_eq!(code(answer(&house, |options| theirs.sign(options)).await), REFUSED, "a locked account");
}

async fn it_is_both_factors_and_a_password_alone_is_not_enough_any_more(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, added) = add(&house, &ann).await;
    let refused = house.sign_in(ANN, GOOD).await;
    let Err(IdentityError::SecondFactor { kinds }) = refused else { panic!("{refused:?}") };
    assert_eq!(kinds, ["passkey", "recovery_code"]);
    house.sign_in_by(ANN, GOOD, Some(added.recovery_codes[0].expose())).await.expect("a recovery code");
    house.identity.require_second_factor(&ann, true, None).await.expect("required");
    let tokens = answer(&house, |options| key.sign(options)).await.expect("signed in");
    assert!(!tokens.lacks_factor && !house.who(&tokens).await.expect("known").actor.permissions().is_empty());
}

async fn an_answer_is_taken_once_and_in_time(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, _) = add(&house, &ann).await;
    let asked = house.identity.start_passkey_sign_in().await.expect("asked");
    let credential = key.sign(&asked.options);
    let command = |challenge| SignInWithPasskey { challenge, credential: credential.clone(), workspace: None };
    let both =
        futures::future::join_all((0..4).map(|_| house.identity.sign_in_with_passkey(command(asked.challenge)))).await;
    assert_eq!(both.iter().filter(|each| each.is_ok()).count(), 1, "of those who answer at once one");
    assert_eq!(code(house.identity.sign_in_with_passkey(command(asked.challenge)).await), REFUSED, "replayed");
    let again = house.identity.start_passkey_sign_in().await.expect("asked");
    let replayed = code(house.identity.sign_in_with_passkey(command(again.challenge)).await);
    assert_eq!(replayed, REFUSED, "an answer to another question");
    let late = house.identity.start_passkey_sign_in().await.expect("asked");
    let credential = key.sign(&late.options);
    house.wait(Duration::from_mins(5));
    let command = SignInWithPasskey { challenge: late.challenge, credential, workspace: None };
    assert_eq!(code(house.identity.sign_in_with_passkey(command).await), REFUSED, "too late");
    let mine = house.identity.start_passkey(&ann, &by_password()).await.expect("asked");
    let credential = key.sign(&late.options);
    let command = SignInWithPasskey { challenge: mine.challenge, credential, workspace: None };
    assert_eq!(code(house.identity.sign_in_with_passkey(command).await), REFUSED, "a question of another kind");
}

async fn whatever_an_answer_lies_about_is_refused(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, _) = add(&house, &ann).await;
    house.member(BOB, "viewer").await;
    let bob = house.actor(BOB).await;
    let (mut theirs, _) = add(&house, &bob).await;
    let (Who::User(ann_id), Who::User(bob_id)) = (ann.who, bob.who) else { panic!("people") };
    let lies: Vec<(&str, Lie)> = vec![
        ("another origin", Box::new(|said| "http://evil.example".clone_into(&mut said.origin))),
        ("another port", Box::new(|said| "http://localhost:9090".clone_into(&mut said.origin))),
        ("a part of the name", Box::new(|said| "http://evil.localhost:8080".clone_into(&mut said.origin))),
        ("another challenge", Box::new(|said| said.challenge = "A".repeat(43))),
        ("no challenge", Box::new(|said| said.challenge = String::new())),
        ("another party", Box::new(|said| "evil.example".clone_into(&mut said.party))),
        ("made, not signed in", Box::new(|said| said.kind = "webauthn.create")),
        ("nobody was verified", Box::new(|said| said.flags &= !VERIFIED)),
        ("nobody was there", Box::new(|said| said.flags = VERIFIED)),
        ("another user", Box::new(move |said| said.user = bob_id.0.as_bytes().to_vec())),
        ("nobody", Box::new(|said| said.user = vec![])),
    ];
    for (what, lie) in lies {
        assert_eq!(code(answer(&house, |options| key.sign_with(options, lie)).await), REFUSED, "{what}");
    }
    let stolen = |said: &mut Said| said.user = ann_id.0.as_bytes().to_vec();
    assert_eq!(code(answer(&house, |options| theirs.sign_with(options, stolen)).await), REFUSED, "another's key");
    for member in ["signature", "authenticatorData", "clientDataJSON"] {
        let changed = answer(&house, |options| {
            let mut credential = key.sign(options);
            let text = credential["response"][member].as_str().expect("text").to_owned();
            let first = if text.starts_with('A') { "B" } else { "A" };
            credential["response"][member] = format!("{first}{}", &text[1..]).into();
            credential
        });
        assert_eq!(code(changed.await), REFUSED, "{member} was changed");
    }
    for nothing in [Value::Null, serde_json::json!({}), "x".into()] {
        assert_eq!(code(answer(&house, |_| nothing).await), REFUSED);
    }
    answer(&house, |options| key.sign(options)).await.expect("the truth is taken");
}

async fn a_counter_that_does_not_grow_is_refused(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, _) = add(&house, &ann).await;
    let mut with =
        async |counter: u32| answer(&house, |options| key.sign_with(options, |said| said.counter = counter)).await;
    with(0).await.expect("one that does not count");
    with(0).await.expect("goes on so");
    with(7).await.expect("grows");
    for back in [7, 6, 1, 0] {
        assert_eq!(code(with(back).await), REFUSED, "{back}: a copy");
    }
    with(8).await.expect("grows");
    let doors = [house.beside(with_name()), house.beside(with_name())];
    let mut tries = Vec::new();
    for door in &doors {
        let asked = door.start_passkey_sign_in().await.expect("asked");
        let credential = key.sign_with(&asked.options, |said| said.counter = 9);
        tries.push(door.sign_in_with_passkey(SignInWithPasskey {
            challenge: asked.challenge,
            credential,
            workspace: None,
        }));
    }
    let done = futures::future::join_all(tries).await;
    assert_eq!(done.iter().filter(|each| each.is_ok()).count(), 1, "of two with the same counter one");
}

fn with_name() -> Settings {
    Settings { public_url: "http://localhost:8080".to_owned(), ..settings() }
}

async fn a_new_key_that_answers_something_else_is_refused(place: Place) {
    let (house, ann) = house(place).await;
    house.member(BOB, "viewer").await;
    let bob = house.actor(BOB).await;
    let door = &house.identity;
    let add = async |actor: &Actor, challenge, credential| {
        door.add_passkey(actor, AddPasskey { challenge, name: "phone".to_owned(), credential }).await
    };
    let lies: [(&str, PlainLie); 5] = [
        ("another origin", |said| "http://evil.example".clone_into(&mut said.origin)),
        ("another challenge", |said| said.challenge = "A".repeat(43)),
        ("another party", |said| "evil.example".clone_into(&mut said.party)),
        ("signed, not made", |said| said.kind = "webauthn.get"),
        ("nobody was verified", |said| said.flags &= !VERIFIED),
    ];
    for (what, lie) in lies {
        let asked = door.start_passkey(&ann, &by_password()).await.expect("asked");
        let (_, credential) = Authenticator::make_with(&asked.options, lie);
        assert_eq!(code(add(&ann, asked.challenge, credential).await), REFUSED, "{what}");
    }
    let asked = door.start_passkey(&ann, &by_password()).await.expect("asked");
    let (_, credential) = Authenticator::make(&asked.options);
    assert_eq!(code(add(&bob, asked.challenge, credential.clone()).await), REFUSED, "asked of somebody else");
    add(&ann, asked.challenge, credential.clone()).await.expect("added");
    assert_eq!(code(add(&ann, asked.challenge, credential).await), REFUSED, "once");
    assert_eq!(door.list_passkeys(&ann).await.expect("listed").len(), 1);
    assert_eq!(door.list_passkeys(&bob).await.expect("listed"), []);
}

async fn passkeys_are_listed_renamed_and_removed_by_their_owner(place: Place) {
    let (house, ann) = house(place).await;
    let (mut key, added) = add(&house, &ann).await;
    house.wait(Duration::from_secs(1));
    let (_, second) = add(&house, &ann).await;
    assert!(second.recovery_codes.is_empty(), "those that were shown stay");
    house.member(BOB, "viewer").await;
    let bob = house.actor(BOB).await;
    let door = &house.identity;
    assert_eq!(code(door.rename_passkey(&bob, added.id, "mine").await), "identity.not_found");
    assert_eq!(code(door.remove_passkey(&bob, added.id, &by_password()).await), "identity.not_found");
    door.rename_passkey(&ann, added.id, "watch").await.expect("renamed");
    assert_eq!(code(door.rename_passkey(&ann, added.id, "a\nb").await), "identity.bad_name");
    let names: Vec<_> = door.list_passkeys(&ann).await.expect("listed").into_iter().map(|row| row.name).collect();
    assert_eq!(names, [Some("watch".to_owned()), Some("phone".to_owned())]);
    assert_eq!(code(door.remove_passkey(&ann, added.id, &identity::Proof::default()).await), "identity.proof_needed");
    let by_recovery = by_code(added.recovery_codes[0].expose());
    door.remove_passkey(&ann, added.id, &by_recovery).await.expect("removed");
    assert_eq!(code(answer(&house, |options| key.sign(options)).await), REFUSED, "it opens nothing any more");
    door.require_second_factor(&ann, true, None).await.expect("required");
    assert_eq!(code(door.remove_passkey(&ann, second.id, &by_password()).await), "identity.factor_required");
    door.require_second_factor(&ann, false, None).await.expect("required no more");
    door.remove_passkey(&ann, second.id, &by_password()).await.expect("removed");
    house.sign_in(ANN, GOOD).await.expect("nothing else is asked for");
}

async fn without_a_name_there_are_none(place: Place) {
    let house = House::new(place).await;
    house.set_up(ANN).await;
    let ann = house.actor(ANN).await;
    assert_eq!(code(house.identity.start_passkey_sign_in().await), "identity.passkeys_off");
    assert_eq!(code(house.identity.start_passkey(&ann, &by_password()).await), "identity.passkeys_off");
}
