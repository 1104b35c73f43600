//! The edge over real sockets.

mod ending;
mod health;
mod page;
mod problems;
mod server;
