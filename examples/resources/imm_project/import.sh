# In the provider's region.
terraform import imm_project.this test-project

# In another region.
terraform import imm_project.this cn-shanghai:test-project
