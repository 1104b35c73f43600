//! Against a server of raw answers on this machine, which is allowed by its address where a test means to reach it.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// What a server does with the nth head that it reads.
type Play = fn(u32, &str) -> Vec<Part>;
type Plays = Arc<dyn Fn(u32, &str) -> Vec<Part> + Send + Sync>;

enum Part {
    Bytes(Vec<u8>),
    Wait(u64),
}

/// A server that plays; heads that it saw are kept.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(play: impl Fn(u32, &str) -> Vec<Part> + Send + Sync + 'static) -> Self {
        let play: Plays = Arc::new(play);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (heads, count) = (Arc::clone(&seen), Arc::new(AtomicU32::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (play, heads, count) = (Arc::clone(&play), Arc::clone(&heads), Arc::clone(&count));
                tokio::spawn(async move { serve(stream, &play, &heads, &count).await });
            }
        });
        Self { address, seen }
    }

    fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    play: &Plays,
    heads: &Mutex<Vec<String>>,
    count: &AtomicU32,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().unwrap().push(head.clone());
    for part in play(count.fetch_add(1, Ordering::Relaxed), &head) {
        match part {
            Part::Bytes(bytes) => stream.write_all(&bytes).await?,
            Part::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        }
    }
    stream.shutdown().await
}

fn text(text: impl AsRef<str>) -> Vec<Part> {
    vec![Part::Bytes(text.as_ref().as_bytes().to_vec())]
}

fn hello(_: u32, _: &str) -> Vec<Part> {
    text("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
}

fn local() -> OutboundSettings {
    OutboundSettings { allow: vec!["127.0.0.1/32".to_owned()], allow_http: true, ..OutboundSettings::default() }
}

fn code<T: fmt::Debug>(result: Result<T, OutboundError>) -> &'static str {
    kernel::ProductError::code(&result.unwrap_err())
}

async fn get(settings: OutboundSettings, url: Url) -> Result<Answer, OutboundError> {
    Outbound::new(settings).unwrap().send(Call::get(url)).await
}

#[tokio::test]
async fn what_is_allowed_is_called_as_it_was_meant() {
    let server = Server::start(hello).await;
    let answer = get(local(), server.url("/path?a=b")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"hello"[..]));
    let head = server.seen().remove(0);
    assert!(head.starts_with("GET /path?a=b HTTP/1.1\r\n") && head.contains("user-agent: grayghost/"), "{head}");
    assert!(!head.contains("accept-encoding"), "{head}");
}

#[tokio::test]
async fn nothing_is_sent_to_what_is_not_allowed() {
    let server = Server::start(hello).await;
    let plain = OutboundSettings { allow_http: true, ..OutboundSettings::default() };
    for (settings, expected) in [
        (plain.clone(), "outbound.refused"),
        (
            OutboundSettings { allow: vec!["127.0.0.2/32".to_owned(), "10.0.0.0/8".to_owned()], ..plain },
            "outbound.refused",
        ),
        (OutboundSettings { allow_http: false, ..local() }, "outbound.bad_url"),
    ] {
        assert_eq!(code(get(settings, server.url("/")).await), expected);
    }
    assert!(server.seen().is_empty());
}

#[test]
fn an_address_is_judged_in_whatever_form_it_is_written() {
    let settings = OutboundSettings { allow_http: true, ..OutboundSettings::default() };
    let outbound = Outbound::new(settings).unwrap();
    let judged = |text: &str| match outbound.judge(&text.parse().unwrap()) {
        Ok(()) => "good",
        Err(error) => kernel::ProductError::code(&error),
    };
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.0.1.",
        "0",
        "0x7F.0.0.0x1",
        "%31%32%37.0.0.1",
        "\u{ff11}27.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "100.100.100.200",
        "168.63.129.16",
        "255.255.255.255",
    ] {
        assert_eq!(judged(&format!("http://{host}/")), "outbound.refused", "{host}");
        assert_eq!(judged(&format!("https://{host}:8443/x")), "outbound.refused", "{host}");
    }
    for (url, expected) in [
        ("https://example.com/", "good"),
        ("http://example.com/", "good"),
        ("https://1.1.1.1/", "good"),
        ("https://[2606:4700:4700::1111]/", "good"),
        ("https://ann:secret@example.com/", "outbound.bad_url"),
        ("https://ann@example.com/", "outbound.bad_url"),
        ("ftp://example.com/", "outbound.bad_url"),
        ("file:///etc/passwd", "outbound.bad_url"),
        ("gopher://127.0.0.1/", "outbound.bad_url"),
        ("data:text/plain,x", "outbound.bad_url"),
    ] {
        assert_eq!(judged(url), expected, "{url}");
    }
    let strict = Outbound::new(OutboundSettings::default()).unwrap();
    assert_eq!(code(strict.judge(&"http://example.com/".parse().unwrap())), "outbound.bad_url");
}

/// A name server that gives these answers, one after the other, the last one for ever.
fn names(answers: &[&[&str]], port: u16) -> (LookUp, Arc<AtomicU32>) {
    let answers: Vec<Vec<SocketAddr>> = answers
        .iter()
        .map(|answer| answer.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect())
        .collect();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let look_up: LookUp = Arc::new(move |_| {
        let at = usize::try_from(count.fetch_add(1, Ordering::Relaxed)).unwrap();
        let answer = answers[at.min(answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    });
    (look_up, asked)
}

#[tokio::test]
async fn a_name_is_judged_by_the_address_that_is_connected_to() {
    let server = Server::start(hello).await;
    let port = server.address.port();
    let url: Url = format!("http://rebind.example:{port}/").parse().unwrap();
    let plain = OutboundSettings { allow_http: true, connect_timeout_ms: 300, ..OutboundSettings::default() };
    // A name that turns: public when one looks, loopback when one connects. There is no second look.
    for answers in [&[&["127.0.0.1"][..]][..], &[&["::1", "127.0.0.1"]], &[&["::ffff:127.0.0.1"]], &[&["10.0.0.1"]]] {
        let (look_up, _) = names(answers, 0);
        let outbound = Outbound::with_names(plain.clone(), look_up).unwrap();
        assert_eq!(code(outbound.send(Call::get(url.clone())).await), "outbound.refused", "{answers:?}");
    }
    // Of several addresses only the public ones are tried. 240.0.0.0/4 stands for none: nobody is there to answer.
    let (look_up, asked) = names(&[&["192.0.2.1", "127.0.0.1"], &["127.0.0.1"]], 0);
    let settings = OutboundSettings { allow: vec!["192.0.2.0/24".to_owned()], ..plain };
    let outbound = Outbound::with_names(settings, look_up).unwrap();
    let result = outbound.send(Call::get(url.clone())).await;
    assert_eq!((code(result), asked.load(Ordering::Relaxed)), ("outbound.unreachable", 1));
    assert_eq!(code(outbound.send(Call::get(url.clone())).await), "outbound.refused", "turned meanwhile");
    assert!(server.seen().is_empty());
    let (look_up, _) = names(&[&["127.0.0.1"]], 0);
    let by_name = OutboundSettings { allow: vec!["rebind.example".to_owned()], ..local() };
    let outbound = Outbound::with_names(OutboundSettings { allow_http: true, ..by_name }, look_up).unwrap();
    assert_eq!(outbound.send(Call::get(url)).await.unwrap().status.as_u16(), 200, "a host that is allowed");
}

#[tokio::test]
async fn the_systems_name_of_this_machine_is_refused() {
    let server = Server::start(hello).await;
    let url = format!("http://localhost:{}/", server.address.port()).parse().unwrap();
    let plain = OutboundSettings { allow_http: true, ..OutboundSettings::default() };
    assert_eq!(code(get(plain, url).await), "outbound.refused");
    assert!(server.seen().is_empty());
}

fn redirect(to: &str) -> Vec<Part> {
    text(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"))
}

#[tokio::test]
async fn every_redirect_is_judged() {
    for (play, expected) in [
        ((|_, _| redirect("http://127.0.0.2/")) as Play, "outbound.refused"),
        (|_, _| redirect("//169.254.169.254/latest/meta-data"), "outbound.refused"),
        (|_, _| redirect("http://2130706434/"), "outbound.refused"),
        (|_, _| redirect("http://[::ffff:10.0.0.1]/"), "outbound.refused"),
        (|_, _| redirect("file:///etc/passwd"), "outbound.bad_url"),
        (|_, _| redirect("http://a:b@127.0.0.1/"), "outbound.bad_url"),
        (|_, _| redirect("http://[/"), "outbound.redirects"),
        (|_, _| redirect("/again"), "outbound.redirects"),
    ] {
        let server = Server::start(play).await;
        let start = server.url("/");
        let result = get(local(), start).await;
        assert_eq!(code(result), expected, "{:?}", server.seen().len());
    }
    let server = Server::start(|count, head| if count < 3 { redirect("/next") } else { hello(count, head) }).await;
    assert_eq!(get(local(), server.url("/")).await.unwrap().status.as_u16(), 200);
    assert_eq!(server.seen().len(), 4, "three are followed");
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin_and_a_post_follows_nowhere() {
    let other = Server::start(hello).await;
    let away = other.url("/taken").to_string();
    let server = Server::start(move |count, _| redirect(if count == 0 { "/same" } else { &away })).await;
    let outbound = Outbound::new(local()).unwrap();
    let mut call = Call::get(server.url("/"));
    call.headers.insert(AUTHORIZATION, "Bearer secret".parse().unwrap());
    call.headers.insert(COOKIE, "a=secret".parse().unwrap());
    outbound.send(call.clone()).await.unwrap();
    assert!(server.seen().iter().all(|head| head.contains("secret")), "the same origin");
    assert!(!other.seen().remove(0).contains("secret"));
    let answer = outbound.send(Call { method: Method::POST, ..call }).await.unwrap();
    assert_eq!((answer.status.as_u16(), other.seen().len()), (302, 1));
}

fn in_hundreds(chunks: usize) -> Vec<Part> {
    let mut parts = text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    parts.extend((0..chunks).flat_map(|_| text(format!("64\r\n{}\r\n", "x".repeat(100)))));
    parts.extend(text("0\r\n\r\n"));
    parts
}

#[tokio::test]
async fn an_answer_is_cut_at_its_limit_however_it_is_sent() {
    let settings = OutboundSettings { max_answer_bytes: 1_000, ..local() };
    for (play, expected) in [
        ((|_, _| in_hundreds(10)) as Play, Ok(1_000)),
        (|_, _| in_hundreds(11), Err("outbound.too_large")),
        (|_, _| in_hundreds(10_000), Err("outbound.too_large")),
        (|_, _| text("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n"), Err("outbound.too_large")),
        (|_, _| text(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1_001))), Err("outbound.too_large")),
        (|_, _| text(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1_000))), Ok(1_000)),
        (|_, _| text("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"), Err("outbound.unreachable")),
    ] {
        let server = Server::start(play).await;
        let result = get(settings.clone(), server.url("/")).await;
        let seen = result.map(|answer| answer.body.len()).map_err(|error| kernel::ProductError::code(&error));
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn a_slow_answer_ends_at_its_limit_wherever_it_is_slow() {
    let outbound = Outbound::new(OutboundSettings { timeout_ms: 300, ..local() }).unwrap();
    for play in [
        (|_, _| vec![Part::Wait(5_000)]) as Play,
        // One byte at a time: no single wait is long.
        |_, _| {
            let mut parts = text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
            parts.extend((0..1_000).flat_map(|_| [Part::Bytes(b"x".to_vec()), Part::Wait(20)]));
            parts
        },
        // Redirects share the time.
        |_, _| {
            let mut parts = vec![Part::Wait(200)];
            parts.extend(redirect("/on"));
            parts
        },
    ] {
        let server = Server::start(play).await;
        let start = Instant::now();
        assert_eq!(code(outbound.send(Call::get(server.url("/"))).await), "outbound.timed_out");
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}

#[tokio::test]
async fn tls_is_held_to_certificates_that_are_believed() {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, made.cert.pem()).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await?;
                serve(stream, &(Arc::new(hello) as Plays), &Mutex::default(), &AtomicU32::new(0)).await
            });
        }
    });
    let url: Url = format!("https://{address}/").parse().unwrap();
    let strict = OutboundSettings { allow_http: false, ..local() };
    assert_eq!(code(get(strict.clone(), url.clone()).await), "outbound.unreachable", "signed by nobody we know");
    let settings = OutboundSettings { ca_file: Some(ca.clone()), ..strict };
    assert_eq!(get(settings.clone(), url).await.unwrap().body, "hello");
    for (path, pem) in [(folder.path().join("none.pem"), None), (ca, Some("no certificate"))] {
        if let Some(pem) = pem {
            fs::write(&path, pem).unwrap();
        }
        assert_eq!(code(Outbound::new(OutboundSettings { ca_file: Some(path), ..settings.clone() })), "outbound.tls");
    }
}

#[tokio::test]
async fn no_text_of_an_error_repeats_the_url() {
    let settings = OutboundSettings { connect_timeout_ms: 300, ..local() };
    let url: Url = "http://127.0.0.1:1/path?token=secret".parse().unwrap();
    let error = get(settings, url).await.unwrap_err();
    let why = kernel::ProductError::code(&error);
    let text = format!("{error} {error:?} {:?}", (&error as &dyn kernel::ProductError).why());
    assert!(why == "outbound.unreachable" && !text.contains("secret") && !text.contains("path"), "{text}");
}
