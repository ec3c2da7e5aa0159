terraform {
  required_version = ">= 1.6"

  required_providers {
    imm = {
      source = "imm-rs/imm"
    }
  }
}

# Nothing here names the sandbox: with IMM_SANDBOX set (the quickstart sets it) the same files run
# without an account, and with a key of your own (ALICLOUD_ACCESS_KEY, ALICLOUD_SECRET_KEY) they
# run against Alibaba Cloud.
provider "imm" {
  region = "cn-hangzhou"
}
