//! What the mails of this context say; how they leave is the engine's.

mod texts;

pub(crate) use texts::{Purpose, compose};
