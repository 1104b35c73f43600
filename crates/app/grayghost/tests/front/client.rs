//! A caller: one request a connection, and what came back.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};

use crate::server::{Server, Shop};

pub(crate) const GOOD: &str = "violet kettle mostly thunder";

/// Budgets that no test uses up unawares.
pub(crate) const GENEROUS: &[&str] = &[
    "--gateway-address-per-minute=600000",
    "--gateway-address-burst=100000",
    "--gateway-read-per-minute=600000",
    "--gateway-read-burst=100000",
    "--gateway-write-per-minute=600000",
    "--gateway-write-burst=100000",
    "--gateway-heavy-per-minute=600000",
    "--gateway-heavy-burst=100000",
    "--gateway-sign-in-per-minute=600000",
    "--gateway-sign-in-burst=100000",
    // Their cost is not what is tested.
    "--identity-password-memory-kib=8192",
    "--identity-password-passes=1",
];

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Who asks, and whom.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    pub(crate) bearer: Option<String>,
}

impl Client {
    pub(crate) fn stranger(server: &Server) -> Self {
        Self { address: server.address, bearer: None }
    }

    pub(crate) fn with(server: &Server, bearer: &str) -> Self {
        Self { address: server.address, bearer: Some(bearer.to_owned()) }
    }

    /// Signed in; `workspace` where it is not the first of theirs.
    #[track_caller]
    pub(crate) fn signed_in(server: &Server, email: &str, workspace: Option<&str>) -> Self {
        let mut body = json!({ "email": email, "password": GOOD });
        if let Some(workspace) = workspace {
            body["workspace"] = workspace.into();
        }
        let tokens = Self::stranger(server).post("/api/v1/sessions", &body).with(201).json();
        Self::with(server, tokens["access_token"].as_str().expect("a token"))
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.send("GET", path, None, &[]).expect("an answer")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send("POST", path, Some(body), &[]).expect("an answer")
    }

    /// `None` where nobody answers.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Option<Got> {
        let body = body.map(Value::to_string);
        self.send_text(method, path, body.as_deref().map(|body| ("application/json", body)), headers)
    }

    /// The same with a body of any type.
    pub(crate) fn send_text(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &str)>,
        headers: &[(&str, &str)],
    ) -> Option<Got> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        if let Some(bearer) = &self.bearer {
            request += &format!("Authorization: Bearer {bearer}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some((kind, body)) = &body {
            request += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.map_or("", |(_, body)| body);
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if is_chunked { joined(body)? } else { body.to_owned() };
        Some(Got { status, head: head.to_owned(), body })
    }
}

/// The body of chunks.
fn joined(mut chunks: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, rest) = chunks.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body += rest.get(..size)?;
        chunks = rest.get(size..)?.strip_prefix("\r\n")?;
    }
}

/// Makes an account by the command line.
#[track_caller]
pub(crate) fn account(shop: &Shop, words: &[&str]) -> String {
    typed(shop, &[&["users", "create"], words, &["--password-stdin"]].concat(), GOOD)
}

/// What the command line answers to one line.
#[track_caller]
pub(crate) fn typed(shop: &Shop, words: &[&str], line: &str) -> String {
    let mut child = shop.command(words).stdin(Stdio::piped()).spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    writeln!(stdin, "{line}").expect("typed");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A key by the command line.
#[track_caller]
pub(crate) fn key(shop: &Shop, words: &[&str]) -> String {
    shop.ask(&[&["keys", "create"], words].concat()).ends_with(0).out.trim().to_owned()
}
