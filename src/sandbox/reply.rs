//! Answers as bytes: JSON, or XML where the caller asks for it.

use serde_json::Value;

use crate::api::{ErrorDocument, Service, answer};

use super::failure::Failure;

/// The media type that the vendor's SDKs test for before they read an XML error.
const XML: &str = "text/xml;charset=utf-8";
const JSON: &str = "application/json;charset=utf-8";

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// JSON: the default, though V1 names XML as its own.
    #[default]
    Json,
    /// Only where `Format=XML` is sent.
    Xml,
}

impl Format {
    /// The format that the parameter names, in any case.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Failure> {
        match text.map(str::to_ascii_uppercase).as_deref() {
            None | Some("" | "JSON") => Ok(Self::Json),
            Some("XML") => Ok(Self::Xml),
            Some(_) => Err(Failure::ours(
                400,
                "InvalidParameter.Format",
                "The parameter Format is neither JSON nor XML.",
            )),
        }
    }
}

/// An answer, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// Value of `content-type`.
    pub(crate) media: &'static str,
    /// The document.
    pub(crate) body: Vec<u8>,
    /// Milliseconds for `x-acs-retry-after`.
    pub(crate) retry_after: Option<u64>,
}

/// Writes a success: the action's fields beside the request id.
pub(crate) fn success(format: Format, action: &str, request_id: &str, output: &Value) -> Reply {
    let document = match answer::to_json(output, request_id) {
        Ok(document) => document,
        Err(error) => {
            let failure = Failure::internal(format_args!("The answer has no JSON form: {error}."));
            return self::error(format, &failure, request_id, "", None);
        }
    };
    let text = match format {
        Format::Json => document.to_string(),
        Format::Xml => answer::to_xml(action, &document),
    };
    Reply::new(format, 200, text)
}

/// Writes an error.
pub(crate) fn error(
    format: Format,
    failure: &Failure,
    request_id: &str,
    host_id: &str,
    service: Option<Service>,
) -> Reply {
    let code = &failure.code;
    let product = service.map_or("", Service::code);
    let document = ErrorDocument {
        request_id: request_id.to_owned(),
        host_id: host_id.to_owned(),
        recommend: format!(
            "https://api.aliyun.com/troubleshoot?q={code}&product={product}&requestId={request_id}"
        ),
        access_denied_detail: failure.denied.as_deref().cloned(),
        ..ErrorDocument::new(code, &failure.message)
    };
    let text = match format {
        Format::Json => document.to_json().to_string(),
        Format::Xml => document.to_xml(),
    };
    let mut reply = Reply::new(format, failure.status, text);
    reply.retry_after = failure.retry_after;
    reply
}

impl Reply {
    fn new(format: Format, status: u16, text: String) -> Self {
        Self {
            status,
            media: match format {
                Format::Json => JSON,
                Format::Xml => XML,
            },
            body: text.into_bytes(),
            retry_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(reply: &Reply) -> &str {
        std::str::from_utf8(&reply.body).unwrap()
    }

    #[test]
    fn xml_repeats_elements_and_escapes() {
        let output = json!({
            "Roles": {"Role": [{"RoleName": "a<b", "Size": 2}, {"RoleName": "c", "Size": 3}]},
            "IsTruncated": false,
            "Marker": null,
        });
        let reply = success(Format::Xml, "ListRoles", "ID", &output);
        assert_eq!(reply.media, "text/xml;charset=utf-8");
        let xml = text(&reply);
        assert!(xml.contains("<ListRolesResponse>") && xml.ends_with("</ListRolesResponse>"));
        assert!(
            xml.contains("<Roles><Role><RoleName>a&lt;b</RoleName><Size>2</Size></Role><Role>")
        );
        assert!(xml.contains("<RequestId>ID</RequestId>") && !xml.contains("Marker"));
    }

    #[test]
    fn errors_have_five_fields() {
        let failure = Failure::new(404, "EntityNotExist.Role", "The role does not exist.");
        let reply = error(
            Format::Json,
            &failure,
            "ID",
            "ram.aliyuncs.com",
            Some(Service::Ram),
        );
        assert_eq!(reply.status, 404);
        let fields: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(
            fields,
            json!({
                "RequestId": "ID",
                "HostId": "ram.aliyuncs.com",
                "Code": "EntityNotExist.Role",
                "Message": "The role does not exist.",
                "Recommend": "https://api.aliyun.com/troubleshoot?q=EntityNotExist.Role&product=ram&requestId=ID",
            })
        );
        let xml = error(Format::Xml, &failure, "ID", "h", None);
        assert!(
            text(&xml).contains("<Error>")
                && text(&xml).contains("<Code>EntityNotExist.Role</Code>")
        );
    }

    #[test]
    fn formats() {
        assert_eq!(Format::parse(None).unwrap(), Format::Json);
        assert_eq!(Format::parse(Some("json")).unwrap(), Format::Json);
        assert_eq!(Format::parse(Some("xml")).unwrap(), Format::Xml);
        assert_eq!(
            Format::parse(Some("yaml")).unwrap_err().code,
            "InvalidParameter.Format"
        );
    }
}
