# What "Authorize" in the console makes for projects.
resource "imm_default_service_role" "this" {}

# And for triggers and batches.
resource "imm_default_service_role" "batch_trigger" {
  role_name = "AliyunIMMBatchTriggerRole"
}
