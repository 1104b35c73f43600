//! The pages of accounts: signing in, and what the links of the first start, of mails and of providers lead to.
//!
//! The secret of a mail's link is behind its `#`: the script sends it to the operation of the same name, so that no server and no log
//! ever sees it in an address. What a provider puts into the address is worthless without the verifier that the page has kept.

use axum::http::{HeaderName, StatusCode, header};
use http_edge::{Access, Operation};

const ACCOUNT: &str = include_str!("assets/account.html");
const SIGN_IN: &str = include_str!("assets/sign-in.html");

const HTML_TYPE: &str = "text/html; charset=utf-8";
const SCRIPT_TYPE: &str = "text/javascript; charset=utf-8";

/// What stays in caches: scripts and the style, not the pages whose addresses hold a secret.
const CACHED: &str = "public, max-age=3600";

pub(super) fn operations() -> Vec<Operation> {
    let pages = [
        ("show_start", "/", SIGN_IN),
        ("show_sign_in", "/sign-in", SIGN_IN),
        ("show_sso", "/sso/{provider}", SIGN_IN),
        ("show_set_up", "/set-up", ACCOUNT),
        ("show_accept_invitation", "/accept-invitation", ACCOUNT),
        ("show_reset_password", "/reset-password", ACCOUNT),
        ("show_verify_email", "/verify-email", ACCOUNT),
    ];
    let files = [
        ("show_account_script", "/account/account.js", SCRIPT_TYPE, include_str!("assets/account.js")),
        ("show_sign_in_script", "/account/sign-in.js", SCRIPT_TYPE, include_str!("assets/sign-in.js")),
        ("show_shared_script", "/account/shared.js", SCRIPT_TYPE, include_str!("assets/shared.js")),
        ("show_account_style", "/account/account.css", "text/css; charset=utf-8", include_str!("assets/account.css")),
    ];
    let pages = pages.map(|(id, path, text)| file(id, path, (HTML_TYPE, "no-store"), text));
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
