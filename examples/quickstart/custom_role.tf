# A service role of your own: IMM may assume it, and it reaches one bucket instead of all of them.
# `trusted_services` is not set, so the role trusts imm.aliyuncs.com and nobody else.
resource "imm_service_role" "my_bucket" {
  role_name   = "TestIMMRoleOSSMyBucketAccess"
  description = "Allow access to a specific bucket"
}

# What the role may do: the least that IMM needs of OSS, on the bucket "my-bucket" only, everything
# of Message Service, and handing roles on to IMM itself.
resource "imm_role_policy" "my_bucket" {
  policy_name = "TestIMMPolicyOSSMyBucketAccess"
  description = "What IMM does in my-bucket"

  policy_document = <<-JSON
    {
        "Version": "1",
        "Statement": [
            {
                "Action": [
                    "oss:Get*",
                    "oss:List*",
                    "oss:PutBucketLifecycle",
                    "oss:PutBucketNotification",
                    "oss:DeleteBucketNotification",
                    "oss:PutBucketAcl",
                    "oss:PutObjectAcl",
                    "oss:CopyObject",
                    "oss:AppendObject",
                    "oss:PutSymlink",
                    "oss:PutObject",
                    "oss:StartEventRecord",
                    "oss:StopEventRecord",
                    "oss:GetEventRecordStatus"
                ],
                "Resource": "acs:oss:*:*:my-bucket/*",
                "Effect": "Allow"
            },
            {
                "Action":"mns:*",
                "Resource": "*",
                "Effect": "Allow"
            },
            {
                "Action": "ram:PassRole",
                "Resource": "*",
                "Effect": "Allow",
                "Condition": {
                    "StringEquals": {
                        "acs:Service": "imm.aliyuncs.com"
                    }
                }
            }
        ]
    }
  JSON
}

resource "imm_role_policy_attachment" "my_bucket" {
  policy_name = imm_role_policy.my_bucket.policy_name
  role_name   = imm_service_role.my_bucket.role_name
}

# The project that uses the role. It waits for the attachment: a role without permissions would do,
# but the project's first task would fail.
resource "imm_project" "my_bucket" {
  project_name = "test-project"
  description  = "Files of my-bucket"
  service_role = imm_service_role.my_bucket.role_name

  depends_on = [imm_role_policy_attachment.my_bucket]
}
