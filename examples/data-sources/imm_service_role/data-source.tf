data "imm_service_role" "default" {
  role_name = "AliyunIMMDefaultRole"
}

output "trusts_imm" {
  value = contains(data.imm_service_role.default.trusted_services, "imm.aliyuncs.com")
}

output "policies" {
  value = data.imm_service_role.default.policies[*].policy_name
}
