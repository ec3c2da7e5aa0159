//! Asks the sources in order and keeps what it got until it is about to run out.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::{CredentialSource, Credentials};
use crate::host::Host;

/// Credentials that run out sooner than this are fetched anew, so that none runs out under way.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// The sources in order; cheap to clone, clones share what was fetched.
#[derive(Clone, Debug)]
pub struct Chain {
    sources: Arc<[Arc<dyn CredentialSource>]>,
    cached: Arc<Mutex<Option<Arc<Credentials>>>>,
}

impl Chain {
    /// A chain of these sources.
    #[must_use]
    pub fn new(sources: Vec<Arc<dyn CredentialSource>>) -> Self {
        Self {
            sources: sources.into(),
            cached: Arc::new(Mutex::new(None)),
        }
    }

    /// The credentials to sign with now. Concurrent callers share one fetch; a failure is not kept.
    ///
    /// # Errors
    /// A sentence for people: which source is broken and why, or that none is configured and what can
    /// be done about it.
    pub async fn get(&self, host: &Host) -> Result<Arc<Credentials>, String> {
        let mut cached = self.cached.lock().await;
        let lasts = |credentials: &Credentials, for_: Duration| {
            credentials
                .expires
                .is_none_or(|expires| host.now() + for_ < expires)
        };
        if let Some(credentials) = cached.as_ref().filter(|c| lasts(c, FRESH)) {
            return Ok(Arc::clone(credentials));
        }
        match self.load(host).await {
            Ok(credentials) => {
                let credentials = Arc::new(credentials);
                *cached = Some(Arc::clone(&credentials));
                Ok(credentials)
            }
            // Not fresh, and still good.
            Err(error) => match cached.as_ref().filter(|c| lasts(c, Duration::ZERO)) {
                Some(credentials) => {
                    tracing::warn!(%error, "credentials could not be renewed and still hold");
                    Ok(Arc::clone(credentials))
                }
                None => Err(error),
            },
        }
    }

    async fn load(&self, host: &Host) -> Result<Credentials, String> {
        for source in self.sources.iter() {
            match source.load(host).await {
                Ok(Some(credentials)) => {
                    tracing::debug!(
                        source = source.name(),
                        access_key_id = credentials.access_key_id,
                        "credentials found"
                    );
                    return Ok(credentials);
                }
                Ok(None) => {}
                Err(error) => {
                    return Err(format!(
                        "{} is configured as the source of credentials and gives none: {error}",
                        source.name()
                    ));
                }
            }
        }
        let ways: Vec<String> = self.sources.iter().map(|source| source.how()).collect();
        Err(format!(
            "no credentials are configured; {}",
            ways.join(", or ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, SystemTime};

    use super::Chain;
    use crate::api::Secret;
    use crate::cloud::credentials::{CredentialSource, Credentials, Loaded, SourceError};
    use crate::host::{Host, Replay};

    /// Answers as told, counts how often, and hands out credentials that last ten minutes.
    #[derive(Debug, Default)]
    struct Fake {
        configured: bool,
        broken_after: Option<usize>,
        asked: AtomicUsize,
    }

    impl CredentialSource for Fake {
        fn name(&self) -> &str {
            "the fake"
        }

        fn how(&self) -> String {
            "configure the fake".into()
        }

        fn load<'a>(&'a self, host: &'a Host) -> Loaded<'a> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                tokio::task::yield_now().await;
                if !self.configured {
                    return Ok(None);
                }
                if self.broken_after.is_some_and(|after| asked >= after) {
                    return Err(SourceError("it is broken".into()));
                }
                Ok(Some(Credentials {
                    access_key_id: format!("id{asked}"),
                    access_key_secret: Secret::new("secret"),
                    security_token: None,
                    expires: Some(host.now() + Duration::from_secs(600)),
                }))
            })
        }
    }

    fn host() -> Host {
        Host::new(Replay::at(SystemTime::UNIX_EPOCH))
    }

    fn fake(configured: bool, broken_after: Option<usize>) -> Arc<Fake> {
        Arc::new(Fake {
            configured,
            broken_after,
            asked: AtomicUsize::new(0),
        })
    }

    #[tokio::test]
    async fn only_not_configured_falls_through() {
        let host = host();
        let chain = Chain::new(vec![fake(false, None), fake(true, None)]);
        assert_eq!(chain.get(&host).await.unwrap().access_key_id, "id0");

        let last = fake(true, None);
        let chain = Chain::new(vec![fake(true, Some(0)), Arc::clone(&last) as _]);
        let error = chain.get(&host).await.unwrap_err();
        assert!(error.contains("the fake") && error.contains("it is broken"));
        assert_eq!(last.asked.load(Ordering::Relaxed), 0);

        let chain = Chain::new(vec![fake(false, None)]);
        let error = chain.get(&host).await.unwrap_err();
        assert!(error.contains("configure the fake"), "{error}");
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_fetch() {
        let host = host();
        let source = fake(true, None);
        let chain = Chain::new(vec![Arc::clone(&source) as _]);
        let (first, second) = tokio::join!(chain.get(&host), chain.get(&host));
        assert_eq!(first.unwrap(), second.unwrap());
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_runs_out_soon_is_renewed_and_kept_where_that_fails() {
        let host = host();
        let chain = Chain::new(vec![fake(true, None)]);
        chain.get(&host).await.unwrap();
        host.sleep(Duration::from_secs(299)).await;
        assert_eq!(chain.get(&host).await.unwrap().access_key_id, "id0");
        host.sleep(Duration::from_secs(2)).await;
        assert_eq!(chain.get(&host).await.unwrap().access_key_id, "id1");

        let chain = Chain::new(vec![fake(true, Some(1))]);
        chain.get(&host).await.unwrap();
        host.sleep(Duration::from_secs(400)).await;
        assert_eq!(chain.get(&host).await.unwrap().access_key_id, "id0");
        host.sleep(Duration::from_secs(400)).await;
        assert!(chain.get(&host).await.is_err());
    }
}
