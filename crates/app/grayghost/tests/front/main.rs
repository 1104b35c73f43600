//! The front door as callers meet it: the binary serves, and everything is asked over HTTP.

mod access;
mod browsers;
mod client;
mod durable;
mod operators;
mod pages;
mod schemas;
mod tenancy;
mod walkthrough;

/// A project's folder and a server at work in it: the same as in the tests of the server.
#[path = "../serve/server.rs"]
#[expect(dead_code, reason = "the tests of the server need more of it")]
mod server;
