//! What is done with a watched call: a pure function of what happened and when. No clock, no switch, nothing awaited.
//!
//! Times are counted from the beginning of the watch. Every state has a time limit, and whatever fails, the call goes on:
//! a node that sends no audio is followed by the next, after the last one the switch's own beep detector listens, and
//! where no verdict comes in time `late` is done.

mod input;
mod state;

use std::sync::Arc;
use std::time::Duration;

pub use input::{Input, Opinion};
use state::{Audio, Message};

use offhook_detect::{AnsweredBy, Stage};

use super::action::{Action, Ask, MessageDrop, Moment, Then};
use super::order::Order;
use super::rule::{Hold, Rule};

/// From the beginning of a beep that the switch's own detector heard to when a message may start. Record tones are
/// rarely longer, and the switch does not tell their end.
const AFTER_SWITCH_BEEP: Duration = Duration::from_secs(1);

/// The conduct of one watched call.
#[derive(Debug)]
pub struct Conduct {
    rule: Arc<Rule>,
    /// How many nodes can be asked to listen.
    nodes: usize,
    answered: Option<Duration>,
    audio: Audio,
    /// The verdict that was acted on.
    acted: Option<AnsweredBy>,
    /// Whether `late` was done.
    late: bool,
    ready: bool,
    /// When a beep that the switch heard will be over.
    beep_over: Option<Duration>,
    message: Message,
    /// Whether the call's dialplan waits for us.
    held: bool,
    /// Whether its audio comes without being asked for.
    by_itself: bool,
    /// Whether the call left our hands.
    gone: bool,
    /// Whether the call is over.
    hung_up: bool,
}

impl Conduct {
    /// A watch begins, of a call whose audio can be sent to so many nodes, one after the other.
    pub fn new(rule: Arc<Rule>, nodes: usize) -> Self {
        Self {
            rule,
            nodes,
            answered: None,
            audio: Audio::Idle,
            acted: None,
            late: false,
            ready: false,
            beep_over: None,
            message: Message::None,
            held: false,
            by_itself: false,
            gone: false,
            hung_up: false,
        }
    }

    /// The same of a call whose dialplan waits for us: it is released once it is known what the rule waits for.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// The same of a call of which another node told that a voicemail picked up, and could not leave the message any more.
    /// Nothing but that is still to be done, unless something else is heard.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.acted = Some(AnsweredBy::Voicemail);
        self.message = self.rule.message().cloned().map_or(Message::None, Message::Waits);
        self
    }

    /// What is to be done first. Audio that comes by itself (`by_itself`) is waited for, not asked for.
    pub fn begin(&mut self, answered: bool, by_itself: bool, now: Duration) -> Vec<Order> {
        self.by_itself = by_itself;
        if answered {
            self.answered = Some(now);
        }
        // What comes by itself may come only once the call is answered.
        if !answered && (by_itself || !self.rule.early_media) {
            return Vec::new();
        }
        self.first_node(now)
    }

    /// Whether nothing more will be done.
    pub fn is_over(&self) -> bool {
        self.gone && self.audio == Audio::Over
    }

    /// Whether the call left our hands.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Whether audio arrives.
    pub fn hears(&self) -> bool {
        matches!(self.audio, Audio::Flows(_))
    }

    /// When [`Input::Time`] is to be given at the latest.
    pub fn deadline(&self) -> Option<Duration> {
        let audio = match self.audio {
            Audio::Asked(_, since) => Some(since + self.rule.audio_within),
            _ => None,
        };
        let open = self.answered.filter(|_| !self.gone);
        let verdict = open.filter(|_| self.acted.is_none() && !self.late).map(|since| since + self.rule.within);
        let listen = self
            .answered
            .filter(|_| !matches!(self.audio, Audio::Over | Audio::Idle))
            .map(|since| since + self.rule.listen);
        [audio, verdict, listen, self.beep_over].into_iter().flatten().min()
    }

    /// Takes what happened at `now`; gives what is to be done, in order.
    pub fn take(&mut self, input: Input, now: Duration) -> Vec<Order> {
        let mut orders = Vec::new();
        if self.hung_up {
            return orders;
        }
        match input {
            Input::Answered => {
                self.answered.get_or_insert(now);
                if self.audio == Audio::Idle && !self.gone {
                    orders = self.first_node(now);
                }
            }
            Input::AudioBegan => self.began(),
            Input::AudioFailed => orders = self.next_node(now),
            Input::Heard(opinion) | Input::SwitchBeep(opinion) if self.gone => drop(opinion),
            Input::Heard(opinion) => self.heard(opinion, &mut orders),
            Input::SwitchBeep(opinion) => {
                // A beep alone does not overrule that a person was heard.
                let person = self.acted == Some(AnsweredBy::Human);
                if self.audio == Audio::Fallback && self.beep_over.is_none() && !self.ready && !person {
                    self.beep_over = Some(now + AFTER_SWITCH_BEEP);
                    self.heard(opinion, &mut orders);
                }
            }
            Input::Beep(told) => orders.push(Order::Announce(told)),
            Input::Ready(variables, told) => {
                if !variables.is_empty() {
                    orders.push(Order::Set(variables));
                }
                orders.push(Order::Announce(told));
                self.message_may_start(&mut orders);
            }
            Input::Held => self.hold(&mut orders),
            Input::PlayingEnded => {
                if let Message::Plays(then) = self.message {
                    self.message_is_over(then, &mut orders);
                }
            }
            Input::Asked(actions) => {
                if !self.gone {
                    self.act(&actions, &mut orders);
                }
            }
            Input::NotGiven => {
                // Its dialplan may know better than to wait for ever.
                if std::mem::take(&mut self.held) {
                    orders.push(Order::Release);
                }
            }
            Input::Taken => self.let_go(&mut orders),
            Input::HungUp => {
                self.gone = true;
                self.hung_up = true;
                self.audio = Audio::Over;
                self.beep_over = None;
            }
            Input::Time => self.time(now, &mut orders),
        }
        orders
    }

    fn began(&mut self) {
        self.audio = match self.audio {
            Audio::Asked(node, _) | Audio::Flows(node) => Audio::Flows(node),
            Audio::Idle => Audio::Flows(0),
            // It came after all; what would follow is what follows the last.
            Audio::Fallback => Audio::Flows(self.nodes.saturating_sub(1)),
            Audio::Over => Audio::Over,
        };
    }

    fn first_node(&mut self, now: Duration) -> Vec<Order> {
        if self.by_itself {
            self.audio = Audio::Asked(0, now);
            return Vec::new();
        }
        self.ask_node(0, now)
    }

    fn ask_node(&mut self, node: usize, now: Duration) -> Vec<Order> {
        if node < self.nodes {
            self.audio = Audio::Asked(node, now);
            vec![Order::StartAudio(node)]
        } else {
            self.audio = Audio::Fallback;
            vec![Order::ListenForBeep]
        }
    }

    fn next_node(&mut self, now: Duration) -> Vec<Order> {
        if self.gone {
            self.audio = Audio::Over;
            return Vec::new();
        }
        match self.audio {
            Audio::Asked(node, _) | Audio::Flows(node) => self.ask_node(node + 1, now),
            Audio::Idle | Audio::Fallback | Audio::Over => Vec::new(),
        }
    }

    fn heard(&mut self, opinion: Opinion, orders: &mut Vec<Order>) {
        let Opinion { answered_by, stage, variables, announcements, once, hooks } = opinion;
        if !variables.is_empty() {
            orders.push(Order::Set(variables));
        }
        orders.extend(announcements.into_iter().map(Order::Announce));
        if stage == Stage::Provisional || self.acted.is_some_and(|acted| Moment::of(acted) == Moment::of(answered_by)) {
            return;
        }
        self.acted = Some(answered_by);
        orders.extend(once.into_iter().map(Order::Announce));
        if !answered_by.takes_messages() {
            if matches!(self.message, Message::Plays(_)) {
                orders.push(Order::StopPlaying);
            }
            self.message = Message::None;
            // A moment that was told for a machine is none for whoever turned out to be there.
            self.ready = false;
            self.beep_over = None;
        }
        orders.extend(hooks.into_iter().map(Order::Hook));
        let actions = Moment::of(answered_by).actions(&self.rule.on).to_vec();
        self.act(&actions, orders);
        if !answered_by.takes_messages() || self.rule.hold == Hold::Verdict || self.ready {
            self.release(orders);
        }
    }

    /// The dialplan waits from now on; not at all where it is known already what it waits for.
    fn hold(&mut self, orders: &mut Vec<Order>) {
        self.held = true;
        let known = match self.acted {
            Some(answered_by) => !answered_by.takes_messages() || self.rule.hold == Hold::Verdict || self.ready,
            None => self.late,
        };
        if known || self.audio == Audio::Over {
            self.release(orders);
        }
    }

    /// Hands a call back whose dialplan waits for us, unless a message is being left in it.
    fn release(&mut self, orders: &mut Vec<Order>) {
        if self.held && !self.gone && self.message == Message::None {
            self.give(Order::Release, orders);
        }
    }

    /// What was played for the voicemail is over, or can never be played: what is to follow does.
    fn message_is_over(&mut self, then: Then, orders: &mut Vec<Order>) {
        self.message = Message::None;
        if then == Then::Hangup {
            self.act(&[Action::Hangup("NORMAL_CLEARING".into())], orders);
        }
        self.release(orders);
    }

    fn message_may_start(&mut self, orders: &mut Vec<Order>) {
        self.beep_over = None;
        let refused = self.acted.is_some_and(|answered_by| !answered_by.takes_messages());
        if self.ready || self.gone || refused {
            return;
        }
        self.ready = true;
        if let Message::Waits(message) = std::mem::replace(&mut self.message, Message::None) {
            self.play(message, orders);
        }
        let actions = Moment::Ready.actions(&self.rule.on).to_vec();
        self.act(&actions, orders);
        if self.acted.is_some() {
            self.release(orders);
        }
    }

    /// Whether somebody listens who would tell when a message may start.
    fn waits_for_moment(&self) -> bool {
        self.audio != Audio::Over
    }

    fn play(&mut self, message: MessageDrop, orders: &mut Vec<Order>) {
        self.message = Message::Plays(message.then);
        orders.push(Order::Play(message.file));
    }

    /// Does actions in order, up to one that gives the call away.
    fn act(&mut self, actions: &[Action], orders: &mut Vec<Order>) {
        for action in actions {
            if self.gone {
                return;
            }
            match action.clone() {
                Action::Transfer(to) => self.give(Order::Transfer(to), orders),
                Action::Bridge(to) => self.give(Order::Bridge(to), orders),
                Action::Hangup(cause) => self.give(Order::HangUp(cause), orders),
                Action::Set(variables) => orders.push(Order::Set(variables.into_iter().collect())),
                Action::Play(file) => orders.push(Order::Play(file)),
                // One message is left in a call.
                Action::Drop(_) if matches!(self.message, Message::Plays(_)) => {}
                Action::Drop(message) if self.ready || !self.waits_for_moment() => self.play(message, orders),
                Action::Drop(message) => self.message = Message::Waits(message),
                Action::Park => {
                    orders.push(Order::Park);
                    // It waits now because somebody wants it to.
                    self.held = false;
                }
                Action::Stay => {}
                Action::Execute(words) => orders.push(Order::Execute(words)),
                Action::Webhook(ask) => orders.push(Order::Ask(ask)),
            }
        }
    }

    /// Gives the call away: nothing is done with it from then on, and nobody needs to listen.
    fn give(&mut self, order: Order, orders: &mut Vec<Order>) {
        if !matches!(order, Order::HangUp(_)) {
            self.let_go(orders);
        }
        self.gone = true;
        orders.push(order);
    }

    fn let_go(&mut self, orders: &mut Vec<Order>) {
        self.gone = true;
        self.beep_over = None;
        self.stop_audio(orders);
    }

    fn stop_audio(&mut self, orders: &mut Vec<Order>) {
        if matches!(self.audio, Audio::Asked(..) | Audio::Flows(_)) {
            orders.push(Order::StopAudio);
        }
        self.audio = Audio::Over;
    }

    fn time(&mut self, now: Duration, orders: &mut Vec<Order>) {
        if let Audio::Asked(_, since) = self.audio
            && since + self.rule.audio_within <= now
        {
            orders.extend(self.next_node(now));
        }
        if self.beep_over.is_some_and(|over| over <= now) {
            self.message_may_start(orders);
        }
        let Some(answered) = self.answered else { return };
        if !self.gone && !self.late && self.acted.is_none() && answered + self.rule.within <= now {
            self.late = true;
            let actions = Moment::Late.actions(&self.rule.on).to_vec();
            self.act(&actions, orders);
            self.release(orders);
        }
        if answered + self.rule.listen <= now && self.audio != Audio::Over {
            self.stop_audio(orders);
            // Nobody is left who would tell the moment for it.
            if let Message::Waits(message) = &self.message {
                let then = message.then;
                self.message_is_over(then, orders);
            }
            self.release(orders);
        }
    }

    /// What is to be done where a webhook gave no answer that can be used.
    pub fn unanswered(&mut self, ask: &Ask) -> Vec<Order> {
        let mut orders = Vec::new();
        if !self.gone {
            self.act(&ask.otherwise, &mut orders);
        }
        orders
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
