//! Whether two policy texts mean the same to RAM.
//!
//! Used where a document comes back from the cloud with other white space, key order or list shapes,
//! so that a plan shows no change where there is none. The comparison is of form, not of effect: two
//! documents that allow the same in different ways are different documents, and a plan says so.

use std::collections::BTreeSet;

use super::json::{self, Kind, Node};

/// Whether two texts are the same policy, permission or trust.
///
/// The order of keys, of statements and of the entries of a list does not count, nor do repeated
/// entries, a single entry written with or without a list, the letter case of actions, of RAM's
/// ARNs and of condition keys, a bare number or boolean for its quoted form in a condition, or an
/// empty condition. Everything else does. A text that is not JSON, or that writes a key twice, is
/// equal only to itself, byte for byte.
#[must_use]
pub fn equivalent(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    matches!((canonical(a), canonical(b)), (Some(a), Some(b)) if a == b)
}

/// The text that all equivalent documents share, or none if the text is not one JSON value with
/// distinct keys. For comparison only: it is not a document that RAM would take.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    let parsed = json::parse(text);
    if !parsed.errors.is_empty() {
        return None;
    }
    let root = parsed.root?;
    let mut out = String::new();
    document(&root, &mut out)?;
    Some(out)
}

/// The members sorted by key, or none where a key repeats.
fn sorted(node: &Node, fold: impl Fn(&str) -> String) -> Option<Vec<(String, &str, &Node)>> {
    let members = node.members()?;
    let mut list: Vec<_> = members
        .iter()
        .map(|m| (fold(&m.key), m.key.as_str(), &m.value))
        .collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    let distinct = list.windows(2).all(|pair| match pair {
        [a, b] => a.0 != b.0,
        _ => true,
    });
    distinct.then_some(list)
}

fn exact(key: &str) -> String {
    key.to_owned()
}

fn document(root: &Node, out: &mut String) -> Option<()> {
    if root.members().is_none() {
        return plain(root, out);
    }
    out.push('{');
    for (key, _, value) in sorted(root, exact)? {
        quote(&key, out);
        if key == "Statement" {
            set(value, out, statement)?;
        } else {
            plain(value, out)?;
        }
    }
    out.push('}');
    Some(())
}

fn statement(node: &Node, out: &mut String) -> Option<()> {
    if node.members().is_none() {
        return plain(node, out);
    }
    out.push('{');
    for (key, _, value) in sorted(node, exact)? {
        if key == "Condition" && value.members().is_some_and(<[_]>::is_empty) {
            continue;
        }
        quote(&key, out);
        match key.as_str() {
            "Action" | "NotAction" => set(value, out, action)?,
            "Resource" | "NotResource" => set(value, out, arn)?,
            "Principal" => keyed(value, out, exact, |value, out| set(value, out, arn))?,
            "Condition" => keyed(value, out, exact, |operator, out| {
                keyed(operator, out, str::to_lowercase, |value, out| {
                    set(value, out, scalar)
                })
            })?,
            _ => plain(value, out)?,
        }
    }
    out.push('}');
    Some(())
}

/// An object whose values are of one sort; anything else as it is.
fn keyed(
    node: &Node,
    out: &mut String,
    fold: impl Fn(&str) -> String,
    each: impl Fn(&Node, &mut String) -> Option<()>,
) -> Option<()> {
    if node.members().is_none() {
        return plain(node, out);
    }
    out.push('{');
    for (key, _, value) in sorted(node, fold)? {
        quote(&key, out);
        each(value, out)?;
    }
    out.push('}');
    Some(())
}

/// A list as a set; a single value as the set of it.
fn set(
    node: &Node,
    out: &mut String,
    each: impl Fn(&Node, &mut String) -> Option<()>,
) -> Option<()> {
    let items = match &node.kind {
        Kind::Array(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut texts = BTreeSet::new();
    for item in items {
        let mut text = String::new();
        each(item, &mut text)?;
        texts.insert(text);
    }
    out.push('[');
    for text in texts {
        out.push_str(&text);
    }
    out.push(']');
    Some(())
}

fn action(node: &Node, out: &mut String) -> Option<()> {
    match node.as_str() {
        Some(text) => {
            quote(&text.to_lowercase(), out);
            Some(())
        }
        None => plain(node, out),
    }
}

fn arn(node: &Node, out: &mut String) -> Option<()> {
    match node.as_str() {
        Some(text) if text.starts_with("acs:ram:") => {
            quote(&text.to_lowercase(), out);
            Some(())
        }
        _ => plain(node, out),
    }
}

/// A condition value, quoted or not.
fn scalar(node: &Node, out: &mut String) -> Option<()> {
    match &node.kind {
        Kind::Bool(value) => quote(&value.to_string(), out),
        Kind::Number(text) => quote(text, out),
        _ => return plain(node, out),
    }
    Some(())
}

/// A value of which nothing is known but that keys have no order.
fn plain(node: &Node, out: &mut String) -> Option<()> {
    match &node.kind {
        Kind::Null => out.push_str("null,"),
        Kind::Bool(value) => {
            out.push_str(&value.to_string());
            out.push(',');
        }
        Kind::Number(text) => {
            out.push_str(text);
            out.push(',');
        }
        Kind::String(text) => quote(text, out),
        Kind::Array(items) => {
            out.push('(');
            for item in items {
                plain(item, out)?;
            }
            out.push(')');
        }
        Kind::Object(_) => {
            out.push('{');
            for (key, _, value) in sorted(node, exact)? {
                quote(&key, out);
                plain(value, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

/// Escapes only what would make two different texts look alike.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"Version":"1","Statement":[
        {"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":["acs:oss:*:*:b/*"],
         "Condition":{"StringEquals":{"acs:Service":["imm.aliyuncs.com"]},"Bool":{"acs:SecureTransport":["true"]}}},
        {"Effect":"Deny","NotAction":"mns:*","Resource":"*"}]}"#;

    #[test]
    fn what_means_the_same_is_equal() {
        for other in [
            // keys and statements in another order, scalars for lists
            r#"{"Statement":[{"Resource":["*"],"NotAction":["mns:*"],"Effect":"Deny"},
                {"Condition":{"Bool":{"acs:SecureTransport":"true"},"StringEquals":{"acs:Service":"imm.aliyuncs.com"}},
                 "Resource":"acs:oss:*:*:b/*","Action":["oss:PutObject","oss:GetObject"],"Effect":"Allow"}],"Version":"1"}"#,
            // letter case of actions and of condition keys, repeated entries, a bare boolean
            r#"{"Version":"1","Statement":[
                {"Effect":"Allow","Action":["OSS:getobject","oss:PutObject","oss:GetObject"],"Resource":["acs:oss:*:*:b/*"],
                 "Condition":{"StringEquals":{"acs:service":["imm.aliyuncs.com"]},"Bool":{"acs:SecureTransport":[true]}}},
                {"Effect":"Deny","NotAction":"MNS:*","Resource":"*"},
                {"Effect":"Deny","NotAction":"mns:*","Resource":"*"}]}"#,
        ] {
            assert!(equivalent(BASE, other), "{other}");
        }
        let lone = r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}"#;
        let list =
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        assert!(equivalent(lone, list));
    }

    #[test]
    fn trust_documents_too() {
        let a = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:role/Admin","acs:ram::2:root"],"Service":"imm.aliyuncs.com"}}]}"#;
        let b = r#"{"Statement":[{"Action":["sts:AssumeRole"],"Principal":{"Service":["imm.aliyuncs.com"],"RAM":["acs:ram::2:root","acs:ram::1:role/admin"]},"Effect":"Allow"}],"Version":"1"}"#;
        let c = r#"{"Statement":[{"Action":["sts:AssumeRole"],"Principal":{"Service":["IMM.aliyuncs.com"],"RAM":["acs:ram::2:root","acs:ram::1:role/admin"]},"Effect":"Allow"}],"Version":"1"}"#;
        assert!(equivalent(a, b));
        assert!(!equivalent(a, c), "service principals keep their case");
    }

    #[test]
    fn what_means_something_else_is_not() {
        for (from, to) in [
            ("oss:PutObject", "oss:PutObjectAcl"),
            ("\"Deny\"", "\"Allow\""),
            ("NotAction", "Action"),
            ("acs:oss:*:*:b/*", "acs:oss:*:*:B/*"),
            ("StringEquals", "StringLike"),
            ("imm.aliyuncs.com", "IMM.aliyuncs.com"),
            ("\"Version\":\"1\"", "\"Version\":1"),
            ("[\"true\"]", "[\"true\",\"false\"]"),
        ] {
            assert!(BASE.contains(from), "{from}");
            assert!(!equivalent(BASE, &BASE.replace(from, to)), "{from} {to}");
        }
        // Two statements are not one with both actions.
        let two = r#"{"Statement":[{"Action":"a:A"},{"Action":"a:B"}]}"#;
        let one = r#"{"Statement":[{"Action":["a:A","a:B"]}]}"#;
        assert!(!equivalent(two, one));
        // Nor can a value smuggle a delimiter.
        let a = r#"{"Statement":[{"Action":["a\"\"b"]}]}"#;
        let b = r#"{"Statement":[{"Action":["a","b"]}]}"#;
        assert!(!equivalent(a, b));
    }

    #[test]
    fn what_does_not_parse_is_equal_only_to_itself() {
        for text in [
            "",
            "{",
            r#"{"a":1,"a":1}"#,
            r#"{"Statement":[{"Action":"a","Action":"a"}]}"#,
        ] {
            assert!(equivalent(text, text));
            assert!(!equivalent(text, &format!("{text} ")), "{text}");
        }
        let twice = r#"{"Statement":[{"Condition":{"Bool":{"acs:A":"true","acs:a":"true"}}}]}"#;
        assert!(
            !equivalent(twice, &format!("{twice} ")),
            "the same key in two cases"
        );
    }
}
