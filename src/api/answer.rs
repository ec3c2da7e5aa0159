//! The envelope of an answer: the request id beside the fields of the action, as JSON or as XML.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A success: the request id and the action's fields on one level.
///
/// # Errors
/// When the answer is not a JSON object, which none of this crate's types is.
pub fn to_json<T: Serialize>(answer: &T, request_id: &str) -> serde_json::Result<Value> {
    let mut fields = Map::new();
    fields.insert("RequestId".into(), Value::String(request_id.to_owned()));
    if let Value::Object(rest) = serde_json::to_value(answer)? {
        fields.extend(rest);
    }
    Ok(Value::Object(fields))
}

/// The same as XML, in a root that is named after the action (`<CreateRoleResponse>`).
#[must_use]
pub fn to_xml(action: &str, answer: &Value) -> String {
    let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
    element(&mut text, &format!("{action}Response"), answer);
    text
}

/// Reads a success. A missing request id is an empty one.
///
/// # Errors
/// When the text is not JSON, or not of this type.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<(T, String)> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "RequestId", default)]
        request_id: String,
    }
    // Read twice rather than flattened: flattening loses exact numbers.
    let envelope: Envelope = serde_json::from_slice(text)?;
    Ok((serde_json::from_slice(text)?, envelope.request_id))
}

/// One element. A list repeats its element.
pub(super) fn element(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Array(items) => {
            for item in items {
                element(text, name, item);
            }
        }
        Value::Object(fields) => {
            open(text, name);
            for (name, value) in fields {
                element(text, name, value);
            }
            close(text, name);
        }
        Value::Null => {}
        Value::String(content) => leaf(text, name, content),
        Value::Bool(_) | Value::Number(_) => leaf(text, name, &value.to_string()),
    }
}

fn leaf(text: &mut String, name: &str, content: &str) {
    open(text, name);
    text.push_str(&quick_xml::escape::escape(content));
    close(text, name);
}

fn open(text: &mut String, name: &str) {
    text.extend(["<", name, ">"]);
}

fn close(text: &mut String, name: &str) {
    text.extend(["</", name, ">"]);
}

#[cfg(test)]
mod tests {
    use super::{from_json, to_json, to_xml};
    use crate::api::imm::{Project, ProjectAnswer};
    use crate::api::ram::{ListedTag, Role, RolePage};

    #[test]
    fn lists_of_ram_are_two_levels_deep() {
        let page = RolePage {
            roles: vec![Role {
                role_name: "r".into(),
                tags: Some(vec![ListedTag {
                    tag_key: "k".into(),
                    tag_value: "v".into(),
                }]),
                ..Role::default()
            }],
            ..RolePage::default()
        };
        let json = to_json(&page, "ID").unwrap();
        assert_eq!(
            json.to_string(),
            "{\"IsTruncated\":false,\"RequestId\":\"ID\",\"Roles\":{\"Role\":[{\"Arn\":\"\",\
             \"RoleId\":\"\",\"RoleName\":\"r\",\"Tags\":{\"Tag\":[{\"TagKey\":\"k\",\
             \"TagValue\":\"v\"}]}}]}}"
        );
        let text = serde_json::to_vec(&json).unwrap();
        assert_eq!(from_json(&text).unwrap(), (page, "ID".to_owned()));
        assert_eq!(
            from_json::<RolePage>(b"{\"Roles\":{}}").unwrap().0,
            RolePage::default()
        );
        assert_eq!(
            to_json(&RolePage::default(), "").unwrap().to_string(),
            "{\"IsTruncated\":false,\"RequestId\":\"\",\"Roles\":{\"Role\":[]}}"
        );
    }

    #[test]
    fn sizes_are_exact() {
        let answer = ProjectAnswer {
            project: Project {
                project_name: "p".into(),
                dataset_max_total_file_size: Some(i64::MAX),
                ..Project::default()
            },
        };
        let text = to_json(&answer, "ID").unwrap().to_string();
        assert!(text.contains("\"DatasetMaxTotalFileSize\":9223372036854775807"));
        assert_eq!(
            from_json::<ProjectAnswer>(text.as_bytes()).unwrap().0,
            answer
        );
    }

    #[test]
    fn xml_repeats_the_elements_of_a_list() {
        let json = serde_json::json!({"Roles": {"Role": [{"RoleName": "a<b"}, {"RoleName": "c"}]}});
        assert_eq!(
            to_xml("ListRoles", &json),
            "<?xml version='1.0' encoding='UTF-8'?><ListRolesResponse><Roles><Role>\
             <RoleName>a&lt;b</RoleName></Role><Role><RoleName>c</RoleName></Role></Roles>\
             </ListRolesResponse>"
        );
    }
}
