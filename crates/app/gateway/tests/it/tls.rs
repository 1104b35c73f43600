//! TLS as it is spoken, and HTTP/2 on it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use gateway::{GatewaySettings, TlsFiles};
use http_body_util::BodyExt as _;
use http_edge::OldestTls;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    raw::{Server, serve},
    world::generous,
};

struct Files {
    folder: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

fn files() -> Files {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    Files { folder, certificate, key }
}

async fn server(files: &Files, oldest: OldestTls) -> Server {
    let tls = TlsFiles { certificate_file: files.certificate.clone(), key_file: files.key.clone(), oldest };
    serve(GatewaySettings { tls: Some(tls), header_timeout_ms: 2_000, ..generous() }).await
}

async fn connect(
    files: &Files,
    server: &Server,
    version: &'static SupportedProtocolVersion,
    alpn: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&files.certificate).expect("a certificate")).expect("added");
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(server.address).await?;
    let mut tls = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost").expect("a name"), stream)
        .await?;
    // In TLS 1.3 a client learns of a refusal only when it reads.
    tls.flush().await?;
    Ok(tls)
}

const ASK: &[u8] = b"GET /api/v1/public HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn tls_1_3_is_spoken_and_1_2_only_when_it_is_configured() {
    let files = files();
    let strict = server(&files, OldestTls::V1_3).await;
    let mut stream = connect(&files, &strict, &TLS13, b"http/1.1").await.expect("a handshake");
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    stream.write_all(ASK).await.expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert!(text.contains("\"open\":true") && text.contains("strict-transport-security: max-age="), "{text}");
    let refused = connect(&files, &strict, &TLS12, b"http/1.1").await.expect_err("no handshake");
    assert!(refused.to_string().contains("ProtocolVersion"), "{refused}");

    let lenient = server(&files, OldestTls::V1_2).await;
    let stream = connect(&files, &lenient, &TLS12, b"http/1.1").await.expect("a handshake");
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_2));
}

#[tokio::test]
async fn tls_1_1_is_refused_even_where_1_2_is_spoken() {
    let files = files();
    for oldest in [OldestTls::V1_3, OldestTls::V1_2] {
        let server = server(&files, oldest).await;
        let mut stream = TcpStream::connect(server.address).await.expect("connected");
        // RFC 4346, 7.4.1.2: a hello of TLS 1.1 (3, 2) with chance, no session, one suite (RSA with AES-128-CBC
        // and SHA-1), and what it could sign with, so that nothing but the version is wrong.
        let signatures = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
        let body = [&[3, 2][..], &[7; 32], &[0], &[0, 2, 0, 0x2f], &[1, 0], &signatures].concat();
        let length = u8::try_from(body.len()).expect("short");
        let hello = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
        stream.write_all(&hello).await.expect("sent");
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "it was closed");
        // RFC 5246, 7.2: an alert (21), fatal (2), of the version (70).
        assert_eq!((answer.first(), &answer[5..7]), (Some(&21), &[2, 70][..]), "{answer:?}");
    }
}

#[tokio::test]
async fn http_in_the_clear_and_silence_are_no_handshake() {
    let files = files();
    let server = server(&files, OldestTls::V1_3).await;
    for bytes in [ASK, b""] {
        let mut stream = TcpStream::connect(server.address).await.expect("connected");
        stream.write_all(bytes).await.expect("sent");
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok() && !answer.starts_with(b"HTTP"), "{answer:?}");
    }
}

async fn over_http2<S>(stream: S)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let ask = |path: &str| {
        let uri = format!("https://localhost{path}");
        Request::get(uri).header("authorization", "Bearer reader").body(Body::empty()).expect("a request")
    };
    let (one, two) = (sender.send_request(ask("/api/v1/things")), sender.clone().send_request(ask("/api/v1/public")));
    let (one, two) = (one.await.expect("an answer"), two.await.expect("an answer"));
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
    assert_eq!(one.version(), axum::http::Version::HTTP_2);
    let text = two.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(&text[..], br#"{"open":true}"#);
    let head = Request::head("https://localhost/api/v1/public").body(Body::empty()).expect("a request");
    let head = sender.send_request(head).await.expect("an answer");
    assert_eq!((head.status().as_u16(), head.headers()["content-length"].as_bytes()), (200, b"13".as_slice()));
    let large =
        Request::get("https://localhost/api/v1/public").header("x-large", "a".repeat(60_000)).body(Body::empty());
    match sender.send_request(large.expect("a request")).await {
        Ok(answer) => assert_eq!(answer.status().as_u16(), 431),
        Err(refused) => assert!(!refused.is_canceled(), "{refused}"),
    }
}

#[tokio::test]
async fn http_2_is_chosen_over_tls_and_known_without_it() {
    let files = files();
    let secure = server(&files, OldestTls::V1_3).await;
    let stream = connect(&files, &secure, &TLS13, b"h2").await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    over_http2(stream).await;
    let plain = serve(generous()).await;
    over_http2(TcpStream::connect(plain.address).await.expect("connected")).await;
}

#[tokio::test]
async fn files_that_are_none_are_told() {
    let good = files();
    let other = files();
    let nowhere = good.folder.path().join("nowhere.pem");
    let cases =
        [(&nowhere, &good.key), (&good.certificate, &nowhere), (&good.key, &good.key), (&good.certificate, &other.key)];
    for (certificate, key) in cases {
        let error = http_edge::tls(certificate, key, OldestTls::V1_3).expect_err("refused");
        assert_eq!(kernel::ProductError::code(&error), "http.tls", "{error}");
    }
}
