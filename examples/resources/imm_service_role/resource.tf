# Trusts imm.aliyuncs.com and nobody else.
resource "imm_service_role" "this" {
  role_name   = "TestIMMRoleOSSMyBucketAccess"
  description = "Allow access to a specific bucket"
}

# The same for several services.
resource "imm_service_role" "shared" {
  role_name        = "TestSharedRole"
  trusted_services = ["imm.aliyuncs.com", "fc.aliyuncs.com"]
}

# A trust policy of one's own, for what a list of services cannot say.
resource "imm_service_role" "conditional" {
  role_name = "TestConditionalRole"

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = ["imm.aliyuncs.com"] }
        Condition = { IpAddress = { "acs:SourceIp" = ["10.0.0.0/8"] } }
      }
    ]
  })

  max_session_duration = 7200
  force                = true

  tags = {
    env = "test"
  }
}
