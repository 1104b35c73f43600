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

const HOUR_MS: u64 = 3_600_000;

/// What keeps events and tables.
const DATABASE: Kind = Kind::Url { schemes: &["sqlite:", "postgres://"], planned: &[] };

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
