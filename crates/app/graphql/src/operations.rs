//! What the gateway mounts: `/graphql` and the files of `GraphiQL`, as operations like every other.
//!
//! They are public, and that is safe: the gateway tells them who shows a credential (`recognises_callers`), and every field
//! checks the access of its own operation before its handler is asked. What needs somebody is refused to nobody.

use std::time::Duration;

use http_edge::{Access, Budget, Operation};

use crate::{GraphQl, graphiql, http};

const PATH: &str = "/graphql";
/// Beyond the document's own limit, so that the document's refusal is the one that is told.
const BEYOND: Duration = Duration::from_secs(5);

impl GraphQl {
    /// Its operations, to be mounted with the others; no part of what it serves itself.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let within = self.0.settings.timeout() + BEYOND;
        // The document itself costs a read; each of its fields what its operation costs.
        let one = |operation: Operation| operation.budget(Budget::Read).within(within).recognises_callers().only_rest();
        let mut all = vec![
            one(Operation::get("query_graphql", PATH, Access::Public))
                .about("Run a query, open a WebSocket or GraphiQL", "")
                .answers_as("application/graphql-response+json")
                .by(http::get, self),
            one(Operation::post("run_graphql", PATH, Access::Public))
                .about("Run a document", "")
                .answers_as("application/graphql-response+json")
                .by(http::post, self),
        ];
        if self.0.settings.graphiql {
            all.extend(graphiql::files());
        }
        all
    }
}
