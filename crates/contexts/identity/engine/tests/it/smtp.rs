//! Against `smtp-server`, a server that is not ours.

use std::{path::PathBuf, time::Duration};

use identity_engine::{MailError, Mailer as _, Smtp, SmtpSettings, SmtpTls};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Program;

use crate::mailers::{conforms, mail};

const SCRIPT: &str = include_str!("../../../../../../tools/servers/smtp.js");
const SECOND: Duration = Duration::from_secs(1);

/// A server with a certificate for `localhost`, which nobody has signed.
struct Server {
    program: Program,
    folder: TempDir,
}

impl Server {
    fn start(wanted: Value) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let mut wanted = wanted;
        (wanted["cert"], wanted["key"]) = (json!(cert), json!(key));
        Some(Self { program: Program::start(SCRIPT, &wanted)?, folder })
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn settings(&self, tls: SmtpTls) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".to_owned(),
            port: Some(self.program.port),
            user: Some("grayghost".to_owned()),
            password: Some("hidden".to_owned().into()),
            tls,
            ca_file: Some(self.ca()),
            timeout_ms: 5_000,
        }
    }

    /// What the server has seen, until it is silent.
    fn seen(&self) -> Vec<Value> {
        std::iter::from_fn(|| self.program.line(SECOND)).collect()
    }
}

fn with_auth(more: &Value) -> Value {
    let mut wanted = json!({ "user": "grayghost", "password": "hidden" });
    for (name, value) in more.as_object().expect("an object") {
        wanted[name] = value.clone();
    }
    wanted
}

#[tokio::test]
async fn mails_leave_by_starttls_and_by_implicit_tls() {
    for (wanted, tls) in
        [(json!({ "starttls": true }), SmtpTls::Starttls), (json!({ "implicit": true }), SmtpTls::Implicit)]
    {
        let Some(server) = Server::start(with_auth(&wanted)) else { return };
        let smtp = Smtp::new(&server.settings(tls)).expect("made");
        let arrived = async || {
            let seen = server.seen();
            assert!(seen.iter().all(|line| line["secure"] == true), "nothing in the clear: {seen:?}");
            let logins = seen.iter().filter(|line| line["auth"] == "grayghost").count();
            let mails: Vec<_> = seen.iter().filter(|line| line["body"].is_string()).collect();
            assert_eq!((logins, mails.len()), (3, 3));
            let of = |line: &&Value| {
                assert_eq!((&line["from"], &line["to"]), (&json!("house@example.com"), &json!(["ann@example.com"])));
                line["body"].as_str().expect("a text").replace("\r\n", "\n")
            };
            mails.iter().map(of).collect()
        };
        conforms(&smtp, arrived).await;
    }
}

#[tokio::test]
async fn mails_leave_in_the_clear_to_this_machine_alone() {
    let Some(server) = Server::start(json!({})) else { return };
    let plain = SmtpSettings { user: None, password: None, ca_file: None, ..server.settings(SmtpTls::None) };
    Smtp::new(&plain).expect("made").send(&mail(1)).await.expect("taken");
    assert_eq!(server.seen().len(), 1);
    let elsewhere = SmtpSettings { host: "mail.example.com".to_owned(), ..plain };
    assert!(matches!(Smtp::new(&elsewhere), Err(MailError::BadSettings { .. })));
}

#[tokio::test]
async fn where_tls_cannot_be_had_or_believed_nothing_is_said() {
    let Some(strips) = Server::start(with_auth(&json!({ "starttls": false }))) else { return };
    let Some(stranger) = Server::start(with_auth(&json!({ "starttls": true }))) else { return };
    let unsigned = SmtpSettings { ca_file: None, ..stranger.settings(SmtpTls::Starttls) };
    let other_name = SmtpSettings { host: "127.0.0.1".to_owned(), ..stranger.settings(SmtpTls::Starttls) };
    for (server, settings) in
        [(&strips, strips.settings(SmtpTls::Starttls)), (&stranger, unsigned), (&stranger, other_name)]
    {
        let error = Smtp::new(&settings).expect("made").send(&mail(1)).await.expect_err("not sent");
        assert!(matches!(error, MailError::Later { .. }), "{error:?}");
        assert_eq!(server.seen(), Vec::<Value>::new(), "neither a password nor a mail");
    }
}

#[tokio::test]
async fn a_wrong_password_is_no_fault_of_the_mail() {
    let Some(server) = Server::start(with_auth(&json!({ "starttls": true }))) else { return };
    let settings = SmtpSettings { password: Some("wrong".to_owned().into()), ..server.settings(SmtpTls::Starttls) };
    let error = Smtp::new(&settings).expect("made").send(&mail(1)).await.expect_err("not sent");
    assert!(matches!(&error, MailError::Later { why, .. } if why.contains("535")), "{error:?}");
    assert!(!server.seen().iter().any(|line| line["body"].is_string()));
}
