//! The engine under a small Terraform core that knows the rules.

mod apply;
mod checks;
mod lab;
mod plan;
mod random;
mod read;
mod rules;
mod validate;
