//! The log through its front door, on both databases.

mod changing;
mod forgetting;
mod keys;
mod projecting;
mod reading;
mod sealing;
mod toy;
