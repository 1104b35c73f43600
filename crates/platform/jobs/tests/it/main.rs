//! The queue through its front door, on both databases.

mod conforming;
mod guarding;
mod keeping;
mod keyed;
mod performing;
mod scheduling;
