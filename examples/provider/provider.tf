terraform {
  required_providers {
    imm = {
      source = "imm-rs/imm"
    }
  }
}

# The key comes from ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY.
provider "imm" {
  region = "cn-hangzhou"

  default_tags {
    tags = {
      team = "media"
    }
  }
}

# The same configuration without an account, network or key: everything happens in one file.
provider "imm" {
  alias = "sandbox"

  sandbox {
    path = "sandbox.db"
  }
}
