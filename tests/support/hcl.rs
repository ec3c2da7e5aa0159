//! Pieces of configuration that several scenarios need.

/// A policy that IMM can work with, as one line of JSON.
pub const POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:ListObjects"],"Resource":["acs:oss:*:*:media","acs:oss:*:*:media/*"]},{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}"#;

/// One block `kind "type" "this"` (or `kind "type" "name"` for `type.name`) with these lines.
pub fn block(kind: &str, address: &str, lines: &[&str]) -> String {
    let (of, name) = address.split_once('.').unwrap_or((address, "this"));
    let mut text = format!("{kind} \"{of}\" \"{name}\" {{\n");
    for line in lines {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("}\n\n");
    text
}

/// A `resource` block.
pub fn resource(address: &str, lines: &[&str]) -> String {
    block("resource", address, lines)
}

/// A `data` block.
pub fn data(address: &str, lines: &[&str]) -> String {
    block("data", address, lines)
}

/// Role, policy, attachment and project that belong together, named `media`.
pub fn chain() -> String {
    [
        resource("imm_service_role", &["role_name = \"media\""]),
        resource(
            "imm_role_policy",
            &["policy_name = \"media\"", &document(POLICY)],
        ),
        resource(
            "imm_role_policy_attachment",
            &[
                "policy_name = imm_role_policy.this.policy_name",
                "role_name   = imm_service_role.this.role_name",
            ],
        ),
        resource(
            "imm_project",
            &[
                "project_name = \"media\"",
                "service_role = imm_service_role.this.role_name",
                "depends_on   = [imm_role_policy_attachment.this]",
            ],
        ),
    ]
    .concat()
}

/// The argument `policy_document` with this text.
pub fn document(json: &str) -> String {
    argument("policy_document", json)
}

/// An argument whose value is this text, whatever is in it.
pub fn argument(name: &str, text: &str) -> String {
    let quoted = serde_json::to_string(text)
        .unwrap()
        .replace("${", "$${")
        .replace("%{", "%%{");
    format!("{name} = {quoted}")
}
