//! What is done with a watched call: a pure function of what happened and when. No clock, no switch, nothing awaited.
//!
//! Times are counted from the beginning of the watch. Every state has a time limit, and whatever fails, the call goes on:
//! a node that sends no audio is followed by the next, after the last one the switch's own beep detector listens, and
//! where no verdict comes in time `late` is done.

use std::sync::Arc;
use std::time::Duration;

use offhook_detect::{AnsweredBy, Stage};

use super::action::{Action, Ask, MessageDrop, Moment, Then};
use super::order::{Announcement, Order};
use super::rule::{Hold, Rule};

/// From the beginning of a beep that the switch's own detector heard to when a message may start. Record tones are
/// rarely longer, and the switch does not tell their end.
const AFTER_SWITCH_BEEP: Duration = Duration::from_secs(1);

/// What is thought of a call, and how that is told to its switch.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Who, or what, picked up.
    pub answered_by: AnsweredBy,
    /// How firm that is.
    pub stage: Stage,
    /// The same as variables of the channel, in the vocabularies that the rule asks for.
    pub variables: Vec<(String, String)>,
    /// The same as events.
    pub announcements: Vec<Announcement>,
    /// The variable that may hold what to execute now, for modules that have such.
    pub hooks: Vec<&'static str>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The far end picked up.
    Answered,
    /// Audio arrives.
    AudioBegan,
    /// Audio does not arrive, or no more, though the call goes on.
    AudioFailed,
    /// There is a verdict.
    Heard(Opinion),
    /// A message may start; how that is told.
    Ready(Vec<(String, String)>, Announcement),
    /// A record tone ended; how that is told.
    Beep(Announcement),
    /// The switch's own detector heard a beep begin.
    SwitchBeep(Opinion),
    /// What was played is over.
    PlayingEnded,
    /// A webhook answered, or somebody asks by the API.
    Asked(Vec<Action>),
    /// The call left our hands: somebody else bridged, transferred or parked it.
    Taken,
    /// The call is over.
    HungUp,
    /// Time went on.
    Time,
}

/// What the call's message is at.
#[derive(Clone, Debug, PartialEq)]
enum Message {
    None,
    /// It waits for the moment at which it may start.
    Waits(MessageDrop),
    /// It is played.
    Plays(Then),
}

/// Where the audio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audio {
    /// Nothing was asked for yet.
    Idle,
    /// From the node of this place, asked for at this time.
    Asked(usize, Duration),
    /// From the node of this place.
    Flows(usize),
    /// No node hears the call; the switch's own detector listens.
    Fallback,
    /// Nobody listens any more.
    Over,
}

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
    /// Whether the call left our hands.
    gone: bool,
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
            gone: false,
        }
    }

    /// The same of a call whose dialplan waits for us: it is released once it is known what the rule waits for.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// What is to be done first. Audio that comes by itself (`by_itself`) is waited for, not asked for.
    pub fn begin(&mut self, answered: bool, by_itself: bool, now: Duration) -> Vec<Order> {
        if answered {
            self.answered = Some(now);
        }
        if !answered && !self.rule.early_media {
            return Vec::new();
        }
        if by_itself {
            self.audio = Audio::Asked(0, now);
            return Vec::new();
        }
        self.ask_node(0, now)
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
        match input {
            Input::Answered => {
                self.answered.get_or_insert(now);
                if self.audio == Audio::Idle {
                    orders = self.ask_node(0, now);
                }
            }
            Input::AudioBegan => self.began(),
            Input::AudioFailed => orders = self.next_node(now),
            Input::Heard(opinion) | Input::SwitchBeep(opinion) if self.gone => drop(opinion),
            Input::Heard(opinion) => self.heard(opinion, &mut orders),
            Input::SwitchBeep(opinion) => {
                if self.audio == Audio::Fallback && self.beep_over.is_none() && !self.ready {
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
            Input::PlayingEnded => {
                if let Message::Plays(then) = std::mem::replace(&mut self.message, Message::None)
                    && then == Then::Hangup
                    && !self.gone
                {
                    self.act(&[Action::Hangup("NORMAL_CLEARING".into())], &mut orders);
                }
                self.release(&mut orders);
            }
            Input::Asked(actions) => {
                if !self.gone {
                    self.act(&actions, &mut orders);
                }
            }
            Input::Taken => self.let_go(&mut orders),
            Input::HungUp => {
                self.gone = true;
                self.audio = Audio::Over;
                self.beep_over = None;
            }
            Input::Time => self.time(now, &mut orders),
        }
        orders
    }

    fn began(&mut self) {
        if let Audio::Asked(node, _) = self.audio {
            self.audio = Audio::Flows(node);
        }
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
        match self.audio {
            Audio::Asked(node, _) | Audio::Flows(node) => self.ask_node(node + 1, now),
            Audio::Idle | Audio::Fallback | Audio::Over => Vec::new(),
        }
    }

    fn heard(&mut self, opinion: Opinion, orders: &mut Vec<Order>) {
        let Opinion { answered_by, stage, variables, announcements, hooks } = opinion;
        if !variables.is_empty() {
            orders.push(Order::Set(variables));
        }
        orders.extend(announcements.into_iter().map(Order::Announce));
        if stage == Stage::Provisional || self.acted.is_some_and(|acted| Moment::of(acted) == Moment::of(answered_by)) {
            return;
        }
        self.acted = Some(answered_by);
        if !answered_by.takes_messages() && self.message != Message::None {
            if matches!(self.message, Message::Plays(_)) {
                orders.push(Order::StopPlaying);
            }
            self.message = Message::None;
        }
        orders.extend(hooks.into_iter().map(Order::Hook));
        let actions = Moment::of(answered_by).actions(&self.rule.on).to_vec();
        self.act(&actions, orders);
        if !answered_by.takes_messages() || self.rule.hold == Hold::Verdict || self.ready {
            self.release(orders);
        }
    }

    /// Hands a call back whose dialplan waits for us, unless a message is being left in it.
    fn release(&mut self, orders: &mut Vec<Order>) {
        if self.held && !self.gone && self.message == Message::None {
            self.give(Order::Release, orders);
        }
    }

    fn message_may_start(&mut self, orders: &mut Vec<Order>) {
        self.beep_over = None;
        if self.ready || self.gone {
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
                Action::Drop(message) if self.ready => self.play(message, orders),
                Action::Drop(message) => self.message = Message::Waits(message),
                Action::Park => orders.push(Order::Park),
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
        if answered + self.rule.listen <= now {
            self.stop_audio(orders);
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
mod tests;
