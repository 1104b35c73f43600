//! The event log by the suite that every database must pass.

use testkit::{conformance, conforms_on_both};

conforms_on_both!(it_conforms: conformance::event_log);
