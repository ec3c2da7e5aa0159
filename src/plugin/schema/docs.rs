//! The reference page of a schema.
