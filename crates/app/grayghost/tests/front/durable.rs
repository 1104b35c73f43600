//! Killed without a word while callers write: what was answered with `2xx` is there afterwards, once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::{Client, GENEROUS, account, key},
    server::Shop,
};

/// How often the server is killed; `GRAYGHOST_TEST_KILLS` says otherwise. The 200 take some minutes.
fn kills() -> u64 {
    std::env::var("GRAYGHOST_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Callers that write without rest, each with a key for every request, which is sent again until there is an answer.
struct Writers {
    client: Mutex<Client>,
    is_over: AtomicBool,
    next: AtomicU64,
    /// By address of who was invited: whether it was answered with `2xx`.
    sent: Mutex<BTreeMap<String, bool>>,
}

impl Writers {
    fn write(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let email = format!("guest{number}@example.com");
            self.sent.lock().expect("a list").insert(email.clone(), false);
            let is_done = self.invite(&email);
            self.sent.lock().expect("a list").insert(email, is_done);
        }
    }

    /// Until there is an answer that says how it ended.
    fn invite(&self, email: &str) -> bool {
        let body = json!({ "email": email, "role": "viewer" });
        loop {
            let client = self.client.lock().expect("a client").clone();
            match client.send("POST", "/api/v1/invitations", Some(&body), &[("Idempotency-Key", email)]) {
                Some(got) if (200..300).contains(&got.status) => return true,
                // The first call came to an end that nobody has told, or its process died and nobody knows before its lease is over:
                // whether it is there is looked at below.
                Some(got) if got.status == 409 => return false,
                Some(got) => assert_eq!(got.status, 503, "{got:?}"),
                None => {}
            }
            if self.is_over.load(Ordering::Relaxed) {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn what_was_answered_is_there_once_however_often_the_server_is_killed() {
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let secret = key(&shop, &["--role", "owner"]);
    let mut server = shop.serve(GENEROUS);
    let writers = Arc::new(Writers {
        client: Mutex::new(Client::with(&server, &secret)),
        is_over: AtomicBool::new(false),
        next: AtomicU64::new(0),
        sent: Mutex::default(),
    });
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let writers = Arc::clone(&writers);
            thread::spawn(move || writers.write())
        })
        .collect();
    for round in 0..kills() {
        // Not always at the same point of the work.
        thread::sleep(Duration::from_millis(60 + round * 37 % 300));
        server.signal("KILL");
        server.ended();
        server = shop.serve(GENEROUS);
        *writers.client.lock().expect("a client") = Client::with(&server, &secret);
    }
    thread::sleep(Duration::from_millis(200));
    writers.is_over.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|each| each.join().expect("a writer"));

    let there = invited(&Client::with(&server, &secret));
    let sent = writers.sent.lock().expect("a list");
    let done = sent.values().filter(|is_done| **is_done).count();
    assert!(done as u64 > kills() * 3, "{done} of {} were answered", sent.len());
    for (email, is_done) in sent.iter() {
        let times = there.get(email).copied().unwrap_or(0);
        assert!(times == 1 || (times == 0 && !is_done), "{email} is there {times} times, answered: {is_done}");
    }
}

/// How often each address was invited.
fn invited(client: &Client) -> BTreeMap<String, u64> {
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/invitations?limit=500{cursor}")).with(200).json();
        for item in page["items"].as_array().expect("items") {
            *found.entry(item["email"].as_str().expect("an address").to_owned()).or_insert(0) += 1;
        }
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
}
