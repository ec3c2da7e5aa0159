# Reading one bucket, and handing roles on to IMM and to nobody else.
resource "imm_role_policy" "this" {
  policy_name = "TestIMMPolicyOSSMyBucketAccess"
  description = "What IMM does in my-bucket"

  policy_document = jsonencode({
    Version = "1"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["oss:Get*", "oss:List*", "oss:PutObject"]
        Resource = "acs:oss:*:*:my-bucket/*"
      },
      {
        Effect    = "Allow"
        Action    = "ram:PassRole"
        Resource  = "*"
        Condition = { StringEquals = { "acs:Service" = "imm.aliyuncs.com" } }
      }
    ]
  })

  tags = {
    env = "test"
  }
}
