//! The harness itself, on the resource that is built into Terraform: what fails here is not the
//! provider's fault.

use serde_json::json;

use crate::support::terraform::{DEFAULT, WHEELS};
use crate::support::{Workspace, over_versions};

const DATA: &str = r#"
variable "input" {
  default = "one"
}

resource "terraform_data" "this" {
  input            = var.input
  triggers_replace = var.input == "three"
}

output "input" {
  value = terraform_data.this.output
}
"#;

#[test]
fn terraform_data_lives_and_dies() {
    let (oldest, newest) = (WHEELS[0].0, WHEELS[WHEELS.len() - 1].0);
    over_versions(&[oldest, DEFAULT, newest], |terraform| {
        let workspace = Workspace::new(terraform);
        // The provider is not asked for, so that this does not depend on it.
        workspace.write("required.tf", "");

        workspace.config(DATA);
        let plan = workspace.plan();
        plan.assert(&[("terraform_data.this", "create")]);
        assert_eq!(
            plan.changed_attributes("terraform_data.this"),
            ["id", "input", "output", "triggers_replace"]
        );
        let state = workspace.apply();
        state.assert(
            "terraform_data.this",
            json!({"input": "one", "output": "one"}),
        );
        assert_eq!(state.output("input"), "one");
        workspace.plan().assert_no_changes();

        let plan = workspace.plan_with(&["-var=input=two"]);
        plan.assert(&[("terraform_data.this", "update")]);
        assert_eq!(
            plan.changed_attributes("terraform_data.this"),
            ["input", "output"]
        );

        workspace
            .plan_with(&["-var=input=three"])
            .assert(&[("terraform_data.this", "delete,create")]);

        workspace.config("resource \"terraform_data\" \"this\" {\n  nonsense = true\n}\n");
        let errors = workspace.plan_fails();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].summary(), "Unsupported argument");
        assert_eq!(errors[0].underlined(), "nonsense");

        workspace.config(DATA);
        workspace.destroy();
    });
}
