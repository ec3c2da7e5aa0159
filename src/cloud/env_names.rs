//! Every environment variable that the client reads, declared once.
//!
//! Names and their order are those of the `alicloud` provider: the first that is set wins.

use crate::host::Host;

/// A setting and the variables that may hold it.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The argument of the provider block that it stands in for.
    pub argument: &'static str,
    /// The names, the first that is set wins.
    pub names: &'static [&'static str],
    /// What it is, for the reference page.
    pub description: &'static str,
}

impl Variable {
    /// The value and the name that has it.
    #[must_use]
    pub fn read(&self, host: &Host) -> Option<(String, &'static str)> {
        self.names
            .iter()
            .find_map(|name| Some((host.env(name)?, *name)))
    }

    /// The names for a sentence: "`A`, `B` or `C`".
    #[must_use]
    pub fn listed(&self) -> String {
        let quoted: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
        match quoted.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

/// The region.
pub const REGION: Variable = Variable {
    argument: "region",
    names: &["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"],
    description: "Region of regional services, such as `cn-hangzhou`.",
};

/// The access key id.
pub const ACCESS_KEY: Variable = Variable {
    argument: "access_key",
    names: &[
        "ALICLOUD_ACCESS_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABACLOUD_ACCESS_KEY_ID",
    ],
    description: "Access key id.",
};

/// The access key secret.
pub const SECRET_KEY: Variable = Variable {
    argument: "secret_key",
    names: &[
        "ALICLOUD_SECRET_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABACLOUD_ACCESS_KEY_SECRET",
    ],
    description: "Access key secret.",
};

/// The session token.
pub const SECURITY_TOKEN: Variable = Variable {
    argument: "security_token",
    names: &[
        "ALICLOUD_SECURITY_TOKEN",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "ALIBABACLOUD_SECURITY_TOKEN",
    ],
    description: "Session token of temporary credentials.",
};

/// The endpoint of RAM.
pub const RAM_ENDPOINT: Variable = Variable {
    argument: "endpoints.ram",
    names: &["ALIBABA_CLOUD_ENDPOINT_RAM", "RAM_ENDPOINT"],
    description: "Host of RAM.",
};

/// The endpoint of STS.
pub const STS_ENDPOINT: Variable = Variable {
    argument: "endpoints.sts",
    names: &["ALIBABA_CLOUD_ENDPOINT_STS", "STS_ENDPOINT"],
    description: "Host of STS.",
};

/// The endpoint of IMM.
pub const IMM_ENDPOINT: Variable = Variable {
    argument: "endpoints.imm",
    names: &["ALIBABA_CLOUD_ENDPOINT_IMM", "IMM_ENDPOINT"],
    description: "Host of IMM.",
};

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Variable = Variable {
    argument: "client_connect_timeout",
    names: &["CLIENT_CONNECT_TIMEOUT"],
    description: "Milliseconds that making a connection may take.",
};

/// How long an answer may take.
pub const READ_TIMEOUT: Variable = Variable {
    argument: "client_read_timeout",
    names: &["CLIENT_READ_TIMEOUT"],
    description: "Milliseconds that an answer may take.",
};

/// What to add to the user agent.
pub const USER_AGENT: Variable = Variable {
    argument: "configuration_source",
    names: &["TF_APPEND_USER_AGENT"],
    description: "Text to add to the user agent.",
};

/// All of them, for the reference page.
pub const ALL: &[Variable] = &[
    REGION,
    ACCESS_KEY,
    SECRET_KEY,
    SECURITY_TOKEN,
    RAM_ENDPOINT,
    STS_ENDPOINT,
    IMM_ENDPOINT,
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    USER_AGENT,
];
