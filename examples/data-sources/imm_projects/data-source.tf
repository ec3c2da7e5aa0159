data "imm_projects" "test" {
  prefix = "test-"

  tags = {
    env = "test"
  }
}

output "names" {
  value = data.imm_projects.test.names
}
