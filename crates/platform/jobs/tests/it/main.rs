//! The queue through its front door, on both databases.

mod enqueuing;
mod guarding;
mod keeping;
mod leasing;
mod managing;
mod performing;
mod running;
mod scheduling;
mod shop;
