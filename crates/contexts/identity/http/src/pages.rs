//! The pages that links lead to: of the first start and of mails. One file for all; its script reads the secret behind the `#` and
//! sends it to the operation of the same name, so that no server and no log ever sees it in an address.

use axum::http::{HeaderName, StatusCode, header};
use http_edge::{Access, Operation};

const HTML: &str = include_str!("assets/account.html");
const SCRIPT: &str = include_str!("assets/account.js");
const STYLE: &str = include_str!("assets/account.css");

const HTML_TYPE: &str = "text/html; charset=utf-8";

/// What stays in caches: the script and the style, not the page whose address holds a secret.
const CACHED: &str = "public, max-age=3600";

pub(super) fn operations() -> Vec<Operation> {
    let pages = [
        ("show_set_up", "/set-up"),
        ("show_accept_invitation", "/accept-invitation"),
        ("show_reset_password", "/reset-password"),
        ("show_verify_email", "/verify-email"),
    ];
    let files = [
        ("show_account_script", "/account/account.js", "text/javascript; charset=utf-8", SCRIPT),
        ("show_account_style", "/account/account.css", "text/css; charset=utf-8", STYLE),
    ];
    let pages = pages.map(|(id, path)| file(id, path, (HTML_TYPE, "no-store"), HTML));
    pages.into_iter().chain(files.map(|(id, path, kind, text)| file(id, path, (kind, CACHED), text))).collect()
}

fn file(
    id: &'static str,
    path: &'static str,
    (kind, cached): (&'static str, &'static str),
    text: &'static str,
) -> Operation {
    let headers: [(HeaderName, &str); 2] = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cached)];
    Operation::get(id, path, Access::Public)
        .answers_as(kind)
        .only_rest()
        .by(move || async move { (StatusCode::OK, headers, text) }, &())
}
