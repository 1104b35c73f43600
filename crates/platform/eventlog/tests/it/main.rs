//! The log through its front door, on both databases.

mod conforming;
mod erasing;
mod filling;
mod forgetting;
mod keys;
mod properties;
mod restoring;
mod switching;
mod tailing;
