data "imm_caller_identity" "current" {}

output "account_id" {
  value = data.imm_caller_identity.current.account_id
}
