//! GraphQL over the operations of the API.
