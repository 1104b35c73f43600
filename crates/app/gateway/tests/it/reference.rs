//! The description of the API, and the page that shows it.

use axum::http::Request;
use gateway::{Gateway, reference};
use http_edge::About;

use crate::world::{World, empty, generous, plain, send};

const ABOUT: About = About { title: "Made up", version: "1.2.3", description: "For tests." };

#[tokio::test]
async fn the_description_has_every_operation_and_a_tag_and_needs_no_credential() {
    let world = World::new(generous()).await;
    let mut all = world.operations.clone();
    all.extend(reference(ABOUT, &world.operations));
    let router = Gateway::mount(&generous(), world.gates(), &all).expect("mounted");
    let get = |path: &str| empty(plain(Request::get(path)));
    let answer = send(&router, get("/api/openapi.json")).await;
    let described = answer.json();
    assert_eq!((described["openapi"].as_str(), described["info"]["title"].as_str()), (Some("3.1.0"), Some("Made up")));
    for operation in &world.operations {
        let method = operation.method().as_str().to_lowercase();
        assert_eq!(described["paths"][operation.path()][&method]["operationId"], operation.id());
    }
    let known = plain(Request::get("/api/openapi.json")).header("if-none-match", answer.header("etag"));
    assert_eq!(send(&router, empty(known)).await.status, 304);
}

#[tokio::test]
async fn the_page_asks_nobody_else_and_has_no_script_in_line() {
    let world = World::new(generous()).await;
    let router = Gateway::mount(&generous(), world.gates(), &reference(ABOUT, &[])).expect("mounted");
    let kinds = [
        ("/api/docs", "text/html; charset=utf-8"),
        ("/api/docs/reference.js", "text/javascript; charset=utf-8"),
        ("/api/docs/reference.css", "text/css; charset=utf-8"),
    ];
    for (path, kind) in kinds {
        let answer = send(&router, empty(plain(Request::get(path)))).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        let text = String::from_utf8(answer.body.clone()).expect("UTF-8");
        for outside in ["http://", "https://", "@import", "innerHTML", "eval(", "onclick", " style="] {
            assert!(!text.contains(outside), "{outside} in {path}");
        }
        for after in text.split("<script").skip(1) {
            assert!(after.starts_with(" src=\"/api/docs/"), "{after}");
        }
        assert!(answer.header("content-security-policy").contains("script-src 'self'"));
    }
}
