//! `tools/services.sh` from outside: one server for all who ask, back after every way to die, and nobody's superuser.
//!
//! Each test has a folder of its own, so the server that other tests use is left alone. Where `initdb` is missing
//! they are skipped: nothing is installed here.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/services.sh");
const VARIABLE: &str = "GRAYGHOST_TEST_POSTGRES_URL";

/// A folder of services; what runs in it is stopped with it.
struct Services {
    folder: tempfile::TempDir,
}

impl Services {
    /// `None`, and counted, where there is no `initdb`.
    fn new() -> Option<Self> {
        let on_path =
            || env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join("initdb")).find(|p| p.exists());
        let of_debian = || {
            let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
            versions.flatten().map(|version| version.path().join("bin/initdb")).find(|path| path.exists())
        };
        if on_path().or_else(of_debian).is_none() {
            testkit::skipped(testkit::NEEDS_POSTGRES);
            return None;
        }
        // Below /tmp, which the server's user can reach; what TMPDIR names may be closed to it.
        let folder = tempfile::Builder::new().prefix("grayghost-services-").tempdir_in("/tmp").expect("a folder");
        Some(Self { folder })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(SCRIPT);
        command.args(arguments).env("GRAYGHOST_SERVICES", self.folder.path());
        command.env_remove(VARIABLE).env_remove("GRAYGHOST_TEST_POSTGRES_DURABLE_URL");
        command
    }

    fn start(&self) {
        succeeded(&self.command(&["start"]).output().expect("a shell"));
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn pid(&self) -> String {
        let file = fs::read_to_string(self.path("ordinary/data/postmaster.pid")).expect("a running server");
        file.lines().next().expect("its number").to_owned()
    }

    fn url(&self) -> String {
        let said = succeeded(&self.command(&["env"]).output().expect("a shell"));
        said.trim().strip_prefix(&format!("{VARIABLE}=")).expect("one variable").to_owned()
    }

    /// The answer to one statement.
    fn ask(&self, statement: &str) -> String {
        succeeded(&psql(&self.url(), statement)).trim().to_owned()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        drop(self.command(&["stop"]).output());
    }
}

fn psql(url: &str, statement: &str) -> Output {
    Command::new("psql").args(["-X", "-w", "-q", "-A", "-t", url, "-c", statement]).output().expect("psql")
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn kill(pid: &str) {
    assert!(Command::new("kill").args(["-9", pid]).status().expect("kill").success());
}

fn is_empty(path: &Path) -> bool {
    fs::read_to_string(path).expect("a file").is_empty()
}

#[test]
fn those_who_ask_at_once_share_one_server() {
    let Some(services) = Services::new() else { return };
    let all: Vec<_> = (0..3).map(|_| services.command(&["start"]).spawn().expect("a shell")).collect();
    for mut one in all {
        assert!(one.wait().expect("an end").success());
    }
    let pid = services.pid();
    services.start();
    assert_eq!(services.pid(), pid, "a later one finds it running");
    assert_eq!(services.ask("SELECT current_database()"), "grayghost_test");
    assert!(!is_empty(&services.path("env")));
}

#[test]
fn the_role_makes_databases_and_row_level_security_binds_it() {
    let Some(services) = Services::new() else { return };
    services.start();
    let rights =
        "SELECT rolcreatedb, rolsuper, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = current_user";
    assert_eq!(services.ask(rights), "t|f|f|f");
    services.ask("CREATE DATABASE another");
    let superuser = services.url().replace("grayghost@", "postgres@");
    assert!(!psql(&superuser, "SELECT 1").status.success(), "a stranger became superuser");
}

#[test]
fn a_killed_server_comes_back_with_its_data() {
    let Some(services) = Services::new() else { return };
    services.start();
    services.ask("CREATE TABLE kept AS SELECT 7 AS seven");
    let (pid, url) = (services.pid(), services.url());
    kill(&pid);
    services.start();
    assert_ne!(services.pid(), pid);
    assert_eq!((services.url(), services.ask("SELECT seven FROM kept").as_str()), (url, "7"));
}

/// `fsync=off`: what the machine's crash left behind may be wrong without saying so.
#[test]
fn after_a_reboot_and_when_it_is_broken_the_cluster_is_made_anew() {
    let Some(services) = Services::new() else { return };
    for breakage in ["ordinary.boot", "ordinary/data/global/pg_control"] {
        services.start();
        services.ask("CREATE TABLE old AS SELECT 1");
        kill(&services.pid());
        fs::write(services.path(breakage), "of another time").expect("a broken file");
        services.start();
        assert_eq!(services.ask("SELECT to_regclass('old') IS NULL"), "t", "{breakage}");
    }
}

#[test]
fn what_was_left_half_made_is_made_again() {
    let Some(services) = Services::new() else { return };
    fs::create_dir_all(services.path("ordinary.new/data")).expect("a folder");
    fs::write(services.path("ordinary.new/data/PG_VERSION"), "15").expect("a file");
    services.start();
    assert_eq!(services.ask("SELECT 1"), "1");
    assert!(!services.path("ordinary.new").exists());
}

#[test]
fn stop_ends_it_and_leaves_nothing_to_set() {
    let Some(services) = Services::new() else { return };
    services.start();
    let url = services.url();
    succeeded(&services.command(&["stop"]).output().expect("a shell"));
    assert!(!psql(&url, "SELECT 1").status.success());
    assert!(is_empty(&services.path("env")));
    assert_eq!(services.command(&["status"]).status().expect("a shell").code(), Some(3));
}

/// The number of a killed server may be anybody's by now.
#[test]
fn a_number_that_belongs_to_another_process_is_not_touched() {
    let Some(services) = Services::new() else { return };
    services.start();
    succeeded(&services.command(&["stop"]).output().expect("a shell"));
    let mut stranger = Command::new("sleep").arg("60").spawn().expect("a process");
    fs::write(services.path("ordinary/data/postmaster.pid"), format!("{}\n/nowhere\n", stranger.id())).expect("a file");
    succeeded(&services.command(&["stop"]).output().expect("a shell"));
    services.start();
    assert_eq!(services.ask("SELECT 1"), "1");
    assert!(stranger.try_wait().expect("its state").is_none(), "it was killed");
    stranger.kill().expect("it runs");
    stranger.wait().expect("its end");
}

#[test]
fn a_given_server_is_taken_and_none_is_started() {
    let Some(services) = Services::new() else { return };
    let mut start = services.command(&["start"]);
    succeeded(&start.env(VARIABLE, "postgres://elsewhere/x").output().expect("a shell"));
    assert!(!services.path("ordinary").exists());
    services.start();
    let mut env = services.command(&["env"]);
    assert_eq!(succeeded(&env.env(VARIABLE, "postgres://elsewhere/x").output().expect("a shell")), "");
}

#[test]
fn the_durable_server_flushes_and_the_ordinary_one_does_not() {
    let Some(services) = Services::new() else { return };
    services.start();
    succeeded(&services.command(&["start", "durable"]).output().expect("a shell"));
    let said = succeeded(&services.command(&["env"]).output().expect("a shell"));
    let flushes = said.lines().map(|line| succeeded(&psql(line.split_once('=').expect("a variable").1, "SHOW fsync")));
    assert_eq!(flushes.collect::<Vec<_>>(), ["off\n", "on\n"]);
}
