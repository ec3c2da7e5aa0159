resource "imm_service_role" "this" {
  role_name = "TestIMMRole"
}

resource "imm_role_policy_attachment" "this" {
  policy_name = "AliyunOSSReadOnlyAccess"
  policy_type = "System"
  role_name   = imm_service_role.this.role_name
}

# A role without permissions would do for the project, but not for its first task.
resource "imm_project" "this" {
  project_name = "test-project"
  description  = "Files of my-bucket"
  service_role = imm_service_role.this.role_name
  template_id  = "Official:ImageManagement"

  dataset_max_bind_count = 5

  tags = {
    env = "test"
  }

  timeouts {
    update = "15m"
  }

  depends_on = [imm_role_policy_attachment.this]
}
