//! A house to test in: identity mounted, an outbox, and people who sign in.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use identity::{
    Authenticated, EmailAddress, INSTALLATION, Identity, IdentityError, Origin, Outbox, Password, PasswordSettings,
    SetUp, Settings, SignIn, Tokens,
};
use kernel::{Actor, ErrorKind, ProductError, UserId};
use tempfile::TempDir;
use testkit::{Place, TestApp};

pub(crate) const GOOD: &str = "violet kettle mostly thunder";
pub(crate) const OTHER: &str = "copper lantern quietly marching";

pub(crate) struct House {
    pub(crate) app: TestApp,
    pub(crate) identity: Arc<Identity>,
    outbox: TempDir,
}

/// Cheap hashes: their cost is not what is tested.
pub(crate) fn settings() -> Settings {
    let passwords = PasswordSettings { memory_kib: 64, passes: 1, ..PasswordSettings::default() };
    Settings { passwords, ..Settings::default() }
}

pub(crate) fn secret(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(crate) fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> &'static str {
    result.expect_err("refused").code()
}

pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> ErrorKind {
    result.expect_err("refused").kind()
}

impl House {
    pub(crate) async fn new(place: Place) -> Self {
        Self::with(place, settings()).await
    }

    pub(crate) async fn with(place: Place, settings: Settings) -> Self {
        let outbox = tempfile::tempdir().expect("a folder");
        let mailer = Arc::new(Outbox::at(outbox.path()));
        let app = TestApp::start(place, &[identity::module(&settings, mailer)]).await;
        let identity = Identity::open(app.log.clone(), app.jobs.clone(), settings).expect("opened");
        Self { app, identity: Arc::new(identity), outbox }
    }

    /// Another process over the same database.
    pub(crate) fn beside(&self, settings: Settings) -> Identity {
        Identity::open(self.app.log.clone(), self.app.jobs.clone(), settings).expect("opened")
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.app.clock.advance_micros(i64::try_from(time.as_micros()).expect("not for ever"));
    }

    /// Sets the workspace `default` up, with this owner.
    pub(crate) async fn set_up(&self, address: &str) -> UserId {
        let link = self.identity.first_start(self.app.workspace, "default").await.expect("registered").expect("a link");
        let token = link.expose().split_once("#token=").expect("a token").1.to_owned();
        let command =
            SetUp { token: secret(&token), email: email(address), name: "Ann".to_owned(), password: secret(GOOD) };
        self.identity.set_up(command).await.expect("set up").1
    }

    pub(crate) async fn sign_in(&self, address: &str, password: &str) -> Result<Tokens, IdentityError> {
        let email = address.to_owned();
        self.identity.sign_in(SignIn { email, password: secret(password), workspace: None }).await
    }

    pub(crate) async fn tokens(&self, address: &str) -> Tokens {
        self.sign_in(address, GOOD).await.expect("signed in")
    }

    pub(crate) async fn who(&self, tokens: &Tokens) -> Result<Arc<Authenticated>, IdentityError> {
        self.identity.authenticate(tokens.access.expose()).await
    }

    /// Whoever signs in with this address.
    pub(crate) async fn actor(&self, address: &str) -> Actor {
        self.who(&self.tokens(address).await).await.expect("known").actor.clone()
    }

    /// A member of the workspace `default`.
    pub(crate) async fn member(&self, address: &str, role: &str) -> UserId {
        let (email, name, role) = (email(address), "Bob".to_owned(), role.to_owned());
        let command = identity::CreateUser { email, name, password: Some(secret(GOOD)), role };
        self.identity.create_user(&self.app.system(), command).await.expect("made")
    }

    /// Another workspace, with an owner of its own.
    pub(crate) async fn stranger(&self, address: &str) -> Actor {
        let other = kernel::WorkspaceId::new();
        self.identity.register_workspace(other, &format!("other-{}", address.len())).await.expect("registered");
        let (email, name, role) = (email(address), "Eve".to_owned(), "owner".to_owned());
        let command = identity::CreateUser { email, name, password: Some(secret(GOOD)), role };
        self.identity.create_user(&Actor::system(other), command).await.expect("made");
        self.actor(address).await
    }

    /// Texts of all mails so far.
    pub(crate) async fn mails(&self) -> BTreeSet<String> {
        self.app.settle().await;
        let entries = std::fs::read_dir(self.outbox.path()).expect("a folder");
        entries.map(|entry| std::fs::read_to_string(entry.expect("a file").path()).expect("a mail")).collect()
    }

    /// The secret of the only mail that holds these words.
    pub(crate) async fn token(&self, words: &str) -> Password {
        let mails: Vec<String> = self.mails().await.into_iter().filter(|mail| mail.contains(words)).collect();
        assert_eq!(mails.len(), 1, "{mails:?}");
        let after = mails[0].split_once("#token=").expect("a link").1;
        secret(after.split_whitespace().next().expect("a token"))
    }

    /// The kinds of the events of one account.
    pub(crate) async fn events_of(&self, user: UserId) -> Vec<String> {
        let stream = format!("identity.user.{user}");
        let events = self.app.log.stream(INSTALLATION, &stream, 0).await.expect("read");
        events.into_iter().map(|event| event.kind).collect()
    }
}

pub(crate) fn from(address: &str) -> Origin {
    let address: IpAddr = address.parse().expect("an address");
    Origin { address: Some(address), agent: Some("curl/8".to_owned()) }
}
