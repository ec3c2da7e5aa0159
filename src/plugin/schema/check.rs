//! The rules that Terraform and this framework set for schemas.
