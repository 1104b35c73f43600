//! Documents by hash and by name.

use graphql::{Edge, GraphQl, GraphqlError, GraphqlSettings};
use http_edge::HttpError;
use serde_json::json;
use std::sync::Arc;

use crate::world::{World, got};

const TEXT: &str = "{ text }";
/// SHA-256 of [`TEXT`], by `printf '{ text }' | sha256sum`.
const HASH: &str = "b611886a84cccd6507a08b953d082b38e1ac2492e03a3ebc2b59161e99daf4d5";

#[tokio::test]
async fn a_document_that_was_sent_once_is_known_by_its_hash() {
    let world = World::new().await;
    let hash = json!({ "persistedQuery": { "version": 1, "sha256Hash": HASH } });
    let by_hash = json!({ "extensions": hash });
    let unknown = world.ask_with("", by_hash.clone()).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound", "Apollo's clients look for both");
    let other = world.ask_with("", json!({ "query": "{ echo }", "extensions": hash })).await;
    assert_eq!(other.code(), "graphql.wrong_hash");
    assert_eq!(world.ask_with("", by_hash.clone()).await.code(), "PERSISTED_QUERY_NOT_FOUND", "nothing was kept");
    assert_eq!(world.ask_with("", json!({ "query": TEXT, "extensions": hash })).await.data()["text"], "plain");
    assert_eq!(world.ask_with("", by_hash).await.data()["text"], "plain");
    let query =
        format!("?extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22{HASH}%22%7D%7D");
    assert_eq!(world.send(got("", &query, &[])).await.data()["text"], "plain", "by GET");
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

#[tokio::test]
async fn where_only_registered_documents_are_served_nothing_else_is() {
    let folder = folder(&[("text.graphql", TEXT), ("notes.txt", "{ echo }")]);
    let documents = Some(folder.path().to_owned());
    let world =
        World::limited(GraphqlSettings { documents, only_registered: true, ..GraphqlSettings::default() }).await;
    for id in ["text".to_owned(), format!("sha256:{HASH}"), HASH.to_owned()] {
        assert_eq!(world.ask_with("", json!({ "documentId": id })).await.data()["text"], "plain", "{id}");
    }
    assert_eq!(world.ask("", TEXT).await.data()["text"], "plain", "its very bytes");
    for other in ["{ echo }", "{text}", "{ __typename }"] {
        let refused = world.ask("manager", other).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "graphql.only_registered"), "{other}");
    }
    assert_eq!(world.ask_with("", json!({ "documentId": "notes" })).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn a_folder_with_a_document_that_is_none_does_not_start() {
    let folder = folder(&[("good.graphql", TEXT), ("bad.graphql", "{ text")]);
    let nobody: http_edge::Authenticate = Arc::new(|_| Box::pin(async { Err(HttpError::NobodyKnown.into()) }));
    let edge = Edge { authenticate: nobody, charge: Arc::new(|_, _| Box::pin(async { Ok(()) })) };
    let settings = GraphqlSettings { documents: Some(folder.path().to_owned()), ..GraphqlSettings::default() };
    assert!(matches!(GraphQl::new(settings, edge, &[]), Err(GraphqlError::BadRegistered { .. })));
}
