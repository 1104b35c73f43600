//! The queue through its front door, on both databases.

mod enqueuing;
mod keeping;
mod leasing;
mod managing;
mod running;
mod scheduling;
mod shop;
