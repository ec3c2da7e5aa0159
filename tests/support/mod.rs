//! What the acceptance tests are written with: a real Terraform, a folder it runs in, plans and
//! states as data, a sandbox server, and a proxy that watches, holds and breaks requests.

pub mod hcl;
pub mod proxy;
pub mod sandbox;
pub mod shown;
pub mod terraform;
pub mod workspace;

pub use proxy::{Proxy, Rule};
pub use sandbox::Sandbox;
pub use shown::Diagnostic;
pub use terraform::Terraform;
pub use workspace::{Install, Workspace};

/// Runs a scenario with the default Terraform, or with every version that
/// `TERRAFORM_VERSIONS` names.
pub fn with_terraform(scenario: impl Fn(&std::sync::Arc<Terraform>)) {
    over_versions(&[terraform::DEFAULT], scenario);
}

/// Runs a scenario with these versions of Terraform, or with those that `TERRAFORM_VERSIONS`
/// names: a list with commas, or `all`.
pub fn over_versions(versions: &[&str], scenario: impl Fn(&std::sync::Arc<Terraform>)) {
    let wanted = std::env::var("TERRAFORM_VERSIONS").unwrap_or_default();
    let versions: Vec<&str> = match wanted.trim() {
        "" => versions.to_vec(),
        "all" => terraform::WHEELS
            .iter()
            .map(|(version, _)| *version)
            .collect(),
        list => list.split(',').map(str::trim).collect(),
    };
    for version in versions {
        let terraform = Terraform::of_version(version).unwrap_or_else(|error| panic!("{error}"));
        eprintln!("with Terraform {version}");
        scenario(&terraform);
    }
}
