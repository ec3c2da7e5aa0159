# May the service role read what it is to process?
data "imm_permission_check" "role" {
  principal_arn = "acs:ram::${data.imm_caller_identity.current.account_id}:role/TestIMMRoleOSSMyBucketAccess"
  actions       = ["oss:GetObject", "oss:PutObject"]
  resources     = ["acs:oss:*:*:my-bucket/incoming/a.jpg"]
}

# May whoever runs this hand the role to IMM?
data "imm_permission_check" "caller" {
  actions   = ["ram:PassRole"]
  resources = ["acs:ram::${data.imm_caller_identity.current.account_id}:role/TestIMMRoleOSSMyBucketAccess"]
  context   = { "acs:Service" = ["imm.aliyuncs.com"] }
}

data "imm_caller_identity" "current" {}

check "access" {
  assert {
    condition     = data.imm_permission_check.role.allowed
    error_message = "The role lacks: ${jsonencode(data.imm_permission_check.role.missing)}"
  }
  assert {
    condition     = data.imm_permission_check.caller.allowed
    error_message = "The caller lacks: ${jsonencode(data.imm_permission_check.caller.missing)}"
  }
}
