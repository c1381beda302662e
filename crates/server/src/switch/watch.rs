//! The watch of one call: what its detector hears and what its switch tells go to its [`Conduct`], and what that orders
//! goes to the switch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, sleep_until, timeout};
use uuid::Uuid;

use super::conduct::{Conduct, Input};
use super::handling::Handling;
use super::line::{LegNews, Line};
use super::links::{Expected, Heard};
use super::order::{Order, OrderError};
use super::rule::{Rule, SwitchCall};
use super::{ask, originate, tell};
use crate::app::App;

/// The longest a switch may take to answer an order.
const ORDER_TIME: Duration = Duration::from_secs(5);
/// From the end of a call's audio to when that is taken for a failure: calls that are over lose their audio first.
const END_GRACE: Duration = Duration::from_millis(250);
/// How long news of a call's end is waited for that we ended.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often a watch looks whether its switch can be reached.
const LOOK: Duration = Duration::from_secs(10);
/// How long a switch may be out of reach before its calls are not watched any more.
const LOST: Duration = Duration::from_secs(60);
/// The longest life of a watch, for a switch that never tells of a call's end.
const LONGEST: Duration = Duration::from_secs(4 * 3_600);

/// How long a watch goes on where the service stops, after its audio was ended by that: what it orders then, such as that
/// another node listens, is still given.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What came of a thing that was waited for.
enum Done {
    /// An order, its place among the steps, and how it went.
    Order(Order, usize, Result<(), OrderError>),
    /// A webhook's answer.
    Asked(super::action::Ask, Option<Vec<super::action::Action>>),
}

/// How a call is watched.
#[derive(Debug)]
pub struct Terms {
    /// The call.
    pub call: Arc<SwitchCall>,
    /// The rule it is watched by.
    pub rule: Arc<Rule>,
    /// What obeys.
    pub line: Arc<dyn Line>,
    /// Its audio, when it comes.
    pub expected: Expected,
    /// Whether its audio comes without being asked for.
    pub by_itself: bool,
    /// Whether its dialplan waits for us.
    pub held: bool,
    /// Whether only its message is still to be left, for another node told that a voicemail picked up, and died.
    pub resumed: bool,
}

/// The calls that are watched, by their switch's name for them.
#[derive(Debug, Default)]
pub struct Watches(Mutex<HashMap<String, Watched>>);

/// The near end of a watch.
#[derive(Debug)]
struct Watched {
    news: UnboundedSender<LegNews>,
    /// The record of the call, once its audio began.
    record: Option<Uuid>,
}

impl Watches {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the watch of this call; `false`: there is none.
    pub fn tell(&self, uuid: &str, news: LegNews) -> bool {
        self.lock().get(uuid).is_some_and(|watch| watch.news.send(news).is_ok())
    }

    /// Whether this call is watched.
    pub fn has(&self, uuid: &str) -> bool {
        self.lock().contains_key(uuid)
    }

    /// The switch's name for a watched call that its record will have this name.
    pub fn of_record(&self, id: Uuid) -> Option<String> {
        self.lock().iter().find(|(_, watch)| watch.record == Some(id)).map(|(uuid, _)| uuid.clone())
    }

    fn recorded(&self, uuid: &str, id: Uuid) {
        if let Some(watch) = self.lock().get_mut(uuid) {
            watch.record = Some(id);
        }
    }

    /// How many calls are watched.
    pub fn count(&self) -> usize {
        self.lock().len()
    }
}

/// Watches a call to its end, as a task of the service. A call that is watched already is not watched twice.
pub fn begin(app: &Arc<App>, terms: Terms) -> bool {
    let (sender, news) = unbounded_channel();
    {
        let mut watches = app.switches.watches.lock();
        if watches.contains_key(&terms.call.uuid) {
            return false;
        }
        watches.insert(terms.call.uuid.clone(), Watched { news: sender, record: None });
    }
    let app = Arc::clone(app);
    app.tasks.clone().spawn(async move {
        let uuid = terms.call.uuid.clone();
        let _counted = app.metrics.call_watched();
        Watch::new(Arc::clone(&app), terms).run(news).await;
        app.switches.watches.lock().remove(&uuid);
    });
    true
}

struct Watch {
    app: Arc<App>,
    call: Arc<SwitchCall>,
    rule: Arc<Rule>,
    line: Arc<dyn Line>,
    conduct: Conduct,
    expected: Expected,
    by_itself: bool,
    began: Instant,
    /// The record of the call, once its audio began.
    record: Option<Uuid>,
    handling: Handling,
    /// Whether its audio is over.
    heard_all: bool,
    /// Since when, where it is not yet known whether the call is over too.
    silent: Option<Instant>,
    /// Whether the switch told that the audio that came here failed.
    failed: bool,
    /// Whether the switch told of its end.
    hung_up: bool,
    /// Until when news of its end is waited for, where we ended it.
    farewell: Option<Instant>,
    /// Since when its switch cannot be reached.
    unreachable: Option<Instant>,
    /// The place among the steps of what was played last.
    played: Option<usize>,
    waiting: FuturesUnordered<BoxFuture<'static, Done>>,
}

impl Watch {
    fn new(app: Arc<App>, terms: Terms) -> Self {
        let Terms { call, rule, line, expected, by_itself, held, resumed } = terms;
        let conduct = Conduct::new(Arc::clone(&rule), line.nodes());
        let conduct = if held { conduct.held() } else { conduct };
        let conduct = if resumed { conduct.resumed() } else { conduct };
        let handling = Handling::new(&call, &rule.name);
        Self {
            app,
            call,
            rule,
            line,
            conduct,
            expected,
            by_itself,
            began: Instant::now(),
            record: None,
            handling,
            heard_all: false,
            silent: None,
            failed: false,
            hung_up: false,
            farewell: None,
            unreachable: None,
            played: None,
            waiting: FuturesUnordered::new(),
        }
    }

    async fn run(mut self, mut news: UnboundedReceiver<LegNews>) {
        let orders = self.conduct.begin(self.call.answered, self.by_itself, Duration::ZERO);
        self.obey(orders);
        let app = Arc::clone(&self.app);
        let mut stopped = std::pin::pin!(async move {
            app.stopping.cancelled().await;
            sleep(app.config.http.drain + LAST_WORDS).await;
        });
        while !self.is_done() {
            let due = self.due();
            tokio::select! {
                biased;
                Some(told) = news.recv() => self.told(told),
                heard = self.expected.heard.recv(), if !self.heard_all => match heard {
                    Some(heard) => self.heard(heard),
                    None => {
                        self.heard_all = true;
                        self.silent = (!self.failed).then(Instant::now);
                    }
                },
                Some(done) = self.waiting.next() => self.done(done),
                () = &mut stopped => {
                    self.handling.note("service_stopped", self.now(), None);
                    break;
                }
                () = sleep_until(due.into()) => {
                    if let Some(why) = self.is_lost() {
                        tracing::warn!(call_id = self.call.uuid, switch = self.call.switch, why, "a watch ended before its call");
                        self.handling.note(why, self.now(), None);
                        break;
                    }
                    if self.silent.take_if(|since| since.elapsed() >= END_GRACE).is_some() {
                        self.take(Input::AudioFailed);
                    }
                    self.take(Input::Time);
                }
            }
        }
        // What was ordered last is waited for, so that the record tells how it went.
        while let Some(done) = self.waiting.next().await {
            self.done(done);
        }
        let placed = self.app.switches.placements.over(&self.call.uuid);
        match (self.record, placed) {
            (Some(id), _) => self.handling.keep(&self.app, id).await,
            (None, Some(placed)) => originate::watched(&self.app, &placed, &self.handling).await,
            (None, None) => {}
        }
    }

    /// Whether there is nothing more to hear or to do.
    fn is_done(&self) -> bool {
        let heard_all = self.heard_all || !self.expected.is_taken();
        let told_all = self.farewell.is_none_or(|until| until <= Instant::now());
        heard_all && (self.hung_up || (self.conduct.is_over() && told_all && self.waiting.is_empty()))
    }

    /// When something is to be looked at, at the latest.
    fn due(&self) -> Instant {
        let now = Instant::now();
        let times = [
            self.conduct.deadline().map(|deadline| self.began + deadline),
            self.silent.map(|since| since + END_GRACE),
            self.farewell.filter(|until| *until > now),
        ];
        times.into_iter().flatten().fold(now + LOOK, Instant::min)
    }

    /// Why its end is not waited for any longer, where nobody would tell of it.
    fn is_lost(&mut self) -> Option<&'static str> {
        if self.line.is_alive() {
            self.unreachable = None;
        } else if self.unreachable.get_or_insert_with(Instant::now).elapsed() >= LOST && !self.expected.is_heard() {
            return Some("connection_lost");
        }
        (self.began.elapsed() >= LONGEST).then_some("watched_too_long")
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn take(&mut self, input: Input) {
        let orders = self.conduct.take(input, self.now());
        self.obey(orders);
    }

    fn told(&mut self, told: LegNews) {
        match told {
            LegNews::Answered => {
                self.handling.answered(self.now());
                // The detector may not have come yet: it finds the fact when it does.
                let _ = self.expected.facts.send(offhook_detect::Fact::Answered);
                self.take(Input::Answered);
            }
            LegNews::Fact(fact) => {
                let _ = self.expected.facts.send(fact);
            }
            LegNews::AudioBegan => self.take(Input::AudioBegan),
            LegNews::AudioFailed(why) => {
                self.handling.note("audio_failed", self.now(), Some(why));
                self.app.metrics.switch_audio_failed(&self.call.switch);
                // What was heard here ends with it: that says nothing new.
                self.failed |= self.record.is_some();
                self.silent = None;
                self.take(Input::AudioFailed);
            }
            LegNews::Result(result) => {
                if let Some(input) = tell::remote(&result, &self.call) {
                    self.take(Input::AudioBegan);
                    self.take(input);
                }
            }
            LegNews::Beep => {
                let _ = self.expected.facts.send(offhook_detect::Fact::BeepEnded { hz: 0.0 });
                self.take(Input::SwitchBeep(tell::switch_beep(&self.rule)));
            }
            LegNews::Held => self.take(Input::Held),
            LegNews::PlayingEnded => self.take(Input::PlayingEnded),
            LegNews::Taken => self.take(Input::Taken),
            LegNews::Asked(actions, answer) => {
                // An error says that who asked has gone.
                let _ = answer.send(!self.conduct.is_gone());
                self.take(Input::Asked(actions));
            }
            LegNews::HungUp { cause, details } => {
                self.hung_up = true;
                self.silent = None;
                self.handling.hung_up(&cause, details);
                self.take(Input::HungUp);
            }
        }
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Began(id) => {
                self.record = Some(id);
                self.app.switches.watches.recorded(&self.call.uuid, id);
                self.take(Input::AudioBegan);
            }
            Heard::Happened(happened, course, latest) => {
                let version = &self.app.model_version;
                if let Some(input) = tell::input(&happened, &course, latest.as_deref(), &self.rule, &self.call, version)
                {
                    self.take(input);
                }
            }
        }
    }

    fn obey(&mut self, orders: Vec<Order>) {
        for order in orders {
            let step = self.handling.order(&order, self.now());
            match order {
                Order::HangUp(_) => self.farewell = Some(Instant::now() + FAREWELL),
                Order::Play(_) => self.played = Some(step),
                _ => {}
            }
            if let Order::Ask(question) = order {
                let body = ask::body(&self.call, &self.rule, self.record, &self.handling);
                let asked = ask::ask(self.app.switches.client.clone(), question.clone(), body);
                self.waiting.push(Box::pin(async move { Done::Asked(question, asked.await) }));
                continue;
            }
            let obeyed = self.line.obey(&order);
            self.waiting.push(Box::pin(async move {
                let result = timeout(ORDER_TIME, obeyed).await.unwrap_or(Err(OrderError::Late(ORDER_TIME)));
                Done::Order(order, step, result)
            }));
        }
    }

    /// The call was not given away. One that was placed for this would wait on the switch for ever.
    fn not_given(&mut self) {
        self.take(Input::NotGiven);
        if self.app.switches.placements.find(&self.call.uuid).is_some() {
            self.obey(vec![Order::HangUp("NORMAL_TEMPORARY_FAILURE".into())]);
        }
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Order(order, step, result) => {
                self.app.metrics.switch_order(order.word(), result.is_ok());
                if let Err(error) = &result {
                    tracing::warn!(call_id = self.call.uuid, switch = self.call.switch, order = order.word(), error = %error,
                        "a switch did not do what it was told");
                }
                self.handling.went(step, &result);
                match (order, result) {
                    (Order::StartAudio(_), Err(_)) => self.take(Input::AudioFailed),
                    // What was played before it was stopped by it.
                    (Order::Play(_), Err(_)) if self.played == Some(step) => self.take(Input::PlayingEnded),
                    (Order::Transfer(_) | Order::Bridge(_), Err(_)) => self.not_given(),
                    _ => {}
                }
            }
            Done::Asked(_, Some(actions)) => self.take(Input::Asked(actions)),
            Done::Asked(question, None) => {
                let orders = self.conduct.unanswered(&question);
                self.obey(orders);
            }
        }
    }
}

#[cfg(test)]
mod tests;
