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
/// The longest wait where nothing is due. It bounds the life of a watch whose switch never tells of its end.
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
    waiting: FuturesUnordered<BoxFuture<'static, Done>>,
}

impl Watch {
    fn new(app: Arc<App>, terms: Terms) -> Self {
        let Terms { call, rule, line, expected, by_itself, held } = terms;
        let conduct = Conduct::new(Arc::clone(&rule), line.nodes());
        let conduct = if held { conduct.held() } else { conduct };
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
            waiting: FuturesUnordered::new(),
        }
    }

    async fn run(mut self, mut news: UnboundedReceiver<LegNews>) {
        let orders = self.conduct.begin(self.call.answered, self.by_itself, Duration::ZERO);
        self.obey(orders);
        let mut heard_all = false;
        let mut hung_up = false;
        let app = Arc::clone(&self.app);
        let mut stopped = std::pin::pin!(async move {
            app.stopping.cancelled().await;
            sleep(app.config.http.drain + LAST_WORDS).await;
        });
        while !(hung_up && heard_all) && !(self.conduct.is_over() && heard_all && self.waiting.is_empty()) {
            let due = self.began + self.conduct.deadline().unwrap_or(LONGEST).min(LONGEST);
            tokio::select! {
                biased;
                told = news.recv() => match told {
                    Some(LegNews::HungUp { cause, details }) => {
                        hung_up = true;
                        heard_all |= self.record.is_none();
                        self.handling.hung_up(&cause, details);
                        self.take(Input::HungUp);
                    }
                    Some(told) => self.told(told),
                    None => return,
                },
                heard = self.expected.heard.recv(), if !heard_all => match heard {
                    Some(heard) => self.heard(heard),
                    None => {
                        heard_all = true;
                        self.take(Input::AudioFailed);
                    }
                },
                Some(done) = self.waiting.next() => self.done(done),
                () = &mut stopped => {
                    self.handling.note("service_stopped", self.now(), None);
                    break;
                }
                () = sleep_until(due.into()) => {
                    if self.began.elapsed() >= LONGEST {
                        tracing::warn!(call_id = self.call.uuid, "a watch ended: its switch never told of the call's end");
                        break;
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
            LegNews::PlayingEnded => self.take(Input::PlayingEnded),
            LegNews::Taken => self.take(Input::Taken),
            LegNews::Asked(actions, answer) => {
                // An error says that who asked has gone.
                let _ = answer.send(!self.conduct.is_gone());
                self.take(Input::Asked(actions));
            }
            LegNews::HungUp { .. } => {}
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
                    (Order::Play(_), Err(_)) => self.take(Input::PlayingEnded),
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
