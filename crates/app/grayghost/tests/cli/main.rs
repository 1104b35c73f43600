//! The command line as a user meets it: words in, text and a number out. Every test starts the binary.

mod demonstrating;
mod documenting;
mod explaining;
mod generating;
mod helping;
mod looking;
mod place;
mod refusing;
mod resolving;
mod running;
mod sniffing;
mod stopping;
