data "imm_policy_document" "bucket" {
  statement {
    action   = ["oss:GetObject", "oss:PutObject"]
    resource = ["acs:oss:*:*:my-bucket/*"]
  }

  statement {
    action   = ["ram:PassRole"]
    resource = ["*"]

    condition {
      operator = "StringEquals"
      variable = "acs:Service"
      values   = ["imm.aliyuncs.com"]
    }
  }
}

# The statements of other documents come first.
data "imm_policy_document" "read_only" {
  source_policy_documents = [data.imm_policy_document.bucket.json]

  statement {
    effect   = "Deny"
    action   = ["oss:DeleteObject"]
    resource = ["*"]
  }
}

# A trust policy has principals in the place of resources.
data "imm_policy_document" "trust" {
  statement {
    action = ["sts:AssumeRole"]

    principal {
      entity      = "Service"
      identifiers = ["imm.aliyuncs.com"]
    }
  }
}

resource "imm_role_policy" "this" {
  policy_name     = "TestIMMPolicy"
  policy_document = data.imm_policy_document.read_only.json
}

resource "imm_service_role" "this" {
  role_name                   = "TestIMMRole"
  assume_role_policy_document = data.imm_policy_document.trust.json
}
