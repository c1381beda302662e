//! Calls that are placed by ARI, into our application.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use offhook_telephony::ari::{NewChannel, Request};

use super::Site;
use crate::switch::order::OrderError;
use crate::switch::originate::{Dialer, Originate};
use crate::switch::rule::Platform;

/// Places calls on one Asterisk.
#[derive(Debug)]
pub(in crate::switch) struct AriDialer(Arc<Site>);

impl AriDialer {
    pub(super) fn new(site: &Arc<Site>) -> Self {
        Self(Arc::clone(site))
    }
}

impl Dialer for AriDialer {
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>> {
        let site = Arc::clone(&self.0);
        let wanted = NewChannel {
            endpoint: call.to.reveal().clone(),
            app: site.config.app.clone(),
            arguments: Vec::new(),
            channel_id: Some(call.leg.clone()),
            caller: call.caller_id.as_ref().map(|number| number.reveal().clone()),
            ring_limit_s: u32::try_from(call.ring_limit.as_secs()).ok(),
            variables: call.variables.clone().into_iter().collect(),
        };
        let arrival = site.expect(&call.leg);
        let leg = call.leg.clone();
        async move {
            if let Err(error) = site.rest.ask(&Request::originate(&wanted)).await {
                site.shared().waiting.remove(&leg);
                return Err(error);
            }
            match arrival.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(cause)) => Err(OrderError::Refused(cause)),
                Err(_) => Err(OrderError::Gone),
            }
        }
        .boxed()
    }

    fn platform(&self) -> Platform {
        Platform::Asterisk
    }

    fn template(&self) -> Option<&str> {
        self.0.dial.as_deref()
    }
}
