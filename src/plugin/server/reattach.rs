//! What a developer copies into a shell so that Terraform uses the process that already runs.

use serde_json::json;

use super::handshake::{Address, PROTOCOL_VERSION};

const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// The value of the variable. `Test` keeps Terraform from stopping the process, and a missing
/// `ProtocolVersion` would be taken for 5.
fn value(provider: &str, process: u32, address: &Address) -> String {
    json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": address.network(), "String": address.to_string() },
        }
    })
    .to_string()
}

/// The text to print: how to set the variable in the shells of this system.
pub(super) fn instructions(provider: &str, process: u32, address: &Address) -> String {
    let value = value(provider, process, address);
    let mut text =
        String::from("Provider started. To use it, set this in the shell that runs Terraform:\n\n");
    if cfg!(windows) {
        text.push_str("Command Prompt:\tset \"");
        text.push_str(VARIABLE);
        text.push('=');
        text.push_str(&value);
        text.push_str("\"\nPowerShell:\t$env:");
        text.push_str(VARIABLE);
        text.push_str("='");
        text.push_str(&value.replace('\'', "''"));
        text.push_str("'\n");
    } else {
        text.push('\t');
        text.push_str(VARIABLE);
        text.push_str("='");
        text.push_str(&value.replace('\'', r"'\''"));
        text.push_str("'\n");
    }
    text.push_str("\nIt serves any number of commands until it is interrupted.\n");
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_value_is_what_terraform_reads() {
        let address = Address::Unix(PathBuf::from("/tmp/it's here"));
        let text = value("registry.terraform.io/imm-rs/imm", 7, &address);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let provider = &read["registry.terraform.io/imm-rs/imm"];
        assert_eq!(provider["Protocol"], "grpc");
        assert_eq!(provider["ProtocolVersion"], 6);
        assert_eq!(provider["Pid"], 7);
        assert_eq!(provider["Test"], true);
        assert_eq!(provider["Addr"]["Network"], "unix");
        assert_eq!(provider["Addr"]["String"], "/tmp/it's here");
    }

    #[test]
    #[cfg(unix)]
    fn quotes_do_not_end_the_shells_word() {
        let address = Address::Unix(PathBuf::from("/tmp/it's here"));
        let text = instructions("a/b/c", 7, &address);
        assert!(text.contains(r#""/tmp/it'\''s here""#), "{text}");
    }
}
