//! Schemathesis asks every operation what the API's description promises, by values that nobody thought of: no fault of ours, no
//! status, header or body that is not described, no way past a missing credential.

use std::{path::PathBuf, process::Command};

use crate::{
    client::{GENEROUS, account, key},
    server::Shop,
};

/// Values for each operation and phase; `GRAYGHOST_TEST_EXAMPLES` says otherwise.
const EXAMPLES: &str = "10";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
     response_schema_conformance,unsupported_method,ignored_auth";

#[test]
fn the_api_is_as_described_whatever_it_is_asked() {
    let Some(python) = std::env::var_os("GRAYGHOST_PYTHON").map(PathBuf::from).filter(|path| path.exists()) else {
        eprintln!("SKIPPED: Schemathesis is missing; run `make test`, or set GRAYGHOST_PYTHON");
        return;
    };
    let shop = Shop::new();
    account(&shop, &["ann@example.com"]);
    let secret = key(&shop, &["--role", "owner"]);
    let server = shop.serve(GENEROUS);
    let examples = std::env::var("GRAYGHOST_TEST_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let output = Command::new(python)
        .args(["-m", "schemathesis.cli", "run", &format!("http://{}/api/openapi.json", server.address)])
        .args([
            "--header",
            &format!("Authorization: Bearer {secret}"),
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args(["--max-examples", &examples, "--seed", "7", "--no-color", "--request-timeout", "60"])
        .current_dir(shop.path("."))
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // A run that asked nothing would succeed too.
    let asked = said.lines().find(|line| line.contains("Operations:") || line.contains("Tested:")).map(str::to_owned);
    assert!(asked.is_some(), "{said}");
}
