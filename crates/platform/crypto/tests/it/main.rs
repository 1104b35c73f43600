//! The key ring through its front door, on keys in memory.

mod faults;
mod forgetting;
mod model;
mod ring;
mod rotation;
mod setting;
