resource "imm_service_role" "this" {
  role_name = "TestIMMRole"
}

# A policy of Alibaba Cloud; for one of the account leave policy_type out.
resource "imm_role_policy_attachment" "this" {
  policy_name = "AliyunOSSReadOnlyAccess"
  policy_type = "System"
  role_name   = imm_service_role.this.role_name
}
