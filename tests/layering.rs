//! Keeps the layers apart: no source file may name a top-level module that its layer may not know.
//!
//! Cross-layer paths are always written `crate::…`, so reading the tokens is enough; the rules for
//! crates from outside (`provider/` knows no HTTP, `policy/` no I/O) are read the same way.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may fail loudly, and read the sources"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What one layer may name.
struct Layer {
    name: &'static str,
    /// Other top-level modules.
    may_use: &'static [&'static str],
    /// Paths inside those modules that it may not name all the same.
    but_not: &'static [&'static [&'static str]],
    /// Crates from outside that would leak another layer's business into this one.
    no_crates: &'static [&'static str],
}

const IO: &[&str] = &[
    "axum",
    "getrandom",
    "hyper",
    "nix",
    "prost",
    "reqwest",
    "rusqlite",
    "rustls",
    "tokio",
    "tonic",
];

const LAYERS: &[Layer] = &[
    Layer {
        name: "host",
        may_use: &[],
        but_not: &[],
        no_crates: &["axum", "prost", "reqwest", "rusqlite", "tonic"],
    },
    Layer {
        name: "api",
        may_use: &[],
        but_not: &[],
        no_crates: IO,
    },
    Layer {
        name: "policy",
        may_use: &[],
        but_not: &[],
        no_crates: IO,
    },
    Layer {
        name: "plugin",
        // The engine times and cancels calls, and the server reads the handshake's variables.
        may_use: &["host"],
        but_not: &[],
        no_crates: &["axum", "reqwest", "rusqlite"],
    },
    Layer {
        name: "cloud",
        may_use: &["api", "host"],
        but_not: &[],
        no_crates: &["axum", "prost", "rusqlite", "tonic"],
    },
    Layer {
        name: "sandbox",
        may_use: &["api", "policy", "host"],
        but_not: &[],
        no_crates: &["prost", "reqwest", "tonic"],
    },
    Layer {
        name: "provider",
        may_use: &["plugin", "cloud", "api", "policy", "host"],
        but_not: &[
            &["plugin", "proto"],
            &["plugin", "convert"],
            &["plugin", "engine"],
            &["plugin", "server"],
        ],
        no_crates: &[
            "axum", "hyper", "prost", "reqwest", "rusqlite", "rustls", "tonic",
        ],
    },
    Layer {
        name: "cli",
        // Of `api` it needs the type that hides secrets, of `plugin` schemas as data.
        may_use: &["api", "policy", "sandbox", "provider", "plugin", "host"],
        but_not: &[&["plugin", "proto"], &["plugin", "convert"]],
        no_crates: &["axum", "prost", "reqwest", "rusqlite", "tonic"],
    },
];

/// A piece of Rust source: an identifier or one character of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// Splits source into tokens; comments, strings and characters are left out.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let c = at(i);
        if c == '\n' {
            line += 1;
            i += 1;
        } else if c.is_whitespace() {
            i += 1;
        } else if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 1;
            i += 2;
            while i < chars.len() && depth > 0 {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    (c, _) => (line, i) = (line + usize::from(c == '\n'), i + 1),
                }
            }
        } else if let Some(hashes) = raw_string(&chars, i) {
            i = chars
                .iter()
                .enumerate()
                .skip(i)
                .find(|(_, c)| **c == '"')
                .map_or(chars.len(), |(n, _)| n + 1);
            let end: Vec<char> = std::iter::once('"')
                .chain(std::iter::repeat_n('#', hashes))
                .collect();
            while i < chars.len() && !chars.get(i..).is_some_and(|rest| rest.starts_with(&end)) {
                line += usize::from(at(i) == '\n');
                i += 1;
            }
            i += end.len();
        } else if c == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                line += usize::from(at(i) == '\n');
                i += if at(i) == '\\' && at(i + 1) != '\n' {
                    2
                } else {
                    1
                };
            }
            i += 1;
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let start = i;
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            tokens.push(Token {
                text: chars[start..i].iter().collect(),
                line,
            });
        } else {
            tokens.push(Token {
                text: c.to_string(),
                line,
            });
            i += 1;
        }
    }
    tokens
}

/// The number of `#` where a raw string begins here.
fn raw_string(chars: &[char], start: usize) -> Option<usize> {
    let mut i = start;
    if chars.get(i) == Some(&'b') || chars.get(i) == Some(&'c') {
        i += 1;
    }
    if chars.get(i) != Some(&'r') || (start > 0 && chars[start - 1].is_alphanumeric()) {
        return None;
    }
    let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(i + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// Every path that follows `crate`, with groups multiplied out: `use crate::{a, b::c}` names
/// `a` and `b::c`.
fn crate_paths(tokens: &[Token], root: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.text == root && text(tokens, index + 1) == ":" && text(tokens, index + 2) == ":" {
            walk(tokens, index + 3, &[], &mut found);
        }
    }
    found
}

fn text(tokens: &[Token], index: usize) -> &str {
    tokens.get(index).map_or("", |token| token.text.as_str())
}

/// Reads one use-tree from `i`; returns where it ended.
fn walk(
    tokens: &[Token],
    mut i: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let line = tokens.get(i).map_or(0, |token| token.line);
    let mut path = prefix.to_vec();
    loop {
        match text(tokens, i) {
            "{" => {
                i += 1;
                while !matches!(text(tokens, i), "}" | "") {
                    i = walk(tokens, i, &path, found);
                    if text(tokens, i) == "as" {
                        i += 2;
                    }
                    if text(tokens, i) == "," {
                        i += 1;
                    }
                }
                return i + 1;
            }
            word if word
                .chars()
                .next()
                .is_some_and(|c| c.is_alphanumeric() || c == '_') =>
            {
                path.push(word.to_owned());
                i += 1;
            }
            "*" => {
                path.push("*".to_owned());
                i += 1;
            }
            _ => {
                // Something that is no path; step over it so that a group always ends.
                found.push((line, path));
                return i + 1;
            }
        }
        if text(tokens, i) == ":" && text(tokens, i + 1) == ":" {
            i += 2;
        } else {
            found.push((line, path));
            return i;
        }
    }
}

/// The top-level module that a file below `src/` belongs to, and whether the file is the module's
/// own root (where `super` is the crate).
fn layer_of(relative: &Path) -> (String, bool) {
    let parts: Vec<String> = relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    match parts.as_slice() {
        [file] => (file.trim_end_matches(".rs").to_owned(), true),
        [layer, file] => (layer.clone(), file == "mod.rs"),
        [layer, ..] => (layer.clone(), false),
        [] => (String::new(), false),
    }
}

/// What is wrong with one file, as `line: message`.
fn offences(relative: &Path, source: &str) -> Vec<String> {
    let (name, is_root) = layer_of(relative);
    let tokens = tokens(source);
    let mut offences = Vec::new();

    for window in tokens.windows(4) {
        let words: Vec<&str> = window.iter().map(|token| token.text.as_str()).collect();
        if words == ["super", ":", ":", "super"] {
            offences.push(format!(
                "{}: `super::super`; write `crate::…`",
                window[0].line
            ));
        }
    }

    if matches!(name.as_str(), "lib" | "main") {
        return offences;
    }
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
        offences.push(format!(
            "1: the layer `{name}` has no rule in tests/layering.rs"
        ));
        return offences;
    };

    let mut paths = crate_paths(&tokens, "crate");
    if is_root {
        // Here `super` is the crate itself; names that are no layer belong to this file.
        let mut from_root = crate_paths(&tokens, "super");
        // `super::*` is how a file's own tests begin.
        from_root.retain(|(_, path)| path.first().is_some_and(|first| first != "*"));
        paths.extend(from_root);
    }
    for (line, path) in paths {
        let Some(first) = path.first() else { continue };
        if first == "*" {
            offences.push(format!("{line}: `crate::*` names every layer"));
        }
        if !LAYERS.iter().any(|layer| layer.name == first) || first == layer.name {
            continue;
        }
        if !layer.may_use.contains(&first.as_str()) {
            offences.push(format!("{line}: `{name}` may not know `{first}`"));
        }
        for banned in layer.but_not {
            if path.len() >= banned.len() && path.iter().zip(*banned).all(|(a, b)| a == b) {
                offences.push(format!(
                    "{line}: `{name}` may not know `{}`",
                    banned.join("::")
                ));
            }
        }
    }

    for (index, token) in tokens.iter().enumerate() {
        let starts_path = text(&tokens, index + 1) == ":" && text(&tokens, index + 2) == ":";
        let inside_path =
            index >= 2 && text(&tokens, index - 1) == ":" && text(&tokens, index - 2) == ":";
        if starts_path && !inside_path && layer.no_crates.contains(&token.text.as_str()) {
            offences.push(format!(
                "{}: `{name}` may not use the crate `{}`",
                token.line, token.text
            ));
        }
    }
    offences
}

fn rust_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn layers_are_kept_apart() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(
        files.len() > 20,
        "the sources were not found under {}",
        src.display()
    );
    files.sort();

    let mut broken = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let source = fs::read_to_string(&file).unwrap();
        for offence in offences(relative, &source) {
            broken.push(format!("src/{}:{offence}", relative.display()));
        }
    }
    assert!(broken.is_empty(), "layers leak:\n{}", broken.join("\n"));
}

/// Each of these must be refused, or the test above proves nothing.
#[test]
fn a_leak_is_found() {
    let leaks = [
        ("plugin/engine/plan.rs", "use crate::cloud::Client;"),
        (
            "plugin/schema/mod.rs",
            "fn f() { crate::policy::equivalent(a, b); }",
        ),
        ("policy/parse.rs", "use crate::host::Host;"),
        ("policy/parse.rs", "use tokio::fs;"),
        ("api/ram.rs", "use crate::{policy::Document};"),
        ("cloud/client.rs", "use crate::sandbox;"),
        ("cloud/mod.rs", "use super::sandbox::Server;"),
        ("sandbox/auth.rs", "use crate::{api::error::Code, cloud};"),
        (
            "sandbox/auth.rs",
            "fn f() -> crate :: provider :: Client {}",
        ),
        (
            "provider/report.rs",
            "use crate::plugin::{diagnostics::Diagnostic, proto::tfplugin6};",
        ),
        (
            "provider/resources/role.rs",
            "use crate::sandbox::{Store as S, Clock};",
        ),
        (
            "provider/resources/role.rs",
            "fn f() { reqwest::Client::new(); }",
        ),
        ("provider/resources/role.rs", "use super::super::report;"),
        ("host.rs", "use crate::api::error;"),
        ("cli/policy.rs", "use crate::cloud::{\n  Client,\n};"),
        ("elsewhere/mod.rs", "fn f() {}"),
        ("provider/mod.rs", "use crate::*;"),
        (
            "cloud/retry.rs",
            "/* a comment */ /// x\n pub(crate) use crate::plugin::value::Path;",
        ),
        (
            "cloud/retry.rs",
            "const A: char = '\"'; const B: &str = r#\"\"#; use crate::plugin::value;",
        ),
    ];
    for (file, source) in leaks {
        assert!(
            !offences(Path::new(file), source).is_empty(),
            "not refused in {file}: {source}"
        );
    }
}

/// And none of these may be.
#[test]
fn what_is_allowed_is_let_through() {
    let fine = [
        (
            "plugin/engine/plan.rs",
            "use crate::plugin::value::Path; use crate::host::Host;",
        ),
        (
            "policy/parse.rs",
            "// use crate::cloud::Client;\nuse super::ast;",
        ),
        (
            "policy/parse.rs",
            "const HELP: &str = \"crate::cloud::Client\";",
        ),
        (
            "policy/parse.rs",
            "const HELP: &str = r##\"a \"# crate::cloud::Client\"##;",
        ),
        (
            "policy/parse.rs",
            "/* outer /* crate::cloud */ crate::cloud */ fn f<'a>(x: &'a str) {}",
        ),
        (
            "cloud/client.rs",
            "use crate::api::{ram::CreateRole, sts}; use crate::host;",
        ),
        (
            "sandbox/mod.rs",
            "mod tests { use super::*; use super::Server; }",
        ),
        (
            "provider/resources/role.rs",
            "use crate::provider::{report, tags}; use crate::cloud;",
        ),
        (
            "provider/resources/role.rs",
            "use crate::plugin::author::{Call, Resource};",
        ),
        (
            "lib.rs",
            "pub mod cloud; use crate::cloud; use crate::plugin;",
        ),
        ("main.rs", "use terraform_provider_imm::{cloud, sandbox};"),
    ];
    for (file, source) in fine {
        let found = offences(Path::new(file), source);
        assert!(found.is_empty(), "refused in {file}: {source}: {found:?}");
    }
}
