//! Forms of an answer: tags, compression, methods.

use std::io::Read as _;

use axum::http::{Method, Request, header};

use crate::world::{Answer, OK, World, as_role, empty, generous};

async fn ask(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(as_role("reader", Request::get(path)), |request, (name, value)| request.header(*name, *value));
    world.send(empty(request)).await
}

#[tokio::test]
async fn json_has_a_tag_and_who_has_it_already_gets_nothing() {
    let world = World::new(generous()).await;
    let first = ask(&world, "/api/v1/things", &[]).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() == 36, "{tag}");
    let again = ask(&world, "/api/v1/things", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
    assert_eq!((again.header("content-type"), again.header("cache-control")), ("", "private, no-store"));
    let other = ask(&world, "/api/v1/things", &[("if-none-match", "\"other\"")]).await;
    assert_eq!((other.status, other.body), (OK, first.body));
    let own = ask(&world, "/api/v1/things/1", &[]).await;
    assert_eq!(own.header("etag"), "\"7\"", "the handler's own stays");
    assert_eq!(ask(&world, "/api/v1/things/1", &[("if-none-match", "\"7\"")]).await.status, 304);
    assert_eq!(ask(&world, "/api/v1/refusal", &[]).await.header("etag"), "", "a refusal has none");
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_end(&mut text).expect("gzip");
    text
}

#[tokio::test]
async fn large_answers_are_compressed_as_the_caller_likes() {
    let world = World::new(generous()).await;
    let plain = ask(&world, "/api/v1/large", &[]).await;
    assert_eq!(plain.header("content-encoding"), "");
    for encoding in ["gzip", "br", "zstd"] {
        let packed = ask(&world, "/api/v1/large", &[("accept-encoding", encoding)]).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.body.len() < plain.body.len() / 10, "{encoding}: {}", packed.body.len());
        assert!(packed.header("vary").contains("accept-encoding"), "{}", packed.header("vary"));
        assert_eq!(packed.header("content-length"), "");
        if encoding == "gzip" {
            assert_eq!(unpacked(&packed), plain.body);
        }
    }
    for accepted in ["identity", "gzip;q=0", "deflate"] {
        assert_eq!(ask(&world, "/api/v1/large", &[("accept-encoding", accepted)]).await.header("content-encoding"), "");
    }
    assert_eq!(
        ask(&world, "/api/v1/things", &[("accept-encoding", "gzip")]).await.header("content-encoding"),
        "",
        "small"
    );
}

#[tokio::test]
async fn what_is_secret_is_neither_compressed_nor_tagged() {
    let world = World::new(generous()).await;
    for path in ["/api/v1/large-secret", "/api/v1/cookie"] {
        let answer = ask(&world, path, &[("accept-encoding", "gzip, br, zstd")]).await;
        assert_eq!((answer.status, answer.header("content-encoding"), answer.header("etag")), (OK, "", ""), "{path}");
    }
}

async fn method(world: &World, method: Method, path: &str) -> Answer {
    world.send(empty(as_role("reader", Request::builder().method(method).uri(path)))).await
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let world = World::new(generous()).await;
    let (get, head) = (world.get("/api/v1/things").await, method(&world, Method::HEAD, "/api/v1/things").await);
    assert_eq!((head.status, head.body.len()), (OK, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!((head.header("etag"), head.header("content-type")), (get.header("etag"), get.header("content-type")));
    let refused = world.send(empty(as_role("guest", Request::head("/api/v1/things")))).await;
    assert_eq!((refused.status, refused.body.len()), (403, 0), "it needs what its GET needs");
}

#[tokio::test]
async fn methods_and_paths_that_are_not_there_are_told_as_such() {
    let world = World::new(generous()).await;
    let put = method(&world, Method::PUT, "/api/v1/things").await;
    assert_eq!(
        (put.status, put.code().as_str(), put.header("allow")),
        (405, "gateway.no_method", "GET, POST, HEAD, OPTIONS")
    );
    let options = method(&world, Method::OPTIONS, "/api/v1/things/1").await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, DELETE, PATCH, HEAD, OPTIONS"));
    for odd in ["TRACE", "CONNECT", "BREW"] {
        assert_eq!(method(&world, odd.parse().expect("a method"), "/api/v1/sessions").await.status, 405, "{odd}");
    }
    let nowhere = world.get("/api/v2/things?secret=1").await;
    assert_eq!((nowhere.status, nowhere.code().as_str()), (404, "http.no_route"));
    assert!(!String::from_utf8_lossy(&nowhere.body).contains("secret"));
    assert_eq!(nowhere.header("content-type"), "application/problem+json");
    assert_eq!(
        nowhere.headers.get(header::X_CONTENT_TYPE_OPTIONS).map(axum::http::HeaderValue::as_bytes),
        Some(b"nosniff".as_slice())
    );
}
