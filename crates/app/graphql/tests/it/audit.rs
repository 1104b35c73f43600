//! What others say of the server: the audits of graphql-http by their own program, and a browser about `GraphiQL`.

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

#[tokio::test]
async fn graphiql_starts_under_the_policy_of_the_gateway() {
    let is_there =
        |program: &str| std::process::Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| is_there(name))
    else {
        testkit::skipped("needs Chromium");
        return;
    };
    let server = Server::start(World::new().await).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ran = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .args(["--dump-dom", &format!("http://{}/graphql", server.address)])
        .output()
        .await
        .expect("run");
    let (page, said) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(page.contains("graphiql-container") && page.contains("CodeMirror"), "{page}{said}");
    assert!(!said.contains("Content Security Policy") && !said.contains("Uncaught"), "{said}");
    // It has asked for the schema and been told: the explorer has its button.
    assert!(page.contains("Show Documentation Explorer"), "{page}");
}
