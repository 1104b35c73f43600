//! The edge over real sockets.

mod described;
mod ending;
mod health;
mod page;
mod problems;
mod server;
mod taken;
