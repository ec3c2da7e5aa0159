//! Which host answers for a service in a region.

use std::fmt;

use super::config::Config;
use crate::api::Service;

/// A host to send requests to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The host as it stands in the `Host` header, with the port where it is not the usual one.
    pub host: String,
    /// Whether over TLS.
    pub https: bool,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)
    }
}

impl Endpoint {
    /// Reads a host with or without a scheme; without one, `https` decides.
    ///
    /// # Errors
    /// The reason, a clause, where it is not a host.
    pub fn parse(text: &str, https: bool) -> Result<Self, &'static str> {
        let text = text.trim();
        let (host, https) = if let Some(rest) = text.strip_prefix("https://") {
            (rest, true)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (rest, false)
        } else if text.contains("://") {
            return Err("its scheme is neither `http` nor `https`");
        } else {
            (text, https)
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.is_empty() {
            return Err("it is empty");
        }
        if host.contains('/') {
            return Err("it has a path");
        }
        if host.contains('@') {
            return Err("it has a user");
        }
        let url = format!("http{}://{host}/", if https { "s" } else { "" });
        let url = reqwest::Url::parse(&url).map_err(|_| "it is not a host")?;
        let plain = url.query().is_none() && url.fragment().is_none();
        // Written anew, so that what is signed is what is sent: without the usual port, lower case.
        match (url.host_str(), url.port(), plain) {
            (Some(host), None, true) => Ok(Self {
                host: host.to_owned(),
                https,
            }),
            (Some(host), Some(port), true) => Ok(Self {
                host: format!("{host}:{port}"),
                https,
            }),
            _ => Err("it is not a host"),
        }
    }

    /// The endpoint of a service: the one that is set, else the usual one.
    ///
    /// RAM is central. STS is central too, because not every region has its own; either can be set.
    /// A regional endpoint that is set holds for the region of the provider; where its name has that
    /// region in it, a call to another region goes to the host named after the other one.
    #[must_use]
    pub fn of(config: &Config, service: Service, region: Option<&str>) -> Self {
        let own = config.region.value.as_str();
        let region = region.filter(|region| !region.is_empty()).unwrap_or(own);
        if let Some(set) = config.endpoints.get(&service) {
            let mut endpoint = set.value.clone();
            if region != own {
                let labels = endpoint.host.split('.');
                let labels = labels.map(|label| if label == own { region } else { label });
                endpoint.host = labels.collect::<Vec<_>>().join(".");
            }
            return endpoint;
        }
        Self {
            host: match service {
                Service::Ram | Service::Sts => format!("{service}.aliyuncs.com"),
                // The one region whose only host is the one of its private network.
                Service::Imm if region == "cn-beijing-gov-1" => {
                    format!("imm-vpc.{region}.aliyuncs.com")
                }
                Service::Imm => format!("imm.{region}.aliyuncs.com"),
            },
            https: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::Endpoint;
    use crate::api::Service;
    use crate::cloud::config::{Config, Settings};
    use crate::host::{Host, Replay};

    fn parse(text: &str) -> Result<String, &'static str> {
        Endpoint::parse(text, true).map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn hosts_are_read_with_and_without_a_scheme() {
        assert_eq!(parse("imm.example.com").unwrap(), "https://imm.example.com");
        assert_eq!(parse("http://127.0.0.1:80/").unwrap(), "http://127.0.0.1");
        assert_eq!(parse("LOCALHOST:8443").unwrap(), "https://localhost:8443");
        assert_eq!(
            Endpoint::parse("h:443", false).unwrap().to_string(),
            "http://h:443"
        );
        assert_eq!(parse("[::1]:99").unwrap(), "https://[::1]:99");
        for text in [
            "", "ftp://x", "x/y", "u:p@x", "x?y", "x y", "https://", "x:port",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    fn config(imm: Option<&str>) -> Config {
        let mut settings = Settings {
            region: Some("cn-hangzhou".into()),
            ..Settings::default()
        };
        if let Some(imm) = imm {
            settings.endpoints.insert(Service::Imm, imm.into());
        }
        Config::resolve(settings, &Host::new(Replay::at(SystemTime::UNIX_EPOCH))).unwrap()
    }

    fn host(config: &Config, service: Service, region: Option<&str>) -> String {
        Endpoint::of(config, service, region).host
    }

    #[test]
    fn usual_endpoints() {
        let config = config(None);
        let other = Some("ap-southeast-1");
        assert_eq!(host(&config, Service::Ram, other), "ram.aliyuncs.com");
        assert_eq!(host(&config, Service::Sts, None), "sts.aliyuncs.com");
        assert_eq!(
            host(&config, Service::Imm, None),
            "imm.cn-hangzhou.aliyuncs.com"
        );
        assert_eq!(
            host(&config, Service::Imm, other),
            "imm.ap-southeast-1.aliyuncs.com"
        );
        assert_eq!(
            host(&config, Service::Imm, Some("cn-beijing-gov-1")),
            "imm-vpc.cn-beijing-gov-1.aliyuncs.com"
        );
    }

    #[test]
    fn a_set_endpoint_follows_the_region_where_it_names_one() {
        let vpc = config(Some("imm-vpc.cn-hangzhou.aliyuncs.com"));
        assert_eq!(
            host(&vpc, Service::Imm, Some("cn-shanghai")),
            "imm-vpc.cn-shanghai.aliyuncs.com"
        );
        let local = config(Some("127.0.0.1:8080"));
        assert_eq!(
            host(&local, Service::Imm, Some("cn-shanghai")),
            "127.0.0.1:8080"
        );
    }
}
