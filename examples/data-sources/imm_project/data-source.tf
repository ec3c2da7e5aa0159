data "imm_project" "this" {
  project_name = "test-project"
}

output "datasets" {
  value = data.imm_project.this.dataset_count
}
