//! Small changes to a JSON tree, by which a finding says what would mend the document.

use super::json::{Kind, Member, Node, Span};

/// One change. Pointers are JSON pointers into the tree as it is before the change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Edit {
    /// Puts a value in place of another.
    Replace { pointer: String, value: Node },
    /// Takes a member of an object or an entry of a list away.
    Remove { pointer: String },
    /// Gives a member of an object another key.
    Rename { pointer: String, key: String },
    /// Adds a member to an object, first or last; an object that has the key gets its value merged
    /// if both are objects.
    Insert {
        pointer: String,
        key: String,
        value: Node,
        first: bool,
    },
    /// Adds an entry to a list; a value that is no list becomes one first.
    Append { pointer: String, value: Node },
}

/// Makes the changes in this order. False if one of them has no place; the tree is then in between.
pub(super) fn apply(root: &mut Node, edits: &[Edit]) -> bool {
    edits.iter().all(|edit| apply_one(root, edit).is_some())
}

fn apply_one(root: &mut Node, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Replace { pointer, value } => {
            *find(root, pointer)? = value.clone();
        }
        Edit::Remove { pointer } => {
            let (parent, last) = split(pointer)?;
            match &mut find(root, parent)?.kind {
                Kind::Object(members) => {
                    let at = members.iter().rposition(|m| m.key == last)?;
                    members.remove(at);
                }
                Kind::Array(items) => {
                    let at: usize = last.parse().ok()?;
                    if at >= items.len() {
                        return None;
                    }
                    items.remove(at);
                }
                _ => return None,
            }
        }
        Edit::Rename { pointer, key } => {
            let (parent, last) = split(pointer)?;
            let Kind::Object(members) = &mut find(root, parent)?.kind else {
                return None;
            };
            if members.iter().any(|m| m.key == *key) {
                return None;
            }
            members
                .iter_mut()
                .rfind(|m| m.key == last)?
                .key
                .clone_from(key);
        }
        Edit::Insert {
            pointer,
            key,
            value,
            first,
        } => insert(find(root, pointer)?, key, value, *first)?,
        Edit::Append { pointer, value } => {
            let list = find(root, pointer)?;
            if !matches!(list.kind, Kind::Array(_)) {
                let only = std::mem::replace(list, Node::new(Kind::Null));
                *list = Node::new(Kind::Array(vec![only]));
            }
            if let Kind::Array(items) = &mut list.kind {
                items.push(value.clone());
            }
        }
    }
    Some(())
}

fn insert(object: &mut Node, key: &str, value: &Node, first: bool) -> Option<()> {
    let Kind::Object(members) = &mut object.kind else {
        return None;
    };
    if let Some(member) = members.iter_mut().rfind(|m| m.key == key) {
        let added = value.members()?;
        for member_added in added {
            insert(
                &mut member.value,
                &member_added.key,
                &member_added.value,
                false,
            )?;
        }
        return Some(());
    }
    let member = Member {
        key: key.to_owned(),
        key_span: Span::default(),
        value: value.clone(),
    };
    members.insert(if first { 0 } else { members.len() }, member);
    Some(())
}

fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, unescape(last)))
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn find<'a>(root: &'a mut Node, pointer: &str) -> Option<&'a mut Node> {
    let mut node = root;
    if pointer.is_empty() {
        return Some(node);
    }
    for part in pointer.strip_prefix('/')?.split('/') {
        let part = unescape(part);
        node = match &mut node.kind {
            Kind::Object(members) => &mut members.iter_mut().rfind(|m| m.key == part)?.value,
            Kind::Array(items) => items.get_mut(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{json, print};

    #[test]
    fn each_change() {
        let change = |text: &str, edits: &[Edit]| {
            let mut root = json::parse(text).root.unwrap();
            apply(&mut root, edits).then(|| print::compact(&root))
        };
        let at = |pointer: &str| pointer.to_owned();
        let text = r#"{"a":[1,{"b/c":"x"}],"d":"y"}"#;
        let value = Node::string("z");
        assert_eq!(
            change(
                text,
                &[Edit::Replace {
                    pointer: at("/a/1/b~1c"),
                    value: value.clone()
                }]
            )
            .unwrap(),
            r#"{"a":[1,{"b/c":"z"}],"d":"y"}"#
        );
        assert_eq!(
            change(
                text,
                &[
                    Edit::Remove {
                        pointer: at("/a/0")
                    },
                    Edit::Remove { pointer: at("/d") }
                ]
            )
            .unwrap(),
            r#"{"a":[{"b/c":"x"}]}"#
        );
        assert_eq!(
            change(
                text,
                &[Edit::Rename {
                    pointer: at("/d"),
                    key: at("e")
                }]
            )
            .unwrap(),
            r#"{"a":[1,{"b/c":"x"}],"e":"y"}"#
        );
        assert_eq!(
            change(
                text,
                &[Edit::Append {
                    pointer: at("/d"),
                    value: value.clone()
                }]
            )
            .unwrap(),
            r#"{"a":[1,{"b/c":"x"}],"d":["y","z"]}"#
        );
        let nested = Node::object([("k", Node::object([("v", value.clone())]))]);
        let insert = |pointer: &str, key: &str| Edit::Insert {
            pointer: at(pointer),
            key: at(key),
            value: nested.clone(),
            first: true,
        };
        assert_eq!(
            change(r#"{"c":{"k":{"w":1}}}"#, &[insert("", "c")]).unwrap(),
            r#"{"c":{"k":{"w":1,"v":"z"}}}"#
        );
        assert_eq!(
            change(r#"{"x":1}"#, &[insert("", "c")]).unwrap(),
            r#"{"c":{"k":{"v":"z"}},"x":1}"#
        );
        for edit in [
            Edit::Remove {
                pointer: at("/nowhere"),
            },
            Edit::Rename {
                pointer: at("/d"),
                key: at("a"),
            },
            Edit::Replace {
                pointer: at("/a/7"),
                value,
            },
            insert("/d", "c"),
        ] {
            assert_eq!(change(text, &[edit]), None);
        }
    }
}
