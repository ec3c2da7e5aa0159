//! What the documentation shows works as it stands there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Workspace, with_terraform};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_readme_is_true() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let configuration = readme
        .split("```hcl\n")
        .skip(1)
        .filter_map(|block| block.split("\n```").next())
        .find(|block| block.contains("resource \"imm_"))
        .expect("README.md shows a configuration");
    with_terraform(|terraform| {
        let mut workspace = Workspace::new(terraform);
        // All of it is in the block, the sandbox included.
        workspace.unset("IMM_SANDBOX");
        workspace.write("required.tf", "");
        workspace.config(configuration);
        let warnings = workspace.plan().warnings;
        assert!(warnings.is_empty(), "{warnings:#?}");
        let state = workspace.apply();
        workspace.plan().assert_no_changes();
        assert_eq!(
            state.managed(),
            [
                "imm_project.media",
                "imm_role_policy.media",
                "imm_role_policy_attachment.media",
                "imm_service_role.media",
            ]
        );
        assert!(workspace.folder().join("sandbox.db").exists());
        workspace.destroy();
    });
}

#[test]
fn examples_are_formatted() {
    with_terraform(|terraform| {
        let workspace = Workspace::new(terraform);
        let examples = repository().join("examples");
        workspace.ok(&[
            "fmt",
            "-check",
            "-diff",
            "-recursive",
            examples.to_str().unwrap(),
        ]);
    });
}

#[test]
fn examples_are_valid() {
    let mut folders: Vec<PathBuf> = ["resources", "data-sources", "provider"]
        .iter()
        .map(|kind| repository().join("examples").join(kind))
        .flat_map(|kind| {
            let inner = fs::read_dir(&kind).into_iter().flatten();
            let mut folders: Vec<_> = inner.map(|entry| entry.unwrap().path()).collect();
            folders.push(kind);
            folders
        })
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    with_terraform(|terraform| {
        let mut checked = 0;
        for folder in &folders {
            let workspace = Workspace::new(terraform);
            let mut names_provider = false;
            let mut files = 0;
            for entry in fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().path();
                if file.extension().is_some_and(|extension| extension == "tf") {
                    let text = fs::read_to_string(&file).unwrap();
                    names_provider |= text.contains("required_providers");
                    workspace.write(file.file_name().unwrap().to_str().unwrap(), &text);
                    files += 1;
                }
            }
            if files == 0 {
                continue;
            }
            if names_provider {
                workspace.write("required.tf", "");
            }
            workspace.ok(&["validate", "-no-color"]);
            checked += 1;
        }
        assert!(checked >= 5, "only {checked} examples in {folders:?}");
    });
}
