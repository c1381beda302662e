//! A leg's audio: asked for, stopped, and how the nodes of the chain did with it.

use offhook_telephony::esl::{ApiLine, setting};
use offhook_telephony::tap::{self, Module};
use tokio_util::sync::CancellationToken;

use super::{FreeSwitchLine, Obeyed, not_done, unable};
use crate::switch::config::Tap;
use crate::switch::freeswitch::record;
use crate::switch::order::OrderError;
use crate::switch::rule::Mix;

fn module(tap: Tap) -> Option<Module> {
    match tap {
        Tap::AudioFork => Some(Module::AudioFork),
        Tap::AudioStream => Some(Module::AudioStream),
        Tap::VgTapWs => Some(Module::VgTap),
        Tap::Record | Tap::Dialplan => None,
    }
}

fn mix(mix: Mix) -> tap::Mix {
    match mix {
        Mix::Mono => tap::Mix::Mono,
        Mix::Mixed => tap::Mix::Mixed,
        Mix::Stereo => tap::Mix::Stereo,
    }
}

impl FreeSwitchLine {
    pub(super) fn start_audio(&self, node: usize) -> Obeyed {
        // The one before, if any, did not hear the call.
        self.audio_failed();
        if self.site.config.audio == Tap::Record {
            return self.start_record();
        }
        let (Some(module), Some(address)) = (module(self.site.config.audio), self.site.config.nodes.get(node)) else {
            return not_done(OrderError::Unable(format!("there is no node {node}")));
        };
        if self.site.breaker(node, |breaker, now| breaker.admits(now)) != Some(true) {
            return not_done(OrderError::Unable(format!("{} is passed over, for it failed before", bare(address))));
        }
        let rule = &self.rule;
        let url = self.address(address);
        let start = ApiLine::start_tap(module, &self.leg, &url, mix(rule.mix), rule.rate, None).map_err(unable);
        let stop = ApiLine::stop_tap(module, &self.leg, None).map_err(unable);
        let stopped = {
            let mut own = self.own();
            let again = std::mem::replace(&mut own.taken_over, false) || node > 0;
            own.node = Some((node, false));
            again
        };
        let told = start.and_then(|start| {
            let connection = self.connection()?;
            if stopped {
                // What another node had begun, if it is still there, keeps this from being begun.
                drop(connection.api(stop?));
            }
            Ok(connection.api(start))
        });
        match told {
            Ok(answer) => Box::pin(async move { answer.await.map(drop) }),
            Err(error) => not_done(error),
        }
    }

    /// Where the switch sends the leg's audio: the node, what it is to know, and the word that admits it.
    fn address(&self, node: &str) -> String {
        let (base, query) = node.split_once('?').unwrap_or((node, ""));
        let token = if query.contains("token=") { String::new() } else { format!("&token={}", self.token) };
        let given = if query.is_empty() { String::new() } else { format!("&{query}") };
        let (leg, rule) = (&self.leg, &self.rule);
        let answered = self.own().answered;
        format!(
            "{}/audio_stream/{leg}?mix={}&sample_rate={}&answered={answered}&variables={}{token}{given}",
            base.trim_end_matches('/'),
            rule.mix.word(),
            rule.rate,
            rule.vocabularies.join(",")
        )
    }

    pub(super) fn stop_audio(&self) -> Obeyed {
        let (asked, recording) = {
            let mut own = self.own();
            (own.node.is_some(), own.recording.take())
        };
        self.audio_done();
        self.own().node = None;
        if self.site.config.audio == Tap::Record {
            let stop = self.recording().and_then(|path| ApiLine::stop_record(&self.leg, &path).map_err(unable));
            drop(recording);
            return match stop {
                Ok(line) => self.api_one(Ok(line)),
                Err(error) => not_done(error),
            };
        }
        match module(self.site.config.audio) {
            Some(module) if asked => self.api_one(ApiLine::stop_tap(module, &self.leg, None)),
            _ => Box::pin(async { Ok(()) }),
        }
    }

    /// The file of the leg's recording.
    fn recording(&self) -> Result<String, OrderError> {
        let folder = self.site.config.folder.as_ref().ok_or_else(|| OrderError::Unable("no folder".into()))?;
        if self.leg.starts_with('.') || self.leg.contains(['/', '\\']) {
            return Err(OrderError::Unable("the leg's name is no name of a file".into()));
        }
        let path = folder.join(format!("{}.wav", self.leg));
        path.to_str().map(str::to_owned).ok_or_else(|| OrderError::Unable("the folder's name is no text".into()))
    }

    fn start_record(&self) -> Obeyed {
        let path = match self.recording() {
            Ok(path) => path,
            Err(error) => return not_done(error),
        };
        // Each sample is to be in the file at once; `mono` is what the far party says.
        let of_mix = match self.rule.mix {
            Mix::Mono => ("RECORD_READ_ONLY", "true"),
            Mix::Mixed => ("RECORD_STEREO", "false"),
            Mix::Stereo => ("RECORD_STEREO", "true"),
        };
        let lines = setting(&self.leg, &[("enable_file_write_buffering", "false"), of_mix]).and_then(|mut lines| {
            lines.push(ApiLine::start_record(&self.leg, &path, None)?);
            Ok(lines)
        });
        let recorded = self.api(lines);
        let end = CancellationToken::new();
        let follow = record::Follow {
            leg: self.leg.clone(),
            path: path.into(),
            begins_within: self.rule.audio_within,
            keep: self.site.config.keep_recordings,
            end: end.clone(),
        };
        self.own().recording = Some(end.drop_guard());
        let app = self.app.clone();
        Box::pin(async move {
            recorded.await?;
            app.tasks.spawn(record::follow(app.clone(), follow));
            Ok(())
        })
    }

    /// Has the switch's own detector listen. `avmd_start` is run on the leg; `api avmd` says yes but hears nothing.
    pub(super) fn listen_for_beep(&self) -> Obeyed {
        self.audio_failed();
        self.execute("avmd_start", "")
    }

    /// Another node took the call over: its audio is not ours to stop.
    pub(in super::super) fn leave_audio(&self) {
        self.own().node = None;
    }

    /// Whether it is this service that hears the leg, or heard it: what its stream raises on the switch is known then.
    pub(in super::super) fn is_heard_here(&self) -> bool {
        let heard = self.app.switches.links.is_heard(&self.leg);
        let mut own = self.own();
        let node = own.node.map(|(node, _)| node);
        if heard {
            own.here = node;
        }
        heard || node.is_none() || own.here == node
    }

    /// A node took the call.
    pub(in super::super) fn audio_began(&self) {
        let node = match &mut self.own().node {
            Some((node, began)) => {
                *began = true;
                *node
            }
            None => return,
        };
        self.site.breaker(node, |breaker, _| breaker.took());
    }

    /// The node that hears the call does not, or no more. Whether there was one.
    pub(in super::super) fn audio_failed(&self) -> bool {
        let Some((node, _)) = self.own().node.take() else { return false };
        self.site.breaker(node, |breaker, now| breaker.failed(now));
        true
    }

    /// The call needs to be heard no more.
    pub(super) fn audio_done(&self) {
        if let Some((node, true)) = self.own().node.take() {
            self.site.breaker(node, |breaker, _| breaker.succeeded());
        }
    }
}

/// An address without what admits to it.
fn bare(address: &str) -> &str {
    address.split_once('?').map_or(address, |(base, _)| base)
}
