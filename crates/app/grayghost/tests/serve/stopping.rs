//! Signals: an orderly end, an end at once, and none at all.

use std::{io::Write, net::TcpStream};

use crate::{
    server::{Shop, until},
    toy,
};

#[test]
fn either_signal_ends_it_in_order() {
    for signal in ["TERM", "INT"] {
        let mut server = Shop::new().serve(&[]);
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(0), "{signal}: {}", server.log());
        let log = server.log();
        let said = ["stopping: no new requests", "every request was answered", "stopped"];
        let places: Vec<_> = said.iter().map(|part| log.find(part)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{signal}: {log}");
        assert!(!log.contains("panicked") && !log.contains("press again"), "{signal}: {log}");
        assert_eq!(server.get("/livez").0, 0, "{signal}: nobody listens");
    }
}

/// Half a request keeps a server that is asked to stop.
fn half_a_request(server: &crate::server::Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("it listens");
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: ").expect("written");
    // Another whole one: by then the first has been taken.
    assert_eq!(server.get("/livez").0, 200);
    stream
}

#[test]
fn a_second_signal_leaves_at_once() {
    let mut server = Shop::new().serve(&[]);
    let _held = half_a_request(&server);
    server.signal("TERM");
    until("it is stopping", || server.log().contains("stopping: ").then_some(()));
    until("it takes no more requests", || (server.get("/livez").0 == 0).then_some(()));
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(130), "{}", server.log());
}

#[test]
fn who_holds_on_longer_than_the_time_that_is_set_is_cut_off() {
    let mut server = Shop::new().serve(&["--server-shutdown-timeout-ms", "200"]);
    let _held = half_a_request(&server);
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    assert!(server.log().contains("connections were still open"), "{}", server.log());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_kill_nine_and_a_start_at_once() {
    let shop = Shop::new();
    let mut server = shop.serve(&[]);
    let address = server.address.to_string();
    let log = toy::log(&shop, None).await;
    // The workspace was registered at the first start.
    let mut written = 1;
    for _ in 0..3 {
        written += toy::write_notes(&shop, &log, 5).await.len();
        server.signal("KILL");
        assert_eq!(server.ended().code(), None);
        server = shop.serve(&["--listen", &address]);
        assert_eq!(server.address.to_string(), address, "the same port at once");
    }
    let verified = until("all is sealed", || {
        let verified = shop.ask(&["events", "verify", "--format", "json"]).ends_with(0).json();
        (verified["pending"] == 0).then_some(verified)
    });
    assert_eq!(verified["events"], written);
}
