//! Calls that the service has FreeSWITCH place.

use futures_util::future::BoxFuture;
use offhook_telephony::esl;

use super::site::Site;
use crate::switch::order::OrderError;
use crate::switch::originate::{Dialer, Originate};
use crate::switch::rule::Platform;

impl Dialer for Site {
    fn place(&self, call: &Originate) -> BoxFuture<'static, Result<(), OrderError>> {
        let ring = call.ring_limit.as_secs().max(1).to_string();
        let number = call.caller_id.as_ref().map(|number| number.reveal().as_str());
        // Early media is no answer: the job is done only once somebody picked up.
        let fixed = [
            ("origination_uuid", call.leg.as_str()),
            ("originate_timeout", ring.as_str()),
            ("ignore_early_media", "true"),
        ];
        let given = call.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = fixed
            .into_iter()
            .chain(number.map(|number| ("origination_caller_id_number", number)))
            .chain(given)
            .collect();
        let originate =
            esl::Originate { destination: call.to.reveal(), variables: &variables, applications: &[("park", "")] };
        let told = originate.line().map_err(|error| OrderError::Unable(error.to_string())).and_then(|line| {
            let connection = self.now().connection.clone().ok_or(OrderError::Gone)?;
            Ok(connection.background(line))
        });
        Box::pin(async move {
            match told?.await {
                Err(OrderError::Refused(text)) => {
                    Err(OrderError::Refused(text.strip_prefix("-ERR").unwrap_or(&text).trim().to_owned()))
                }
                answered => answered.map(drop),
            }
        })
    }

    fn takes(&self, leg: &str) -> bool {
        self.now().nodes.mine(leg)
    }

    fn platform(&self) -> Platform {
        Platform::FreeSwitch
    }

    fn template(&self) -> Option<&str> {
        self.config.dial.as_deref()
    }
}
