data "imm_role_policy" "full_access" {
  policy_name = "AliyunIMMFullAccess"
  policy_type = "System"
}

output "document" {
  value = jsondecode(data.imm_role_policy.full_access.policy_document)
}
