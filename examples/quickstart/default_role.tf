# What "Authorize" does in the console: AliyunIMMDefaultRole, with its system policy. An account
# that was authorized before has it already; it is then adopted, and left in place on destroy.
#
# The default role reaches every bucket of the account. Whoever may create or change projects can
# have IMM list and read all of them; prefer a role of your own, as in custom_role.tf.
resource "imm_default_service_role" "this" {}

resource "imm_project" "default" {
  project_name = "default-role-project"
  service_role = imm_default_service_role.this.role_name
}
