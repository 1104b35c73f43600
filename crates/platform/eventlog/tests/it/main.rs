//! The log through its front door, on both databases.

mod changing;
mod filling;
mod forgetting;
mod keys;
mod projecting;
mod reading;
mod sealing;
mod tailing;
mod telling;
mod toy;
