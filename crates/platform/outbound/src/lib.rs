//! The one client of outbound calls.
