//! Subscriptions and dead letters, through the front door, on both databases.

mod flow;
mod leases;
mod letters;
mod once;
mod property;
mod retries;
mod toy;
