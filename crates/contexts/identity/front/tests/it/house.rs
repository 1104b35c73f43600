//! A house to test in: identity mounted, an outbox, and people who sign in.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use identity::{
    Authenticated, EmailAddress, INSTALLATION, Identity, IdentityError, Origin, Outbox, Password, PasswordSettings,
    Proof, SetUp, Settings, SignIn, Tokens,
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

/// Who one is, by the password.
pub(crate) fn by_password() -> Proof {
    Proof { password: Some(secret(GOOD)), code: None }
}

/// Who one is, by a code.
pub(crate) fn by_code(code: &str) -> Proof {
    Proof { password: None, code: Some(secret(code)) }
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
        self.identity.sign_in(SignIn { email, password: secret(password), code: None, workspace: None }).await
    }

    pub(crate) async fn sign_in_by(
        &self,
        address: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<Tokens, IdentityError> {
        let (email, code) = (address.to_owned(), code.map(secret));
        self.identity.sign_in(SignIn { email, password: secret(password), code, workspace: None }).await
    }

    /// The code that an authenticator with this secret shows, so many steps from now.
    pub(crate) fn code(&self, base32: &str, steps: i64) -> String {
        let key = totp_rs::Secret::try_from_base32(base32).expect("base32");
        let totp = totp_rs::Builder::new().with_secret(key.as_bytes().to_vec()).build().expect("a secret");
        let seconds = kernel::Clock::now(&*self.app.clock).0 / 1_000_000 + steps * 30;
        totp.generate(u64::try_from(seconds).expect("after the epoch")).to_string()
    }

    /// An authenticator for this actor: its secret, and the recovery codes. Its present code is used by it.
    pub(crate) async fn enrol(&self, actor: &Actor) -> (String, Vec<String>) {
        let new = self.identity.start_totp(actor, &by_password()).await.expect("started");
        let base32 = new.secret.into_exposed();
        let codes = self.identity.add_totp(actor, &secret(&self.code(&base32, 0))).await.expect("confirmed");
        (base32, codes.into_iter().map(Password::into_exposed).collect())
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

    /// Everything so far is sealed: on PostgreSQL a transaction of another test may hold it up.
    pub(crate) async fn seal(&self) {
        self.identity.flush_audit().await;
        self.app.seal().await;
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
