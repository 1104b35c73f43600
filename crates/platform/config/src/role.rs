//! Words that settings choose from, as enums.

/// Declares an enum whose variants have one spelling each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All spellings, in the order of the declaration.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Its spelling in configuration.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The variant of a spelling; `None` for any other text.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(
    /// A part that a server process plays.
    Role {
        /// The edge: routes, limits, tokens.
        Gateway = "gateway",
        /// HTTP and GraphQL operations.
        Api = "api",
        /// Jobs of all kinds but runs.
        Worker = "worker",
        /// Read models that follow the event log.
        Projector = "projector",
        /// The outbox to the bus.
        Relay = "relay",
        /// Live updates to browsers.
        Realtime = "realtime",
        /// What is due by the clock; one leader at a time.
        Scheduler = "scheduler",
        /// Lakehouse runs.
        Executor = "executor",
    }
);

words!(
    /// How a log line is laid out.
    LogFormat {
        /// For people.
        Pretty = "pretty",
        /// One JSON object a line, for log shippers.
        Json = "json",
    }
);
