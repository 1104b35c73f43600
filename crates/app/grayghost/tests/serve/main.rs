//! The server as its operators meet it: a process, its endpoints, its signals, and the verbs beside it. Every test starts
//! the binary.

mod beside;
mod documenting;
mod postgres;
mod server;
mod settings;
mod starting;
mod stopping;
mod toy;
