//! Writes whose answer was lost.
//!
//! A write that got no answer may have been carried out. Sending it again could make a second object
//! or be refused because of the first, so what is there is looked at before anything is repeated.

use std::future::Future;

use super::client::Client;
use super::error::Error;
use crate::api::{ErrorKind, Operation};

impl Client {
    /// Removes something that cannot come back under the same name by itself: what is not there is
    /// done, so a removal whose answer was lost is simply sent again.
    ///
    /// # Errors
    /// The last attempt's.
    pub(super) async fn remove<O: Operation>(
        &self,
        region: Option<&str>,
        operation: &O,
    ) -> Result<(), Error> {
        let look = || async { Ok(Look::NotDone) };
        match settle(self, region, operation, |_| (), look).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// Stops something that runs: where it does not run any more, or is not there, that is done.
    ///
    /// # Errors
    /// The last attempt's.
    pub(super) async fn stop<O: Operation>(
        &self,
        region: Option<&str>,
        operation: &O,
    ) -> Result<(), Error> {
        match self.remove(region, operation).await {
            Err(error) if error.is(ErrorKind::Conflict) => Ok(()),
            other => other,
        }
    }
}

/// What a look at the cloud shows after an answer was lost.
#[derive(Debug)]
pub(super) enum Look<T> {
    /// The write was carried out; this is its result.
    Done(T),
    /// It was not, or not yet.
    NotDone,
}

/// Sends a write; where its answer was lost, looks whether it was carried out, and only where it was
/// not sends it again.
///
/// `look` is told whether this very call may have done it: it is asked after an answer was lost, and
/// after a refusal that follows a lost answer, for the refusal may be the echo of this call's own
/// success ("already exists").
///
/// Where looking fails too, the error is that of the write, which says that it may have been carried
/// out.
pub(super) async fn settle<O, T, F>(
    client: &Client,
    region: Option<&str>,
    operation: &O,
    result: impl Fn(O::Output) -> T,
    mut look: impl FnMut() -> F,
) -> Result<T, Error>
where
    O: Operation,
    F: Future<Output = Result<Look<T>, Error>>,
{
    let policy = client.config().retry;
    let mut lost: Option<Error> = None;
    let mut round = 0;
    loop {
        let error = match client.send(region, operation).await {
            Ok(output) => return Ok(result(output)),
            Err(error) => error,
        };
        let uncertain = error.may_have_been_sent();
        if !uncertain && lost.is_none() {
            return Err(error);
        }
        tracing::info!(operation = O::ACTION, %error, "the answer of a write is lost");
        match look().await {
            Ok(Look::Done(done)) => return Ok(done),
            // The refusal stands on its own: what is there is not this call's.
            Ok(Look::NotDone) if !uncertain => return Err(error),
            Ok(Look::NotDone) => {}
            Err(_) if uncertain => return Err(error),
            Err(_) => return Err(lost.unwrap_or(error)),
        }
        if round + 1 >= policy.max_attempts {
            return Err(error);
        }
        let Some(wait) = client.pause(&policy, round) else {
            return Err(error);
        };
        client.host().sleep(wait).await;
        lost = Some(error);
        round += 1;
    }
}
