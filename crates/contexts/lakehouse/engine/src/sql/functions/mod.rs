//! SQL functions of our own: stable keys, exact numbers, and times in stated formats.

mod exact_number;
mod held;
mod parse_timestamp;
mod surrogate_key;

use datafusion::{execution::SessionState, logical_expr::ScalarUDF};

pub(crate) use held::hold;
pub(crate) use surrogate_key::hash_columns;

/// Adds our functions to a session.
pub(super) fn register(state: &mut SessionState) {
    use datafusion::execution::FunctionRegistry;
    for function in [
        ScalarUDF::from(exact_number::ExactDecimal::default()),
        ScalarUDF::from(exact_number::ExactInteger::default()),
        ScalarUDF::from(surrogate_key::SurrogateKey::default()),
        ScalarUDF::from(parse_timestamp::ParseTimestamp::default()),
    ] {
        // Registering can only fail in a registry that refuses functions; a session's does not.
        let _replaced = state.register_udf(std::sync::Arc::new(function));
    }
}
