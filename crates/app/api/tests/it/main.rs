//! The spine's operations as a caller meets them, without the gateway: each holds up alone.

mod guarded;
mod holding;
mod jobs;
mod letters;
mod lists;
mod rig;
mod watching;
