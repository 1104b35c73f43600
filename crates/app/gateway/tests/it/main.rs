//! The edge, as callers and attackers see it.

mod access;
mod browsers;
mod content;
mod limits;
mod operations;
mod raw;
mod reference;
mod repeated;
mod shapes;
mod streams;
mod tls;
mod world;
