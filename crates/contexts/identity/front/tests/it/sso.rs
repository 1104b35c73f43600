//! Single sign-on: who comes in, and who does not, whatever a provider says.

use std::time::Duration;

use identity::{FinishSso, Identity, IdentityError, ListRequest, OidcSettings, Sso, SsoError, StartedSso, Tokens};
use kernel::{Actor, ErrorKind, ProductError, SubjectId};
use outbound::{Outbound, OutboundSettings};
use serde_json::{Value, json};
use testkit::Place;

use crate::{
    house::{House, code, email, from},
    provider::{FakeProvider, Says, Signed, query, sso},
};

testkit::on_both!(
    a_person_is_linked_by_their_address_and_known_by_their_subject_from_then_on,
    nothing_but_the_providers_word_about_this_attempt_is_believed,
    an_attempt_is_finished_once_by_who_began_it_where_it_was_begun,
    an_address_that_one_side_has_not_verified_links_nobody,
    who_may_not_sign_in_may_not_by_a_provider_either,
    accounts_are_made_for_allowed_domains_alone,
    links_are_listed_and_ended_by_their_owner,
    what_a_provider_says_leads_calls_nowhere_private,
    attempts_from_one_address_are_slowed_down
);

/// A house with one provider, `idp`.
struct Rig {
    house: House,
    door: Identity,
    fake: FakeProvider,
}

impl Rig {
    async fn new(place: Place, settings: impl FnOnce(OidcSettings) -> OidcSettings) -> Self {
        let house = House::new(place).await;
        house.set_up("ann@example.com").await;
        let fake = FakeProvider::start(house.app.log.source().now().0 / 1_000_000).await;
        let door = house.identity.as_ref().clone().with_sso(sso(&[settings(fake.settings("idp"))]));
        Self { house, door, fake }
    }

    async fn start(&self) -> StartedSso {
        self.door.start_sso("idp", None).await.expect("begun")
    }

    /// Goes to the provider and comes back.
    async fn come(&self, says: Says) -> Result<Tokens, IdentityError> {
        let started = self.start().await;
        self.door.finish_sso(self.fake.send_back("idp", &started, says)).await
    }

    async fn come_as(&self, subject: &str, email: &str) -> Result<Tokens, IdentityError> {
        self.come(claims(json!({ "sub": subject, "email": email }))).await
    }
}

fn claims(claims: Value) -> Says {
    Says { claims, ..Says::default() }
}

async fn a_person_is_linked_by_their_address_and_known_by_their_subject_from_then_on(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let ann = rig.house.actor("ann@example.com").await;
    let started = rig.start().await;
    let query = query(started.authorization_url.expose());
    assert_eq!(query["redirect_uri"], "https://gg.example.com/sso/idp");
    assert_eq!((query["response_type"].as_str(), query["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(query["scope"], "openid email profile");
    assert_eq!(&query["state"], started.state.expose());
    assert!(!started.authorization_url.expose().contains(started.verifier.expose().as_str()));
    let tokens = rig.door.finish_sso(rig.fake.send_back("idp", &started, Says::default())).await.expect("signed in");
    assert_eq!(rig.house.who(&tokens).await.expect("known").actor, ann, "the same account, as the same member");
    let again = rig.come(claims(json!({ "email": "ann@elsewhere.org", "email_verified": false }))).await;
    assert_eq!(again.expect("signed in").user, tokens.user, "the subject counts");
    // A reader of addresses that keeps them apart from the token.
    let info = json!({ "sub": "7", "email": "bob@example.com", "email_verified": true });
    rig.house.member("bob@example.com", "viewer").await;
    let bob = Says {
        claims: json!({ "sub": "7", "email": null, "email_verified": null }),
        info: Some(info),
        ..Says::default()
    };
    let bob_said = code(rig.come(bob.clone()).await);
    assert_eq!(bob_said, "identity.unverified_account");
    let others = Says { info: Some(json!({ "sub": "8", "email": "ann@example.com", "email_verified": true })), ..bob };
    assert_eq!(code(rig.come(others).await), "identity.provider", "of another person");
    let page = ListRequest::default();
    rig.house.identity.flush_audit().await;
    let filter = identity::AuditFilter { action: Some("finish_sso".to_owned()), ..Default::default() };
    let audit = rig.house.identity.list_audit(&ann, &filter, &page).await.expect("listed");
    assert_eq!(audit.items.len(), 2, "{audit:?}");
    assert_eq!(rig.house.identity.list_sessions(&ann, &page).await.expect("listed").items.len(), 3);
}

async fn nothing_but_the_providers_word_about_this_attempt_is_believed(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let now = rig.house.app.log.source().now().0 / 1_000_000;
    let bad = [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "another" }),
        json!({ "aud": ["grayghost", "another"] }),
        json!({ "aud": null }),
        json!({ "azp": "another" }),
        json!({ "iss": "https://another.example.com" }),
        json!({ "iss": format!("{}/", rig.fake.issuer) }),
        json!({ "iss": null }),
        json!({ "exp": now }),
        json!({ "exp": now - 1 }),
        json!({ "iat": now + 301 }),
        json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }),
    ];
    let mut attacks: Vec<Says> = bad.into_iter().map(claims).collect();
    let badly = [Signed::Not, Signed::BySecret, Signed::ByPublicKey, Signed::ByStranger, Signed::Changed]
        .map(|signed| Says { signed, ..Says::default() });
    attacks.extend(badly);
    // For an address whose account is there and verified: nothing else would keep them out.
    for says in attacks {
        let error = rig.come(says.clone()).await.expect_err("refused");
        // A token without an issuer is none at all.
        let is_token = says.claims.get("iss").is_none_or(|issuer| !issuer.is_null());
        let expected = if is_token {
            (ErrorKind::Unauthenticated, "identity.bad_id_token")
        } else {
            (ErrorKind::Unavailable, "identity.provider")
        };
        assert_eq!((error.kind(), error.code()), expected, "{says:?}");
    }
    rig.come(claims(json!({ "iat": now + 299, "exp": now + 1, "at_hash": null }))).await.expect("all is well");
    let started = rig.start().await;
    let finish = rig.fake.send_back("idp", &started, Says::default());
    let mixed = FinishSso { issuer: Some("https://another.example.com".to_owned()), ..copy(&finish) };
    assert_eq!(code(rig.door.finish_sso(mixed).await), "identity.bad_id_token", "sent back by another issuer");
    rig.door.finish_sso(FinishSso { issuer: Some(rig.fake.issuer.clone()), ..finish }).await.expect("signed in");
}

fn copy(finish: &FinishSso) -> FinishSso {
    let FinishSso { provider, state, code, verifier, issuer } = finish;
    let (provider, issuer) = (provider.clone(), issuer.clone());
    FinishSso { provider, state: state.clone(), code: code.clone(), verifier: verifier.clone(), issuer }
}

async fn an_attempt_is_finished_once_by_who_began_it_where_it_was_begun(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let both = [rig.fake.settings("idp"), rig.fake.settings("other")];
    let door = rig.house.identity.as_ref().clone().with_sso(sso(&both));
    let (mine, theirs) = (rig.start().await, rig.start().await);
    let finish = rig.fake.send_back("idp", &mine, Says::default());
    let bad_state = "identity.bad_state";
    // Login CSRF: somebody else's browser brings my state and code, with a verifier of its own or with none.
    for verifier in [theirs.verifier.clone(), mine.state.clone(), String::new().into(), "x".repeat(43).into()] {
        assert_eq!(code(door.finish_sso(FinishSso { verifier, ..copy(&finish) }).await), bad_state);
    }
    for state in [theirs.state.clone(), String::new().into(), "ä".repeat(40).into()] {
        assert_eq!(code(door.finish_sso(FinishSso { state, ..copy(&finish) }).await), bad_state);
    }
    let elsewhere = FinishSso { provider: "other".to_owned(), ..copy(&finish) };
    assert_eq!(code(door.finish_sso(elsewhere).await), bad_state, "begun at another provider");
    let nowhere = FinishSso { provider: "none".to_owned(), ..copy(&finish) };
    assert_eq!(code(door.finish_sso(nowhere).await), "identity.no_such_provider");
    assert_eq!(code(door.start_sso("none", None).await), "identity.no_such_provider");
    assert!(!rig.fake.asked().contains(&"token"), "no code was shown to the provider");
    door.finish_sso(copy(&finish)).await.expect("its owner finishes it all the same");
    assert_eq!(code(door.finish_sso(finish).await), bad_state, "once");
    // A code of another attempt: the provider holds it to the other challenge.
    let (first, second) = (rig.start().await, rig.start().await);
    let stolen = rig.fake.send_back("idp", &first, Says::default());
    let injected = FinishSso { code: stolen.code, ..rig.fake.send_back("idp", &second, Says::default()) };
    assert_eq!(code(door.finish_sso(injected).await), "identity.code_refused");
    let late = rig.fake.send_back("idp", &rig.start().await, Says::default());
    rig.house.wait(Duration::from_secs(601));
    assert_eq!(code(door.finish_sso(late).await), bad_state, "too late");
    let started = rig.start().await;
    let finish = rig.fake.send_back("idp", &started, claims(json!({ "exp": 4_000_000_000_u64 })));
    let (one, other) = tokio::join!(door.finish_sso(copy(&finish)), door.finish_sso(copy(&finish)));
    assert_eq!([&one, &other].iter().filter(|done| done.is_ok()).count(), 1, "of two at once, one");
}

async fn an_address_that_one_side_has_not_verified_links_nobody(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    for says in [
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null }),
        json!({ "email": "no address" }),
    ] {
        let info = Some(json!({ "sub": "248289761001" }));
        let error = rig.come(Says { info, ..claims(says) }).await.expect_err("refused");
        assert_eq!((error.kind(), error.code()), (ErrorKind::Forbidden, "identity.no_verified_email"));
    }
    // Somebody registered bob's address before bob: their password must not open what bob does later.
    rig.house.member("bob@example.com", "viewer").await;
    assert_eq!(code(rig.come_as("2", "bob@example.com").await), "identity.unverified_account");
    assert_eq!(code(rig.come_as("3", "nobody@example.com").await), "identity.no_account");
    rig.house.actor("bob@example.com").await;
    let bob = rig.house.actor("bob@example.com").await;
    rig.house.identity.request_email_verification(&bob).await.expect("asked");
    let token = rig.house.token("verify-email").await;
    rig.house.identity.verify_email(&token).await.expect("verified");
    rig.come_as("2", "BOB@Example.com").await.expect("signed in");
}

async fn who_may_not_sign_in_may_not_by_a_provider_either(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let (identity, ann) = (&rig.house.identity, rig.house.actor("ann@example.com").await);
    let bob = verified(&rig.house, "bob@example.com").await;
    let carl = verified(&rig.house, "carl@example.com").await;
    let tokens = rig.come_as("2", "bob@example.com").await.expect("signed in");
    identity.deactivate_user(&ann, bob).await.expect("locked");
    identity.deactivate_user(&ann, carl).await.expect("locked");
    assert_eq!(rig.house.who(&tokens).await.expect_err("ended").code(), "identity.bad_token");
    assert_eq!(code(rig.come_as("2", "bob@example.com").await), "identity.no_account", "linked");
    assert_eq!(code(rig.come_as("3", "carl@example.com").await), "identity.no_account", "not linked");
    identity.reactivate_user(&ann, bob).await.expect("open");
    rig.come_as("2", "bob@example.com").await.expect("signed in");
    identity.remove_member(&ann, bob).await.expect("removed");
    assert_eq!(code(rig.come_as("2", "bob@example.com").await), "identity.no_membership");
    // Who was erased is nobody, and may come back as somebody new.
    rig.house
        .app
        .log
        .erase_subjects(&Actor::system(identity::INSTALLATION), &[SubjectId(bob.0)])
        .await
        .expect("erased");
    assert_eq!(code(rig.come_as("2", "bob@example.com").await), "identity.no_account");
    let bob = verified(&rig.house, "bob@example.com").await;
    assert_eq!(rig.come_as("2", "bob@example.com").await.expect("signed in").user, bob);
}

/// A member who has shown that the address is theirs.
async fn verified(house: &House, address: &str) -> kernel::UserId {
    let user = house.member(address, "viewer").await;
    house.identity.request_password_reset(&email(address)).await.expect("asked");
    let mails = house.mails().await.into_iter().filter(|mail| mail.contains(&format!("To: {address}")));
    for mail in mails {
        let token =
            mail.split_once("reset-password#token=").expect("a link").1.split_whitespace().next().expect("a token");
        let (token, password) = (crate::house::secret(token), crate::house::secret(crate::house::OTHER));
        // One of an account of this address before is over.
        drop(house.identity.reset_password(identity::ResetPassword { token, password }).await);
    }
    user
}

async fn accounts_are_made_for_allowed_domains_alone(place: Place) {
    let rig = Rig::new(place, |settings| OidcSettings {
        create_members_as: Some("viewer".to_owned()),
        domains: vec!["example.com".to_owned()],
        ..settings
    })
    .await;
    assert_eq!(code(rig.come_as("9", "eve@example.org").await), "identity.no_account");
    assert_eq!(code(rig.come_as("9", "eve@sub.example.com").await), "identity.no_account");
    let unverified = claims(json!({ "sub": "9", "email": "zoe@example.com", "email_verified": false }));
    assert_eq!(code(rig.come(unverified).await), "identity.no_verified_email");
    let tokens = rig.come_as("9", "zoe@example.com").await.expect("signed in");
    let zoe = rig.house.who(&tokens).await.expect("known").actor.clone();
    let me = rig.house.identity.show_me(&zoe).await.expect("shown");
    assert_eq!((me.email.as_deref(), me.name.as_deref()), (Some("zoe@example.com"), Some("Ann Lee")));
    assert_eq!((me.role.as_deref(), me.workspace_name.as_str(), me.verified), (Some("viewer"), "default", true));
    assert_eq!(rig.come_as("9", "zoe@example.com").await.expect("signed in").user, tokens.user);
    assert_eq!(
        code(rig.house.sign_in("zoe@example.com", "").await),
        "identity.bad_credentials",
        "there is no password"
    );
    let settings = OidcSettings {
        create_members_as: Some("nothing".to_owned()),
        domains: vec!["example.com".to_owned()],
        ..rig.fake.settings("idp")
    };
    let wrong = Rig { door: rig.house.identity.as_ref().clone().with_sso(sso(&[settings])), ..rig };
    assert_eq!(code(wrong.come_as("10", "yan@example.com").await), "identity.no_such_role");
    assert_eq!(code(wrong.come_as("10", "yan@example.com").await), "identity.no_such_role", "nothing was stored");
}

async fn links_are_listed_and_ended_by_their_owner(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let (identity, page) = (&rig.house.identity, ListRequest::default());
    let ann = rig.house.actor("ann@example.com").await;
    let eve = rig.house.stranger("eve@example.com").await;
    assert_eq!(identity.list_linked_identities(&ann, &page).await.expect("listed").items, []);
    rig.come(Says::default()).await.expect("signed in");
    let links = identity.list_linked_identities(&ann, &page).await.expect("listed").items;
    assert_eq!((links.len(), links[0].provider.as_str(), &links[0].issuer), (1, "idp", &rig.fake.issuer));
    assert_eq!(identity.list_linked_identities(&eve, &page).await.expect("listed").items, []);
    assert_eq!(code(identity.unlink_identity(&eve, links[0].id).await), "identity.not_found");
    assert_eq!(code(identity.unlink_identity(&rig.house.app.system(), links[0].id).await), "identity.not_a_person");
    // Linked, the subject is enough; unlinked, it takes the address again.
    let without_email = || Says { info: Some(json!({ "sub": "248289761001" })), ..claims(json!({ "email": null })) };
    rig.come(without_email()).await.expect("signed in");
    identity.unlink_identity(&ann, links[0].id).await.expect("ended");
    assert_eq!(code(identity.unlink_identity(&ann, links[0].id).await), "identity.not_found");
    assert_eq!(identity.list_linked_identities(&ann, &page).await.expect("listed").items, []);
    assert_eq!(code(rig.come(without_email()).await), "identity.no_verified_email");
    rig.come(Says::default()).await.expect("linked again");
    let names: Vec<_> = rig.door.list_sso_providers().into_iter().map(|row| (row.name, row.title)).collect();
    assert_eq!(names, [("idp".to_owned(), "idp".to_owned())]);
    assert!(identity.list_sso_providers().is_empty());
    let text = format!(
        "{:?}",
        rig.house.app.log.stream(identity::INSTALLATION, &format!("identity.linked.{}", links[0].id), 0).await
    );
    assert!(text.contains("identity_linked") && !text.contains("248289761001"), "sealed: {text}");
}

async fn what_a_provider_says_leads_calls_nowhere_private(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let came = async |changes: Value, is_fresh: bool| {
        rig.fake.describe(json!({}));
        let door = rig.house.identity.as_ref().clone().with_sso(sso(&[rig.fake.settings("idp")]));
        if is_fresh {
            rig.fake.describe(changes.clone());
        }
        let started = door.start_sso("idp", None).await?;
        rig.fake.describe(changes);
        door.finish_sso(rig.fake.send_back("idp", &started, Says::default())).await.map(|_| ())
    };
    for changes in [
        json!({ "token_endpoint": "http://127.0.0.2:1/token" }),
        json!({ "token_endpoint": "http://169.254.169.254/latest" }),
        json!({ "jwks_uri": "http://localhost:1/keys" }),
        json!({ "issuer": "https://another.example.com" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "authorization_endpoint": "file:///etc/passwd" }),
    ] {
        let is_about_start = changes.get("authorization_endpoint").is_some();
        for is_fresh in [true, false] {
            let done = came(changes.clone(), is_fresh).await;
            if is_about_start && !is_fresh {
                done.expect("nobody is sent there any more");
                continue;
            }
            assert_eq!(code(done), "identity.provider", "{changes}");
        }
    }
    rig.fake.describe(json!({}));
    // The same provider by a name that leads to this machine, which nobody has allowed.
    let settings = OutboundSettings { allow_http: true, ..OutboundSettings::default() };
    let guarded = Outbound::new(settings).expect("made");
    let issuer = rig.fake.issuer.replace("127.0.0.1", "localhost");
    let by_name =
        Sso::new(&[OidcSettings::new("idp", &issuer, "us")], &guarded, "https://gg.example.com").expect("made");
    let before = rig.fake.asked().len();
    let error =
        rig.house.identity.as_ref().clone().with_sso(by_name).start_sso("idp", None).await.expect_err("refused");
    let IdentityError::Sso(SsoError::Provider { source, .. }) = &error else { panic!("{error:?}") };
    let cause = source.downcast_ref::<outbound::OutboundError>().expect("the guard's word");
    assert_eq!((cause.code(), rig.fake.asked().len()), ("outbound.refused", before));
    let by_address = [OidcSettings::new("idp", &rig.fake.issuer, "us")];
    assert!(Sso::new(&by_address, &guarded, "https://gg.example.com").is_err(), "told at the start");
}

async fn attempts_from_one_address_are_slowed_down(place: Place) {
    let rig = Rig::new(place, |settings| settings).await;
    let door = rig.door.seen_from(from("203.0.113.7"));
    for _ in 0..60 {
        door.start_sso("idp", None).await.expect("begun");
    }
    assert_eq!(code(door.start_sso("idp", None).await), "identity.too_many_attempts");
    assert_eq!(rig.fake.asked(), ["description", "keys"], "one description for all of them");
    rig.door.seen_from(from("203.0.113.8")).start_sso("idp", None).await.expect("another address");
}
