data "imm_caller_identity" "current" {}

output "account_id" {
  description = "The account in which all of this was made."
  value       = data.imm_caller_identity.current.account_id
}

output "role_arn" {
  description = "The custom service role."
  value       = imm_service_role.my_bucket.arn
}

output "default_role_adopted" {
  description = "Whether the default role was there before."
  value       = imm_default_service_role.this.adopted
}
