//! Mails whose server says no: one that may be taken later is tried again, one that never will is not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use identity::{Identity, Mail, MailError, Mailer, SetUp};
use testkit::{Place, TestApp};

use crate::house::{GOOD, email, secret, settings};

testkit::on_both!(a_mail_that_is_refused_is_not_sent_again, a_mail_that_was_not_taken_is_sent_again);

/// Refuses for ever, or the first time only.
#[derive(Debug)]
struct No {
    for_ever: bool,
    asked: AtomicU32,
}

#[async_trait::async_trait]
impl Mailer for No {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        let before = self.asked.fetch_add(1, Ordering::Relaxed);
        match (self.for_ever, before) {
            (true, _) => Err(MailError::Refused { status: 550 }),
            (false, 0) => Err(MailError::Later { why: "the server says 451".to_owned(), source: None }),
            (false, _) => Ok(()),
        }
    }
}

async fn a_mail_that_is_refused_is_not_sent_again(place: Place) {
    assert_eq!(sent(place, true).await, 1);
}

async fn a_mail_that_was_not_taken_is_sent_again(place: Place) {
    assert_eq!(sent(place, false).await, 2);
}

/// How often a mail is sent within five hours.
async fn sent(place: Place, for_ever: bool) -> u32 {
    let no = Arc::new(No { for_ever, asked: AtomicU32::new(0) });
    let app = TestApp::start(place, &[identity::module(&settings(), no.clone())]).await;
    let door = Identity::open(app.log.clone(), app.jobs.clone(), settings()).expect("opened");
    let link = door.first_start(app.workspace, "default").await.expect("registered").expect("a link");
    let token = secret(link.expose().split_once("#token=").expect("a token").1);
    let (email, name, password) = (email("ann@example.com"), "Ann".to_owned(), secret(GOOD));
    door.set_up(SetUp { token, email: email.clone(), name, password }).await.expect("set up");
    door.request_password_reset(&email).await.expect("asked");
    for _ in 0..5 {
        app.settle().await;
        app.clock.advance_micros(i64::try_from(Duration::from_hours(1).as_micros()).expect("not for ever"));
    }
    no.asked.load(Ordering::Relaxed)
}
