//! Between the wire's messages and the engine's: both directions, total, without judgement.
//!
//! A field that the wire leaves out is the engine's empty one and the other way round; whether that
//! makes sense is the engine's affair. No other module names both kinds of message, the server's
//! method signatures apart.

pub(super) mod from_proto;
mod schema;
pub(super) mod to_proto;
