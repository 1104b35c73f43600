//! Precedence, mistakes of all sources at once, and what is shown.

use proptest::prelude::*;

use super::*;
use crate::{Kind, Role};

const OTHERS: Others<'static> =
    Others { keys: &["project", "vars", "lake", "quality"], variables: &["GRAYGHOST_LOG", "GRAYGHOST_TEST_*"] };

fn sources(file: &str, variables: &[(&str, &str)], flags: &[(&str, &str)]) -> Sources {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Sources {
        project: PathBuf::from("/p"),
        file: Some((PathBuf::from(FILE), file.to_owned())),
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        flags: flags.iter().map(pair).collect(),
    }
}

fn mistakes(sources: &Sources) -> Vec<String> {
    match load(sources, OTHERS) {
        Err(ConfigError::Invalid { source }) => source.0.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_given_gives_defaults_that_run() {
    let Loaded { config, shown } = load(&sources("", &[], &[]), OTHERS).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.server.roles.len(), Role::WORDS.len());
    assert_eq!(config.database.url.path(Path::new("/p")), Some("/p/.grayghost/grayghost.db".into()));
    assert_eq!(config.crypto.master_key_file, Path::new("/p/.grayghost/master.key"));
    assert_eq!((config.redis.url, config.crypto.keys_url), (None, None));
    assert!(shown.iter().all(|row| row.place == Place::Default));
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let file = "[jobs]\nworkers = 1\nlease_ms = 2_000\npoll_ms = 20\n";
    let variables = [("GRAYGHOST_JOBS_LEASE_MS", "3000"), ("GRAYGHOST_JOBS_POLL_MS", "30")];
    let given = sources(
        file,
        &variables,
        &[("--jobs-poll-ms", "40"), ("--listen", "0.0.0.0:1"), ("--server-listen", "0.0.0.0:2")],
    );
    let Loaded { config, shown } = load(&given, OTHERS).unwrap();
    assert_eq!((config.jobs.workers, config.jobs.lease_ms, config.jobs.poll_ms), (1, 3_000, 40));
    let row = |name| shown.iter().find(|row| row.name == name).map(|row| row.place.to_string()).unwrap();
    assert_eq!(row("jobs.workers"), "grayghost.toml:2");
    assert_eq!(row("jobs.lease_ms"), "GRAYGHOST_JOBS_LEASE_MS");
    assert_eq!(row("jobs.poll_ms"), "--jobs-poll-ms");
    assert_eq!(row("log.level"), "default");
    assert_eq!(config.server.listen.port(), 2, "of two flags the later holds");
}

#[test]
fn every_mistake_of_every_source_is_told_at_once_with_its_place_and_the_way_out() {
    let file = "[databse]\n[server]\nlisten = 8080\nrolls = []\n[jobs]\nworkers = 9_999\nlog = 1\n[lake]\nx = 1\n";
    let variables = [
        ("GRAYGHOST_DATABASE_ULR", "x"),
        ("GRAYGHOST_JOBS_POLL_MS", "soon"),
        ("GRAYGHOST_BUS_URL", "amqp://u:hidden@h"),
        ("PATH", "/bin"),
    ];
    let given = sources(file, &variables, &[("--role", "api"), ("--roles", "api,wroker"), ("--zzz", "1")]);
    insta::assert_snapshot!(mistakes(&given).join("\n"), @r"
    grayghost.toml:1: there is no section `databse`; did you mean `database`?
    grayghost.toml:3: `server.listen` is a whole number; give an IP address and a port such as `127.0.0.1:8080`
    grayghost.toml:4: there is no setting `server.rolls`; did you mean `server.roles`?
    grayghost.toml:6: `jobs.workers` is `9999`; give a whole number between 0 and 1024
    grayghost.toml:7: there is no setting `jobs.log`; remove it
    GRAYGHOST_DATABASE_ULR: there is no such setting; did you mean `GRAYGHOST_DATABASE_URL`?
    GRAYGHOST_JOBS_POLL_MS: `jobs.poll_ms` is `soon`; give milliseconds between 10 and 60000
    GRAYGHOST_BUS_URL: `bus.url` begins with `amqp:`, which is not available in this version; use `memory:`
    --role: there is no such setting; did you mean `--roles`?
    --roles: `server.roles` has an item that is `wroker`; did you mean `worker`?
    --zzz: there is no such setting; remove it
    ");
}

#[test]
fn what_is_not_ours_is_passed_by() {
    let variables = [
        ("GRAYGHOST_LOG", "debug"),
        ("GRAYGHOST_TEST_POSTGRES_URL", "x"),
        ("GRAYGHOST_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("GRAYGHOST_SERVICE_HOST", "10.0.0.1"),
        ("GRAYGHOST_REDIS_URL", ""),
        ("grayghost_database_url", "x"),
    ];
    let given = sources("[project]\nname = 'x'\n[vars]\na = 1\n", &variables, &[]);
    assert_eq!(load(&given, OTHERS).unwrap(), load(&sources("", &[], &[]), OTHERS).unwrap());
    let told = load(&given, Others::default()).unwrap_err();
    let ConfigError::Invalid { source } = told else { panic!("{told:?}") };
    assert_eq!(source.0.len(), 4, "{source}");
}

#[test]
fn a_file_that_is_not_toml_is_told_by_line() {
    let told = mistakes(&sources("[server]\nlisten = \n[jobs]\nworkers = = 3\n", &[("GRAYGHOST_X", "1")], &[]));
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("grayghost.toml:2: this is not TOML: "), "{told:?}");
    assert!(told[1].starts_with("grayghost.toml:4: this is not TOML: "), "{told:?}");
}

#[test]
fn a_section_is_not_a_value() {
    assert_eq!(
        mistakes(&sources("server = 1\n", &[], &[])),
        ["grayghost.toml:1: `server` is a section, not a value; write `[server]` and its keys below"]
    );
}

#[test]
fn rules_between_settings_speak_only_of_values_that_were_taken() {
    let replicas = ("GRAYGHOST_DATABASE_READ_URLS", "postgres://a/b");
    assert_eq!(
        mistakes(&sources("[jobs]\nlease_ms = 1_000\npoll_ms = 1_000\n", &[replicas], &[])),
        [
            "GRAYGHOST_DATABASE_READ_URLS: `database.read_urls` needs a PostgreSQL database; \
             give `database.url` a `postgres://` address, or remove the replicas",
            "grayghost.toml:3: `jobs.poll_ms` is not shorter than `jobs.lease_ms`; shorten the one or lengthen the other",
        ]
    );
    assert_eq!(
        mistakes(&sources("[gateway]\ntls_key_file = 'key.pem'\n", &[], &[])),
        [
            "grayghost.toml:2: `gateway.tls_certificate_file` and `gateway.tls_key_file` go together, and one of them is \
          missing; name both files, or none"
        ]
    );
    let told = mistakes(&sources("", &[replicas, ("GRAYGHOST_DATABASE_URL", "mysql:x")], &[]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(load(&sources("", &[replicas], &[("--database-url", "postgres://a/c")]), OTHERS).is_ok());
}

#[test]
fn no_password_is_shown_or_told() {
    let variables =
        [("GRAYGHOST_DATABASE_URL", "postgres://user:hidden@host/db"), ("GRAYGHOST_REDIS_URL", "redis://:hidden@h")];
    let loaded = load(&sources("", &variables, &[]), OTHERS).unwrap();
    let row = loaded.shown.iter().find(|row| row.name == "database.url").unwrap();
    assert_eq!(row.value.as_deref(), Some("postgres://user:***@host/db"));
    assert!(!format!("{loaded:?}").contains("hidden"));
    assert_eq!(loaded.config.database.url.expose(), "postgres://user:hidden@host/db");
}

#[test]
fn a_secret_setting_is_never_shown_nor_repeated() {
    const ROWS: [Setting; 2] = [
        Setting { name: "s.pin", ..Setting::of(Kind::Integer { least: 0, most: 9_999 }).secret() },
        Setting { name: "s.word", ..Setting::of(Kind::Text).or("changeme").secret() },
    ];
    const TABLE: &[Section] = &[Section { name: "s", doc: "", settings: &ROWS }];
    let bad = read(TABLE, &sources("", &[("GRAYGHOST_S_PIN", "hidden")], &[]), OTHERS);
    assert_eq!(
        bad.mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["GRAYGHOST_S_PIN: `s.pin` cannot be used; give a whole number between 0 and 9999"]
    );
    let good = read(TABLE, &sources("", &[("GRAYGHOST_S_PIN", "1234")], &[]), OTHERS);
    let shown: Vec<_> =
        ROWS.iter().map(|row| row.name).zip(TABLE[0].settings.iter().map(|row| good.shown(row).value)).collect();
    assert_eq!(shown, [("s.pin", Some("***".to_owned())), ("s.word", Some("***".to_owned()))]);
}

#[test]
fn a_folder_without_a_file_has_defaults_and_an_unreadable_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Sources::read(folder.path()).unwrap().file, None);
    std::fs::write(folder.path().join(FILE), "[jobs]\nworkers = 3\n").unwrap();
    let sources = Sources::read(folder.path()).unwrap();
    assert_eq!(load(&sources, OTHERS).unwrap().config.jobs.workers, 3);
    std::fs::write(folder.path().join(FILE), [0xff, 0xfe]).unwrap();
    let error = Sources::read(folder.path()).unwrap_err();
    assert_eq!(kernel::ProductError::code(&error), "config.unreadable");
    assert_eq!(kernel::ProductError::kind(&error), kernel::ErrorKind::Invalid);
}

proptest! {
    /// The table is one source for all three: whichever way a default is written, it means the same.
    #[test]
    fn a_value_means_the_same_in_every_spelling(workers in 0_u32..=1_024, level in "(off|error|warn|info|debug|trace)") {
        let text = workers.to_string();
        let file = format!("[jobs]\nworkers = {workers}\n[log]\nlevel = \"{level}\"\n");
        let by_file = load(&sources(&file, &[], &[]), OTHERS).unwrap().config;
        let by_variable =
            load(&sources("", &[("GRAYGHOST_JOBS_WORKERS", &text), ("GRAYGHOST_LOG_LEVEL", &level)], &[]), OTHERS).unwrap().config;
        let by_flag = load(&sources("", &[], &[("--jobs-workers", &text), ("--log-level", &level)]), OTHERS).unwrap().config;
        prop_assert_eq!(&by_file, &by_variable);
        prop_assert_eq!(&by_file, &by_flag);
    }

    #[test]
    fn no_text_makes_the_reader_panic_or_pass_an_unknown_name(name in "[a-z_]{1,12}", text in ".{0,40}") {
        let told = load(&sources(&text, &[], &[(&format!("--x-{name}"), &text)]), OTHERS);
        prop_assert!(told.is_err());
    }
}

#[test]
fn tables_of_others_are_passed_by_and_their_neighbours_are_not() {
    let file = "[outbound]\nallow = []\n[identity.smtp]\nhost = 'h'\n[[identity.oidc]]\nname = 'a'\n[graphql]\nx = 1\n";
    assert!(load(&sources(file, &[], &[]), OTHERS).is_ok());
    assert_eq!(
        mistakes(&sources("[identity.smpt]\nhost = 'h'\n", &[], &[])),
        ["grayghost.toml:1: there is no setting `identity.smpt`; remove it"]
    );
}
