//! The table of all settings, and the structs that are made from it.
//!
//! A row is `field: type = kind, default and more;`. The comment above it is the documentation everywhere: of the field,
//! in the default file, in the schema and in the reference.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{BackendUrl, Kind, LogFormat, Role, Section, Setting, Value, value::Field};

/// Tables of the file that hold lists or belong together, and that are no flags: whoever they are for reads them.
pub const TABLES: &[&str] = &["graphql", "identity.oidc", "identity.smtp", "outbound"];

const HOUR_MS: u64 = 3_600_000;

/// What keeps events and tables.
const DATABASE: Kind = Kind::Url { schemes: &["sqlite:", "postgres://"], planned: &[] };

/// Requests in a minute: a bucket counts in steps of 100 us.
const RATE: Kind = Kind::Integer { least: 1, most: 600_000 };
/// Requests at once.
const BURST: Kind = Kind::Integer { least: 1, most: 100_000_000 };

/// Makes [`Config`], one struct for each section, and [`SECTIONS`].
macro_rules! sections {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $struct:ident {
            $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $setting:expr;)+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $struct { $($(#[doc = $doc])+ pub $key: $type,)+ }
        )+

        /// The configuration of a server: every value checked.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Config { $($(#[doc = $section_doc])+ pub $section: $struct,)+ }

        impl Config {
            /// `None` where a row gives a field a kind that its type cannot hold.
            pub(crate) fn fill(values: &BTreeMap<&'static str, Value>, project: &Path) -> Option<Self> {
                Some(Self {
                    $($section: $struct {
                        $($key: <$type as Field>::take(
                            values.get(concat!(stringify!($section), ".", stringify!($key))),
                            project,
                        )?,)+
                    },)+
                })
            }
        }

        /// Every setting there is.
        pub const SECTIONS: &[Section] = &[
            $(Section {
                name: stringify!($section),
                doc: concat!($($section_doc),+).trim_ascii(),
                settings: &[
                    $(Setting {
                        name: concat!(stringify!($section), ".", stringify!($key)),
                        doc: concat!($($doc),+).trim_ascii(),
                        ..$setting
                    },)+
                ],
            },)+
        ];
    };
}

sections! {
    /// Where the server listens, and which parts it plays.
    server: ServerConfig {
        /// Address and port on which HTTP is served.
        listen: SocketAddr = Setting::of(Kind::Address).or("127.0.0.1:8080").short("listen");
        /// Parts that this process plays.
        roles: BTreeSet<Role> = Setting::of(Kind::List { of: &Kind::Choice(Role::WORDS), least: 1 })
            .or("gateway,api,worker,projector,relay,realtime,scheduler,executor").short("roles");
        /// How long requests, jobs and sockets may take to finish when the server is asked to stop.
        shutdown_timeout_ms: u64 = Setting::of(Kind::DurationMs { least: 0, most: HOUR_MS }).or("30000");
    }
    /// Where events and tables are kept.
    database: DatabaseConfig {
        /// A SQLite file, relative to the project's folder, or a PostgreSQL database.
        url: BackendUrl = Setting::of(DATABASE).or("sqlite:.grayghost/grayghost.db");
        /// Replicas of the PostgreSQL database that answer reads.
        read_urls: Vec<BackendUrl> = Setting::of(
            Kind::List { of: &Kind::Url { schemes: &["postgres://"], planned: &[] }, least: 0 }).or("");
        /// Connections that one process keeps to each database.
        max_connections: u32 = Setting::of(Kind::Integer { least: 2, most: 1_000 }).or("16");
        /// How long one statement may run before it is stopped.
        statement_timeout_ms: u64 = Setting::of(Kind::DurationMs { least: 100, most: HOUR_MS }).or("30000");
    }
    /// Cache, limits and locks that several processes share.
    redis: RedisConfig {
        /// A Redis server. Without it they are kept in the process, which serves one process only.
        url: Option<BackendUrl> = Setting::of(Kind::Url { schemes: &["redis://", "rediss://"], planned: &[] })
            .such_as("redis://127.0.0.1:6379/0");
    }
    /// How facts travel between processes.
    bus: BusConfig {
        /// `memory:` is the bus in the process, fed from the event log.
        url: BackendUrl = Setting::of(Kind::Url { schemes: &["memory:"], planned: &["amqp:", "amqps:", "kafka:"] })
            .or("memory:");
    }
    /// Where files are kept.
    objects: ObjectsConfig {
        /// A folder, relative to the project's.
        url: BackendUrl = Setting::of(Kind::Url { schemes: &["file:"], planned: &["s3:"] })
            .or("file:.grayghost/objects");
    }
    /// Keys that seal personal fields.
    crypto: CryptoConfig {
        /// The file of the master key. A first start makes it, readable by its owner alone; without it nothing sealed can
        /// be read again.
        master_key_file: PathBuf = Setting::of(Kind::Path).or(".grayghost/master.key");
        /// Where wrapped keys are kept, apart from the event log and its backups. Without it, beside the database.
        keys_url: Option<BackendUrl> = Setting::of(DATABASE).such_as("sqlite:.grayghost/keys.db");
    }
    /// Work that runs outside of requests.
    jobs: JobsConfig {
        /// Jobs that run at the same time in one process; 0 stands for the number of processors.
        workers: u32 = Setting::of(Kind::Integer { least: 0, most: 1_024 }).or("0");
        /// How long a worker that fell silent keeps its job.
        lease_ms: u64 = Setting::of(Kind::DurationMs { least: 1_000, most: HOUR_MS }).or("30000");
        /// How often workers look for jobs that other processes made.
        poll_ms: u64 = Setting::of(Kind::DurationMs { least: 10, most: 60_000 }).or("250");
    }
    /// What every request passes: TLS, limits, and who may.
    gateway: GatewayConfig {
        /// PEM file with the server's certificate first, then those that signed it. Without it, HTTP in the clear.
        tls_certificate_file: Option<PathBuf> = Setting::of(Kind::Path).such_as("tls/certificate.pem");
        /// PEM file with its key.
        tls_key_file: Option<PathBuf> = Setting::of(Kind::Path).such_as("tls/key.pem");
        /// The oldest version of TLS that is spoken.
        tls_oldest: String = Setting::of(Kind::Choice(&["1.3", "1.2"])).or("1.3");
        /// Whether a balancer in front speaks TLS to callers. Cookies and `Strict-Transport-Security` hang on it.
        behind_tls: bool = Setting::of(Kind::Bool).or("false");
        /// Networks of balancers whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.
        trusted_proxies: Vec<String> = Setting::of(Kind::List { of: &Kind::Text, least: 0 }).or("");
        /// Origins whose pages may read answers, such as `https://app.example.com`.
        cors_origins: Vec<String> = Setting::of(Kind::List { of: &Kind::Text, least: 0 }).or("");
        /// Connections at once.
        max_connections: u32 = Setting::of(Kind::Integer { least: 1, most: 1_000_000 }).or("10000");
        /// How long the head of a request may take, and how long a connection may be idle.
        header_timeout_ms: u32 = Setting::of(Kind::DurationMs { least: 100, most: HOUR_MS }).or("30000");
        /// How long the body of a request may take.
        body_timeout_ms: u32 = Setting::of(Kind::DurationMs { least: 100, most: HOUR_MS }).or("30000");
        /// How long an answer may take to begin, where its operation says nothing else.
        timeout_ms: u32 = Setting::of(Kind::DurationMs { least: 100, most: HOUR_MS }).or("30000");
        /// The largest body, where its operation says nothing else.
        max_body_bytes: u64 = Setting::of(Kind::SizeBytes { least: 1_024, most: 1_073_741_824 }).or("1048576");
        /// Requests of one address in a minute, whatever they are.
        address_per_minute: u32 = Setting::of(RATE).or("6000");
        /// Of these, at once.
        address_burst: u32 = Setting::of(BURST).or("1000");
        /// Quick reads of one user or key in a minute.
        read_per_minute: u32 = Setting::of(RATE).or("3000");
        /// Of these, at once.
        read_burst: u32 = Setting::of(BURST).or("500");
        /// Writes of one user or key in a minute.
        write_per_minute: u32 = Setting::of(RATE).or("600");
        /// Of these, at once.
        write_burst: u32 = Setting::of(BURST).or("100");
        /// SQL and the like, of one user or key in a minute.
        heavy_per_minute: u32 = Setting::of(RATE).or("60");
        /// Of these, at once.
        heavy_burst: u32 = Setting::of(BURST).or("20");
        /// Guesses at secrets from one address in a minute.
        sign_in_per_minute: u32 = Setting::of(RATE).or("10");
        /// Of these, at once.
        sign_in_burst: u32 = Setting::of(BURST).or("10");
    }
    /// Accounts, sessions and mails about them.
    identity: IdentityConfig {
        /// Where people reach this installation; links in mails begin with it. Without it, `http://` and `server.listen`.
        public_url: Option<String> = Setting::of(Kind::Text).such_as("https://grayghost.example.com");
        /// Folder into which mails are written.
        outbox: PathBuf = Setting::of(Kind::Path).or(".grayghost/outbox");
        /// Sender of mails.
        mail_from: String = Setting::of(Kind::Text).or("grayghost@localhost.localdomain");
        /// Whether strangers may make accounts and workspaces of their own.
        open_sign_up: bool = Setting::of(Kind::Bool).or("false");
        /// How long an access token is good.
        access_token_ms: u64 = Setting::of(Kind::DurationMs { least: 10_000, most: HOUR_MS }).or("900000");
        /// A session ends when it was not used for so many days.
        session_idle_days: u32 = Setting::of(Kind::Integer { least: 1, most: 3_650 }).or("14");
        /// A session ends after so many days, however often it is used.
        session_longest_days: u32 = Setting::of(Kind::Integer { least: 1, most: 3_650 }).or("90");
        /// How long the link of a mail, or of the first start, is good.
        link_ms: u64 = Setting::of(Kind::DurationMs { least: 60_000, most: 24 * HOUR_MS }).or("3600000");
        /// How many days an invitation is good.
        invitation_days: u32 = Setting::of(Kind::Integer { least: 1, most: 365 }).or("7");
        /// Memory that hashing a password takes (argon2id).
        password_memory_kib: u32 = Setting::of(Kind::Integer { least: 8_192, most: 4_194_304 }).or("19456");
        /// Passes over that memory.
        password_passes: u32 = Setting::of(Kind::Integer { least: 1, most: 100 }).or("2");
        /// The least strength of a password, 0 to 4, as zxcvbn counts it.
        password_strength: u32 = Setting::of(Kind::Integer { least: 0, most: 4 }).or("3");
        /// File of SHA-1 hashes of passwords that leaked elsewhere, sorted, as `haveibeenpwned.com` publishes it.
        breached_passwords_file: Option<PathBuf> = Setting::of(Kind::Path).such_as("pwned-passwords.txt");
    }
    /// What is logged, and how.
    log: LogConfig {
        /// `pretty` is for people, `json` is one object a line.
        format: LogFormat = Setting::of(Kind::Choice(LogFormat::WORDS)).or("pretty");
        /// A level, or directives such as `warn,sql=debug`.
        level: String = Setting::of(Kind::LogFilter).or("info");
    }
    /// What is measured.
    telemetry: TelemetryConfig {
        /// Whether figures are kept and shown at `/metrics`.
        metrics: bool = Setting::of(Kind::Bool).or("true");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_run_and_examples_are_taken() {
        for setting in SECTIONS.iter().flat_map(|section| section.settings) {
            for text in [setting.default, setting.example].into_iter().flatten() {
                assert!(setting.kind.parse(text).is_ok(), "{}: {text}", setting.name);
            }
            assert!(setting.default.is_some() != setting.example.is_some(), "{} has one of them", setting.name);
            assert!(!setting.doc.is_empty() && setting.doc.ends_with('.'), "{} is documented", setting.name);
        }
    }

    #[test]
    fn names_are_sections_and_keys() {
        for section in SECTIONS {
            for setting in section.settings {
                assert_eq!(setting.name, format!("{}.{}", section.name, setting.key()));
            }
        }
        let all: BTreeSet<_> = SECTIONS.iter().flat_map(|section| section.settings).map(|row| row.name).collect();
        assert_eq!(all.len(), SECTIONS.iter().map(|section| section.settings.len()).sum::<usize>());
    }

    #[test]
    fn by_default_every_role_is_played() {
        let roles = SECTIONS[0].settings[1].default.map(|text| text.split(',').collect::<Vec<_>>());
        assert_eq!(roles.as_deref(), Some(Role::WORDS));
    }
}
