//! What an operation is called in GraphQL, where every operation is a field of `Query`, `Mutation` or `Subscription`.
//!
//! Invariant: the name follows from the operation alone, so that the schema and the table of permissions say the same.
//!
//! Absent on purpose: the schema and how a field is answered (`app/graphql`).

use axum::http::Method;

use crate::{Operation, operation::Content};

/// First words of reads which say nothing in a field of `Query`: `list_jobs` is `jobs`.
const READS: [&str; 6] = ["follow_", "get_", "list_", "show_", "stream_", "watch_"];

/// The type that an operation is a field of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// Reads.
    Query,
    /// Everything else, one after the other.
    Mutation,
    /// What sends events for a while.
    Subscription,
}

impl Root {
    /// Its name in the schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }
}

impl Operation {
    /// Where it stands in GraphQL and what it is called there: reads by what they give (`list_jobs` is `jobs`, `show_job`
    /// is `job`), everything else by what it does (`cancelJob`). `None` for one that is not served there.
    #[must_use]
    pub fn field(&self) -> Option<(Root, String)> {
        if self.only_rest {
            return None;
        }
        let root = match (&self.answer.1, &self.method) {
            (Content::Events(_), _) => Root::Subscription,
            (_, &Method::GET) => Root::Query,
            _ => Root::Mutation,
        };
        let words = match root {
            Root::Mutation => self.id,
            _ => READS.iter().find_map(|first| self.id.strip_prefix(first)).unwrap_or(self.id),
        };
        Some((root, self.called.map_or_else(|| camel(words), str::to_owned)))
    }
}

/// `run_sql` as `runSql`.
fn camel(words: &str) -> String {
    let mut name = String::with_capacity(words.len());
    for (index, word) in words.split('_').filter(|word| !word.is_empty()).enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index > 0 => name.extend(first.to_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.push_str(letters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::Access;

    #[test]
    fn reads_are_nouns_and_the_rest_are_verbs() {
        let get = |id| Operation::get(id, "/", Access::Public);
        let post = |id| Operation::post(id, "/", Access::Public);
        for (operation, expected) in [
            (get("list_dead_letters"), (Root::Query, "deadLetters")),
            (get("show_job"), (Root::Query, "job")),
            (get("jwks"), (Root::Query, "jwks")),
            (get("show_me").called("viewer"), (Root::Query, "viewer")),
            (get("follow_job_progress").streams::<String>(), (Root::Subscription, "jobProgress")),
            (post("cancel_job"), (Root::Mutation, "cancelJob")),
            (post("show_off"), (Root::Mutation, "showOff")),
            (post("sign_in").answers::<String>(StatusCode::OK), (Root::Mutation, "signIn")),
        ] {
            assert_eq!(operation.field(), Some((expected.0, expected.1.to_owned())), "{operation:?}");
        }
        assert_eq!(get("start_sign_on").only_rest().field(), None);
    }
}
