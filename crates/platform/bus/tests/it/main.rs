//! Subscriptions and dead letters, through the front door, on both databases.

mod conforming;
mod leases;
mod property;
