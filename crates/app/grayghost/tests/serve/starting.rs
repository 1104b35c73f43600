//! A first start, its endpoints, and what keeps a server from starting.

use serde_json::Value;

use crate::server::{Server, Shop, mode, until};

#[track_caller]
fn figure(server: &Server, name: &str) -> u64 {
    let figures = server.get("/metrics").1;
    let line = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{figures}")).parse().expect("a whole number")
}

#[test]
fn a_first_start_makes_keys_and_says_so_and_every_endpoint_answers() {
    let shop = Shop::new();
    let server = shop.serve(&[]);
    assert_eq!(server.get("/livez"), (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(server.get("/startupz"), (200, r#"{"status":"started"}"#.to_owned()));
    let (_, ready) =
        until("every check is done in its time", || Some(server.get("/readyz")).filter(|(code, _)| *code == 200));
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    let checks: Vec<&str> =
        ready["checks"].as_array().expect("checks").iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!((ready["status"].as_str(), checks), (Some("ready"), vec!["database", "keys", "sealer", "projections"]));
    let (status, refusal) = server.get("/nowhere");
    assert!(status == 404 && refusal.contains("http.no_route"), "{status} {refusal}");

    until("figures are asked for", || server.get("/metrics").1.contains("oldest_wait").then_some(()));
    until("all is sealed", || (figure(&server, "grayghost_eventlog_pending_events") == 0).then_some(()));
    assert_eq!(figure(&server, r#"grayghost_server_role_restarts_total{role="worker"}"#), 0);
    assert!(figure(&server, "grayghost_process_resident_memory_bytes") > 1_000_000);
    assert!(server.get("/metrics").1.contains("grayghost_build_version_info{version=\""));

    until("the link", || server.said().contains("/set-up#token=").then_some(()));
    assert!(!server.log().contains("/set-up#"), "a log is kept, and the link is a secret");

    let key = shop.path(".grayghost/master.key");
    assert_eq!(mode(&key), 0o600);
    assert!(server.log().contains("made the master key ") && server.log().contains("keep a copy"), "{}", server.log());
    assert!(server.log().contains("the role realtime has nothing to do in this version"), "{}", server.log());
    drop(server);
    assert!(!shop.serve(&[]).log().contains("made the master key"), "only once");
}

#[test]
fn roles_and_figures_can_be_left_out() {
    let server = Shop::new().serve(&["--roles", "worker,scheduler", "--telemetry-metrics", "false"]);
    let ready = server.get("/readyz").1;
    assert!(ready.contains("database") && !ready.contains("sealer"), "{ready}");
    assert_eq!(server.get("/metrics").0, 404);
}

#[test]
fn a_second_server_on_the_same_port_says_so_and_harms_nothing() {
    let shop = Shop::new();
    let first = shop.serve(&[]);
    let address = first.address.to_string();
    let second = Shop::new();
    let answer = second.ask(&["serve", "--listen", &address]).ends_with(4);
    assert!(answer.err.contains(&format!("error[http.address_taken]: could not listen on {address}: it is taken")));
    assert!(answer.err.contains("--listen"), "{}", answer.err);
    assert!(!second.path(".grayghost").exists(), "nothing was made");
    until("the first one goes on", || (first.get("/readyz").0 == 200).then_some(()));
}

#[test]
fn a_database_that_does_not_answer_is_told_with_the_way_out() {
    let words = ["serve", "--listen", "127.0.0.1:0", "--database-statement-timeout-ms", "100"];
    let url = ["--database-url", "postgres://ada:secret@127.0.0.1:1/shop"];
    let answer = Shop::new().ask(&[&words[..], &url].concat()).ends_with(5);
    let expected = "error[cli.database]: could not open the database postgres://ada:***@127.0.0.1:1/shop";
    assert!(answer.err.contains(expected) && answer.err.contains("see that it runs"), "{}", answer.err);
    assert!(!answer.err.contains("secret"), "{}", answer.err);
}

#[test]
fn a_log_for_programs_is_one_object_a_line() {
    let mut server = Shop::new().serve(&["--log-format", "json"]);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
    for line in server.log().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
    }
}
