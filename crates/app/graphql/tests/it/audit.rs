//! The audits of graphql-http, by its own program.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use crate::world::{Server, World};

#[tokio::test]
async fn the_audits_of_graphql_http_pass_and_a_client_of_graphql_ws_is_served() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tools/graphql-audit");
    if !Command::new("node").arg("--version").stdout(Stdio::null()).status().await.is_ok_and(|status| status.success())
    {
        testkit::skipped("needs Node.js");
        return;
    }
    if !folder.join("node_modules/graphql-http").exists() {
        let made = Command::new("npm").args(["ci", "--silent"]).current_dir(&folder).status().await;
        if !made.is_ok_and(|status| status.success()) {
            testkit::skipped("needs the packages of tools/graphql-audit (npm ci)");
            return;
        }
    }
    let server = Server::start(World::new().await).await;
    let url = format!("http://{}/graphql", server.address);
    let ran =
        Command::new("node").args(["audit.mjs", &url, "reader"]).current_dir(&folder).output().await.expect("run");
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");
    assert!(said.contains("\"error\":0") && said.contains("subscribed: [3,2,1]"), "{said}");
}
